"""Attached runs among our own: `trainpad runs`, resolving names, and the Runs screen's overview."""

import json
import os
from pathlib import Path

import pytest

import trainpad
from core.cli.runs import as_json_lines, as_table, load_entries
from core.rundir.overview import Overview, differing_hparams
from core.rundir.resolve import resolve_run
from core.rundir.rundir import RunDir, default_log_dir, list_runs
from core.rundir.status import read_status, resolve_live_run
from tests.helpers.attached import directory, recorded, start_program, steer, until
from tests.helpers.runs import make_run, three_runs
from trainpad.errors import RunError

pytestmark = pytest.mark.usefixtures("runs")


def test_attached_runs_are_listed_with_ours(runs: Path) -> None:
    three_runs(runs)
    run = trainpad.init("cifar", "first", steps=100)
    run.log({"loss": 0.5}, 41)
    until((directory(run) / "metrics.jsonl").exists)
    assert default_log_dir() == runs
    entries = load_entries(Overview(runs))
    states = {entry.summary.name: entry.summary for entry in entries}
    mine = states[directory(run).name]
    assert (mine.state, mine.steps, mine.max_steps) == ("training", 42, 100)
    assert (mine.kind, mine.project, mine.pid) == ("attached", "cifar", os.getpid())
    assert states["a-run"].kind == "trainpad"
    assert differing_hparams(entries) == ["learning_rate", "network"]
    (line,) = [line for line in as_table(entries) if "-first" in line]
    assert "training" in line
    assert line.endswith("cifar")
    values = [json.loads(line) for line in as_json_lines(entries)]
    (mine_json,) = [value for value in values if value["kind"] == "attached"]
    assert mine_json["hyperparameters"] == {}
    assert mine_json["network"] == "cifar"


def test_an_attached_run_is_found_by_its_name_and_live_ones_first(runs: Path) -> None:
    three_runs(runs)
    run = trainpad.init("cifar", "first")
    until((directory(run) / "events.jsonl").exists)
    assert resolve_live_run("", runs).path == directory(run)
    assert resolve_run(directory(run).name, runs).path == directory(run)
    assert resolve_run(directory(run).name[:15], runs / "cifar").path == directory(run)
    assert len(list_runs(runs)) == 4


def test_the_name_of_a_project_or_of_its_run_means_the_newest_live_one_first(runs: Path) -> None:
    names = ("first", "second", "second")
    paths = [make_run(runs / "cifar" / f"2026-{n}-{name}", kind="attached", label=name).path
             for n, name in enumerate(names)]  # fmt: skip
    make_run(runs / "other" / "2027", kind="attached", label="cifar")
    assert resolve_run("cifar", runs).path == paths[2]
    assert resolve_run("first", runs).path == paths[0]
    assert resolve_run("second", runs).path == paths[2]
    for path in paths:  # not alive any more
        os.utime(path / "run.json", (1, 1))
    assert resolve_live_run("cifar", runs).path == paths[2]
    os.utime(paths[1] / "run.json")
    assert resolve_live_run("cifar", runs).path == paths[1]
    with pytest.raises(RunError, match="there is no run called 'third'"):
        resolve_run("third", runs)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        ("run.finish()", "done"),
        ("1 / 0", "failed"),
        ("raise KeyboardInterrupt", "stopped"),
        ("import os; time.sleep(0.5); os.kill(os.getpid(), 9)", "lost"),
        ("import os; time.sleep(0.5); os.kill(os.getpid(), 15)", "lost"),
    ],
)
def test_the_state_of_a_program_that_ended(tmp_path: Path, end: str, state: str) -> None:
    code = f"import time, trainpad\nrun = trainpad.init('p')\nrun.log({{'a': 1}}, 9)\n{end}"
    start_program(code, tmp_path).communicate(timeout=30)
    (path,) = recorded(tmp_path)
    summary = read_status(RunDir(path))
    assert (summary.state, summary.steps) == (state, 10)


def test_a_paused_run_is_shown_as_paused(tmp_path: Path) -> None:
    code = "import time, trainpad\nrun = trainpad.init('p')\nwhile run.tick(): time.sleep(0.01)"
    process = start_program(code, tmp_path)
    until(lambda: recorded(tmp_path))
    (path,) = recorded(tmp_path)
    until((path / "control.json").exists)
    steer(path, pause_at=0)
    until(lambda: read_status(RunDir(path)).state == "paused")
    steer(path, stop="stopped")
    process.communicate(timeout=20)
    assert read_status(RunDir(path)).state == "stopped"


def test_a_directory_that_was_removed_is_not_listed(runs: Path) -> None:
    run = trainpad.init("p")
    directory(run).rename(runs.parent / "elsewhere")  # at once: the writer makes files meanwhile
    assert load_entries(Overview(runs)) == []


def test_what_anybody_may_have_written_breaks_nothing(runs: Path) -> None:
    for number, info in enumerate(({"steps": "x"}, {"steps": True}, {"project": ["\x1b"]})):
        path = runs / "p" / f"run{number}"
        path.mkdir(parents=True)
        (path / "run.json").write_text(json.dumps({"kind": "attached", "name": "x"} | info))
        (path / "metrics.jsonl").write_bytes(b'{"step": "nan"}\n[1]\n{"step": 1e999}\n\xff\n')
    (runs / "p" / "link").symlink_to(runs)
    entries = load_entries(Overview(runs))
    assert [(entry.summary.steps, entry.summary.max_steps) for entry in entries] == [(0, 0)] * 3
    assert all(line.isprintable() for line in as_table(entries))


def test_an_attached_run_is_exported_and_deleted(tmp_path: Path, runs: Path) -> None:
    from core.export.export import load_export
    from core.export.reproduce import reproduce_command
    from core.rundir.deletion import delete_run

    run = trainpad.init("p")
    run.log({"loss": 1})
    run.log_images("x", [[0.5]])
    path = directory(run)
    (path / "model.pt").write_text("the program's own")
    run.finish()
    command = reproduce_command(load_export(RunDir(path)))
    assert command.startswith(f"cd {Path.cwd()} && ")
    assert "pytest" in command or "python" in command
    os.utime(path / "lock", (1e9, 1e9))  # a heartbeat that is not of this moment
    assert delete_run(RunDir(path)) == ["model.pt"]
    assert [file.name for file in path.iterdir()] == ["model.pt"]
