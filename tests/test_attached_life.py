"""How attached runs begin, end, are resumed, and where they are kept."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import platformdirs
import pytest

import trainpad
from tests.helpers.attached import (
    TRAIN,
    directory,
    events,
    last_event,
    lines,
    numbers,
    recorded,
    run_program,
    until,
)
from trainpad import about, api, ending, place

pytestmark = pytest.mark.usefixtures("runs")


def test_a_run_that_ends_is_done(tmp_path: Path) -> None:
    status, out, errors = run_program(TRAIN, tmp_path)
    assert (status, out, errors) == (0, "trains\n", "")
    (path,) = recorded(tmp_path)
    assert last_event(path).items() >= {"event": "finished", "reason": "done", "step": 1000}.items()
    assert len(numbers(path)) == 1000


@pytest.mark.parametrize(
    ("end", "status", "event"),
    [
        ("1 / 0", 1, {"event": "failed"}),
        ("raise KeyboardInterrupt", None, {"event": "finished", "reason": "interrupted"}),
        ("raise SystemExit", 0, {"event": "finished", "reason": "done"}),
        ("time.sleep(0.5); import os; os.kill(os.getpid(), 15)", -15, {"event": "started"}),
        ("time.sleep(0.5); import os; os.kill(os.getpid(), 9)", -9, {"event": "started"}),
        ("import sys; sys.stderr = None", 0, {"event": "finished"}),
        ("run.finish(exit_code=3)", 0, {"event": "failed", "text": "exit status 3"}),
    ],
)
def test_each_end_is_recorded(
    tmp_path: Path, end: str, status: int | None, event: dict[str, Any]
) -> None:
    ended, _, errors = run_program(f"{TRAIN}\n{end}", tmp_path)
    assert status is None or ended == status
    (path,) = recorded(tmp_path)
    assert last_event(path).items() >= event.items()
    if end == "1 / 0":
        assert "ZeroDivisionError: division by zero" in errors
        assert last_event(path)["text"].startswith("ZeroDivisionError: division by zero (program")
        assert "1 / 0" in "\n".join(last_event(path)["traceback"])


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (ValueError("bad shape"), {"event": "failed"}),
        (KeyboardInterrupt(), {"event": "finished", "reason": "interrupted"}),
        (SystemExit(2), {"event": "failed", "text": "exit status 2"}),
        (SystemExit(0), {"event": "finished", "reason": "done"}),
    ],
)
def test_a_with_block_records_its_end_and_lets_the_exception_pass(
    error: BaseException, event: dict[str, Any]
) -> None:
    with pytest.raises(type(error)), trainpad.init("p") as run:
        raise error
    assert last_event(directory(run)).items() >= event.items()


def test_the_locks_owner_and_heartbeat_are_there(runs: Path) -> None:
    run = trainpad.init("p")
    lock = directory(run) / "lock"
    assert json.loads(lock.read_text())["pid"] == os.getpid()
    before = lock.stat().st_mtime_ns
    until(lambda: lock.stat().st_mtime_ns > before)


def test_all_is_private_and_names_never_become_paths(runs: Path) -> None:
    run = trainpad.init("../../etc/x", name="../../../tmp/\x1b[2Jevil\n" + "y" * 500)
    path = directory(run)
    assert path.parent.parent == runs
    assert path.parent.name == "etc-x"
    assert len(path.name) < 90
    assert path.name.isprintable()
    run.finish()
    assert path.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in path.iterdir()} == {0o600}
    assert "\x1b" not in json.loads((path / "run.json").read_text())["label"]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("trainpad", "trainpad-runs"),  # a folder that would hide the package
        ("Größe 1", "Größe-1"),
        ("..", "pytest"),
        ("", "pytest"),
        (7, "7"),
    ],
)
def test_a_projects_folder(given: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/usr/bin/pytest.py"])
    assert place.project_name(given) == name


def test_the_default_folder_is_the_one_of_our_own_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRAINPAD_DIR")
    for data in ("", "/somewhere/data", "relative"):
        monkeypatch.setenv("XDG_DATA_HOME", data)
        expected = Path(platformdirs.user_data_dir("trainpad", appauthor=False)) / "runs"
        assert place.runs_dir() == expected


def test_run_json_says_what_runs(runs: Path) -> None:
    run = trainpad.init("p", "first", {"batch": 1}, steps=10, epochs=2)
    info = json.loads((directory(run) / "run.json").read_text())
    assert info["kind"] == "attached"
    assert (info["project"], info["label"], info["steps"], info["epochs"]) == ("p", "first", 10, 2)
    assert info["config"] == {"batch": 1}
    assert info["pid"] == os.getpid()
    assert info["folder"] == str(Path.cwd())
    assert info["versions"]["numpy"]
    assert run.name == "first"


def test_the_commit_is_found_in_every_form_of_a_repository(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        settings = ["-c", "user.name=a", "-c", "user.email=b", "-C", str(tmp_path / "r")]
        return subprocess.run(
            ["git", *settings, *words], check=True, capture_output=True, text=True
        ).stdout.strip()

    (tmp_path / "r" / "deep").mkdir(parents=True)
    git("init", "-q", "-b", "main")
    assert "commit" not in about.git_commit(tmp_path / "r")
    git("commit", "-q", "--allow-empty", "-m", "x")
    expected = {"commit": git("rev-parse", "HEAD"), "branch": "main"}
    assert about.git_commit(tmp_path / "r" / "deep") == expected
    git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    git("pack-refs", "--all")
    assert about.git_commit(tmp_path / "r") == expected
    assert about.git_commit(tmp_path / "tree") == expected | {"branch": "other"}
    git("checkout", "-q", "--detach")
    assert about.git_commit(tmp_path / "r") == {"commit": expected["commit"]}
    assert about.git_commit(tmp_path) == {}


def test_a_second_init_ends_the_first_run() -> None:
    first = trainpad.init("p")
    second = trainpad.init("p")
    assert last_event(directory(first))["reason"].startswith("done")
    assert directory(first) != directory(second)
    assert trainpad.run is second


def test_a_resumed_run_is_a_new_segment_of_the_same_directory() -> None:
    run = trainpad.init("p", "a", {"batch": 1})
    for step in range(10):
        run.log({"loss": step}, step)
    run.finish()
    trainpad.init("p", "b").finish()
    again = trainpad.init("p", "a", {"rate": 2}, resume="allow")
    assert again.path == run.path
    assert again.config == {"batch": 1, "rate": 2}
    assert again.step == 10
    again.log({"loss": 70}, 7)  # from a checkpoint after seven steps
    again.log({"loss": 80}, 8)
    again.finish()
    found = numbers(directory(run))
    assert found[10:] == [{"step": 7}, {"step": 7, "loss": 70}, {"step": 8, "loss": 80}]
    assert [e["event"] for e in events(directory(run))].count("started") == 2
    assert json.loads((directory(run) / "run.json").read_text())["config"]["rate"] == 2


def test_without_a_run_to_resume_there_is_a_new_one_or_an_error() -> None:
    assert trainpad.init("p", resume="allow").path
    with pytest.raises(trainpad.RunError, match="there is no run other in"):
        trainpad.init("p", "other", resume="must")


def test_a_wrong_resume_and_unknown_words_are_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    run = trainpad.init("p", entity="me", tags=["x"], resume="auto")  # type: ignore[arg-type]
    assert run.path
    trainpad.init("p", entity="me")
    said = capsys.readouterr().err
    assert said.count("'entity', 'tags' have no effect") == 1
    assert "resume must be 'never', 'allow' or 'must', not 'auto'" in said


def test_where_nothing_can_be_written_training_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    run = trainpad.init("p", dir=tmp_path / "file")
    run.log({"loss": 1})
    assert run.tick()
    assert "nothing is recorded" in capsys.readouterr().err


def test_a_run_that_cannot_be_opened_leaves_nothing(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no threads")

    closed: list[int] = []
    close = os.close
    monkeypatch.setattr("trainpad.writer.Writer.start", lambda *_, **__: refuse())
    monkeypatch.setattr(os, "close", lambda number: closed.append(number) or close(number))
    taken: list[int] = []
    take = api.take_run_lock
    monkeypatch.setattr(api, "take_run_lock", lambda path: taken.append(take(path)) or taken[-1])
    run = trainpad.init("p")
    assert (run.path, run.is_open) == (None, False)
    assert list((runs / "p").iterdir()) == []
    assert taken[0] in closed


def test_an_exception_at_an_interactive_prompt_does_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = trainpad.init("p")
    hook = ending._excepthook(lambda *_: None)
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    hook(ValueError, ValueError("typo"), None)
    assert run.is_open
    monkeypatch.delattr(sys, "ps1")
    hook(ValueError, ValueError("typo"), None)
    assert not run.is_open


def test_the_words_of_wandb_work(tmp_path: Path) -> None:
    code = """
import trainpad as wandb
wandb.init(project="p", config={"lr": 0.1}, name="x", group="g")
wandb.config.update({"batch": 2})
for i in range(3):
    wandb.log({"loss": i})
wandb.run.summary["best"] = 0
wandb.summary["worst"] = 2
wandb.finish()
"""
    status, _, errors = run_program(code, tmp_path)
    assert (status, errors) == (0, "trainpad: init: 'group' has no effect\n")
    (path,) = recorded(tmp_path)
    info = json.loads((path / "run.json").read_text())
    assert info["config"] == {"lr": 0.1, "batch": 2}
    assert info["summary"] == {"loss": 2, "best": 0, "worst": 2}
    assert [line["loss"] for line in numbers(path)] == [0, 1, 2]


def test_a_torn_last_line_is_cut_off_on_resume(runs: Path) -> None:
    run = trainpad.init("p")
    run.log({"loss": 1}, 0)
    run.finish()
    path = directory(run)
    for name in ("metrics.jsonl", "events.jsonl"):
        with (path / name).open("a") as file:
            file.write('{"step": 1, "ti')
    again = trainpad.init("p", resume="must")
    again.log({"loss": 2}, 1)
    again.finish()
    assert [line.get("loss") for line in lines(path / "metrics.jsonl")] == [1, None, 2]
    assert last_event(path)["event"] == "finished"


@pytest.mark.parametrize("length", [10, place.BLOCK, 8 * place.BLOCK + 1])
@pytest.mark.parametrize("torn", [b"", b'{"step": 8, "tim'])
def test_the_last_step_is_found_in_lines_of_any_length(
    tmp_path: Path, length: int, torn: bytes
) -> None:
    assert place.last_step(tmp_path) == -1
    long = json.dumps({"step": 7, "text": "x" * length})
    (tmp_path / "metrics.jsonl").write_bytes(f'{{"step": 6}}\n{long}\n'.encode() + torn)
    assert place.last_step(tmp_path) == 7
