"""Any program is started, watched to its end, and recorded; its status is passed on."""

import os
import shutil
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from core.output.found import Found, Numbers
from core.output.numbers import NumberParser
from core.program import record, requests
from core.program.command import StartError, project_of
from core.program.ending import NO_INPUT
from core.program.processes import Processes
from core.program.supervisor import Supervisor
from core.rundir.deletion import delete_run
from core.rundir.rundir import RunDir
from core.rundir.status import read_status
from tests.helpers.attached import events, last_event, numbers, steer
from tests.helpers.programs import request_of, run_program
from tests.helpers.waiting import wait_until
from trainpad.control import Control
from trainpad.errors import UserError
from trainpad.lines import event_line
from trainpad.lock import is_locked


def shell(script: str) -> list[str]:
    return ["sh", "-c", script]


def test_what_a_program_prints_is_kept_printed_and_read(tmp_path: Path) -> None:
    script = "test -t 1 && test -t 2 && echo 'Step 5: loss = 0.5 (0.1 sec)'; echo epoch 2; umask"
    command = [*shell(script), "--api-key", "s3cret"]
    done = run_program(command, tmp_path, name="a/b", project="my nets")
    assert done.status == 0
    assert done.printed == b"Step 5: loss = 0.5 (0.1 sec)\nepoch 2\n0022\n"
    assert done.run.log.read_bytes() == done.printed
    assert numbers(done.run.path) == [{"step": 5, "loss": 0.5}]
    assert done.run.path.parent == tmp_path / "my-nets"
    assert done.info["label"] == "a/b"
    assert done.info["summary"] == {"loss": 0.5}
    assert done.info["command"] == [*shell(script), "--api-key", "<hidden>"]
    names = [event["event"] for event in events(done.run.path)]
    assert names == ["started", "epoch", "exited", "finished"]
    assert events(done.run.path, "supports")[0]["requests"] == ["pause", "stop"]
    assert events(done.run.path, "exited")[0]["status"] == 0
    assert read_status(done.run).state == "done"
    for path in (done.run.path, *done.run.path.iterdir()):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077
    assert not is_locked(done.run.path / "lock")
    os.utime(done.run.path / "lock", (0, 0))  # this process, which lives on, supervised it
    assert delete_run(done.run) == []
    assert not done.run.path.exists()


@pytest.mark.parametrize(
    ("script", "status", "name", "event", "text"),
    [
        ("exit 3", 3, None, "failed", "exit status 3"),
        ("echo Error; echo 'no memory '; exit 1", 1, None, "failed", "exit status 1; no memory"),
        ("echo EOFError: x; exit 1", 1, None, "failed", f"exit status 1; EOFError: x{NO_INPUT}"),
        ("kill -SEGV $$", 139, "SIGSEGV", "failed", "ended by SIGSEGV"),
        ("kill -INT $$", 130, "SIGINT", "finished", "interrupted"),
    ],
)
def test_how_it_ends_is_recorded_and_passed_on(
    tmp_path: Path, script: str, status: int, name: str | None, event: str, text: str
) -> None:
    done = run_program(shell(script), tmp_path)
    assert done.status == status
    exited = events(done.run.path, "exited")[0]
    assert (exited["status"], exited["signal"]) == (status, name)
    last = last_event(done.run.path)
    assert (last["event"], last.get("text") or last.get("reason")) == (event, text)


@pytest.mark.parametrize(
    ("program", "status", "sentence"),
    [
        ("no-such-program", 127, "there is no program called 'no-such-program'"),
        ("./train.py", 126, "./train.py is not an executable file; `trainpad run python"),
        ("./empty", 126, "./empty cannot be started: Exec format error"),
    ],
)
def test_a_program_that_cannot_be_started_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, status: int, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.py").touch()
    Path("empty").touch(0o755)
    Path("empty").write_bytes(b"\0nothing")
    with pytest.raises(StartError, match=sentence.replace("(", r"\(")) as raised:
        run_program([program], tmp_path / "runs")
    assert raised.value.status == status
    assert list((tmp_path / "runs").glob("*/*")) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="choose another folder with --log_dir"):
        run_program(shell("true"), tmp_path / "file")


@pytest.mark.parametrize(
    ("command", "project"),
    [
        (["python", "-u", "a/train.py", "--x", "b.py"], "train"),
        (["python3", "-m", "nets.train", "x"], "train"),
        (["/usr/bin/make", "train"], "make"),
        (["torchrun", "--nproc", "2", "main.py"], "main"),
    ],
)
def test_a_run_belongs_to_the_script(command: list[str], project: str) -> None:
    assert project_of(command) == project


def in_thread(action: object) -> None:
    threading.Thread(target=action, daemon=True).start()  # type: ignore[arg-type]


def test_a_program_that_knows_nothing_is_paused_and_stopped(tmp_path: Path) -> None:
    script = "while true; do echo step 1 loss=1; sleep 0.01; done"

    def requested(run: RunDir, _supervisor: Supervisor) -> None:
        def request() -> None:
            wait_until((run.path / "metrics.jsonl").exists)
            steer(run.path, pause_at=0)
            wait_until(lambda: events(run.path, "paused"))
            size = run.log.stat().st_size
            steer(run.path, increment="checkpoint")
            wait_until(lambda: events(run.path, "warned"))
            assert run.log.stat().st_size - size < 200
            assert read_status(run).state == "paused"
            steer(run.path, pause_at=None)
            wait_until(lambda: run.log.stat().st_size > size + 200)
            steer(run.path, pause_at=0)
            wait_until(lambda: len(events(run.path, "paused")) == 2)
            steer(run.path, stop="stopped")

        in_thread(request)

    done = run_program(shell(script), tmp_path, on_start=requested)
    assert done.status == 128 + signal.SIGTERM
    assert last_event(done.run.path)["reason"] == "stopped"
    assert read_status(done.run).state == "stopped"
    assert "cannot be asked to save" in events(done.run.path, "warned")[0]["text"]
    assert done.said == ["stopping: SIGTERM; SIGKILL follows after 30 s"]


def test_a_program_that_ignores_sigterm_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "GRACE", 0.2)
    script = "trap '' TERM; echo ready; while true; do sleep 0.01; done"

    def requested(run: RunDir, _supervisor: Supervisor) -> None:
        def request() -> None:
            wait_until(lambda: run.log.exists() and b"ready" in run.log.read_bytes())
            steer(run.path, stop="stopped")

        in_thread(request)

    done = run_program(shell(script), tmp_path, on_start=requested)
    assert done.status == 128 + signal.SIGKILL
    assert "did not end within 0.2 s of SIGTERM: SIGKILL" in done.said[-1]
    assert last_event(done.run.path)["reason"] == "stopped"


def test_signals_are_passed_on(tmp_path: Path) -> None:
    script = "trap 'echo usr; exit 7' USR1; echo ready; while true; do sleep 0.01; done"

    def signalled(run: RunDir, _supervisor: Supervisor) -> None:
        def send() -> None:
            wait_until(lambda: run.log.exists() and b"ready" in run.log.read_bytes())
            os.kill(os.getpid(), signal.SIGUSR1)

        in_thread(send)

    done = run_program(shell(script), tmp_path, on_start=signalled)
    assert done.status == 7
    assert done.printed.endswith(b"usr\n")


def test_a_signal_reaches_what_a_shell_started_but_not_the_workers_of_a_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, _number: sent.append(("process", pid)))
    monkeypatch.setattr(os, "killpg", lambda pid, _number: sent.append(("group", pid)))
    me = Processes(os.getpid())
    me.send(signal.SIGTERM)
    me.send(signal.SIGINT)
    monkeypatch.setattr("psutil.Process.name", lambda _process: "bash")
    me.send(signal.SIGTERM)
    assert sent == [("process", me.pid), ("group", me.pid), ("group", me.pid)]


ADOPTS = """
import os, trainpad
print("step 1 loss=9", flush=True)
run = trainpad.init("cifar", "x", config={"batch": 8})
print("step 2 loss=9", flush=True)
for step in range(1000000):
    run.log({"loss": 0.5}, step)
    if not run.tick():
        break
run.finish()
other = trainpad.init("cifar", "y")
print(other.path)
raise SystemExit(CODE)
"""


@pytest.mark.parametrize("code", [0, 4])
def test_a_program_that_uses_trainpad_records_its_run_itself(tmp_path: Path, code: int) -> None:
    def requested(run: RunDir, _supervisor: Supervisor) -> None:
        def request() -> None:
            wait_until(
                lambda: (
                    b'"loss": 0.5' in (run.metrics.read_bytes() if run.metrics.exists() else b"")
                )
            )
            steer(run.path, stop="stopped")

        in_thread(request)

    command = [sys.executable, "-c", ADOPTS.replace("CODE", str(code))]
    environ = {"TRAINPAD_DIR": str(tmp_path)}
    done = run_program(command, tmp_path, name="mine", environ=environ, on_start=requested)
    assert done.status == code
    assert done.info["project"] == "cifar"
    assert done.info["label"] == "mine"
    assert done.info["config"] == {"batch": 8}
    assert done.info["command"] == command
    losses = [line["loss"] for line in numbers(done.run.path)]
    assert set(losses) <= {9, 0.5}
    assert losses.count(9) <= 1
    recorded = events(done.run.path)
    assert [event["event"] for event in recorded[-2:]] == ["finished", "exited"]
    assert recorded[-2]["reason"] == "stopped"
    assert recorded[-1]["status"] == code
    other = Path(done.printed.decode().splitlines()[-1])
    assert other != done.run.path
    assert other.parent == tmp_path / "cifar"


def test_a_program_that_fails_after_its_run_ended_has_failed(tmp_path: Path) -> None:
    code = "import trainpad; trainpad.init('p'); trainpad.finish(); raise SystemExit(5)"
    done = run_program([sys.executable, "-c", code], tmp_path)
    assert last_event(done.run.path)["text"] == "after it had finished: exit status 5"
    assert read_status(done.run).state == "failed"


def test_a_program_that_resumes_goes_on_in_its_earlier_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "GRACE", 0.2)
    code = """
import trainpad
with trainpad.init("cifar", resume="allow") as run:
    first = run.step
    run.log({"loss": 1}, first)
    print("resumed", first > 0)
    if first > 0:
        import time
        time.sleep(60)
"""
    environ = {"TRAINPAD_DIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    first = run_program(command, tmp_path, environ=environ)

    def requested(_run: RunDir, _supervisor: Supervisor) -> None:
        def request() -> None:
            wait_until(lambda: b"resumed True" in first.run.log.read_bytes())
            steer(first.run.path, stop="stopped")

        in_thread(request)

    second = run_program(command, tmp_path, environ=environ, on_start=requested)
    assert second.status == 128 + signal.SIGTERM
    assert "it did not follow the request to stop within 0.2 s" in second.said
    assert [line.get("loss") for line in numbers(first.run.path)] == [1, None, 1]
    assert b"it goes on in " + bytes(first.run.path) in second.printed
    assert second.info["continues"] == str(first.run.path)
    assert b"resumed False" in first.run.log.read_bytes()
    assert numbers(second.run.path) == []
    assert read_status(second.run).state == "stopped"


def test_an_environment_that_outlived_its_run_begins_a_run_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import trainpad

    ended = run_program(shell("true"), tmp_path)
    monkeypatch.setenv("TRAINPAD_RUN", str(ended.run.path))
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path))
    with trainpad.init("p") as run:
        assert run.path != ended.run.path
    monkeypatch.setenv("TRAINPAD_RUN", "relative")
    with trainpad.init("p") as run:
        assert run.path is not None


def test_a_program_that_leaves_children_behind_is_not_waited_for(tmp_path: Path) -> None:
    done = run_program(shell("(trap '' HUP; sleep 30) & echo $!"), tmp_path)
    assert done.status == 0
    os.kill(int(done.printed), signal.SIGKILL)


def test_the_request_keeps_what_the_process_was_started_with(tmp_path: Path) -> None:
    request = request_of(["true"], tmp_path, umask=0o27)
    done = run_program(
        shell("umask; env"), tmp_path, umask=0o27, environ={"OPENBLAS_NUM_THREADS": "3"}
    )
    assert request.inherited.umask == 0o27
    assert done.printed.startswith(b"0027\n")
    assert b"OPENBLAS_NUM_THREADS=3\n" in done.printed
    assert f"TRAINPAD_RUN={done.run.path}\n".encode() in done.printed


def test_a_parser_that_fails_costs_the_numbers_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_parser: NumberParser, line: str) -> Iterator[Found]:
        yield Numbers(1, {"loss": 1})
        raise RuntimeError(line)

    monkeypatch.setattr(NumberParser, "parse", fail)
    done = run_program(shell("echo a; echo b; exit 3"), tmp_path)
    assert done.status == 3
    (warned,) = events(done.run.path, "warned")
    assert warned["text"] == "a line cannot be searched for numbers: RuntimeError: a"


def test_words_that_are_new_in_each_line_are_left_out_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MAX_NAMES", 2)
    done = run_program(shell("echo step 1 a=1 b=2 c=3; echo step 2 a=1 d=2"), tmp_path)
    assert numbers(done.run.path) == [{"step": 1, "a": 1, "b": 2}, {"step": 2, "a": 1}]
    (warned,) = events(done.run.path, "warned")
    assert warned["text"] == "more than 2 names of numbers: others are left out, such as c"


def test_a_run_directory_that_is_removed_costs_the_record_only(tmp_path: Path) -> None:
    def remove(run: RunDir, _supervisor: Supervisor) -> None:
        shutil.rmtree(run.path)

    done = run_program(shell("sleep 0.4; echo step 1 loss=1; exit 3"), tmp_path, on_start=remove)
    assert done.status == 3
    assert done.printed == b"step 1 loss=1\n"
    assert [
        said.endswith("cannot be written: No such file or directory") for said in done.said
    ] == [True]


def test_a_program_that_follows_requests_has_time_to_save(tmp_path: Path) -> None:
    class Adopted:
        path, is_adopted, step = tmp_path, True, 0
        said: ClassVar[list[str]] = []

        def flush(self) -> None:
            """Nothing is written here."""

        def event(self, _event: str, **fields: str) -> None:
            self.said.append(fields["text"])

    class NoProcesses(Processes):
        def terminate(self) -> None:
            """No process is there."""

    written, control = Adopted(), Control(tmp_path, dict, {})
    followed = requests.Requests(control, NoProcesses(0), written, str)  # type: ignore[arg-type]
    (tmp_path / "events.jsonl").write_bytes(event_line("supports", {"requests": ["pause", "stop"]}))
    control.request(stop="stopped")
    for now in (1.0, 100.0, 900.0):
        followed.poll(now)
    assert written.said == []
    followed.poll(901.0)
    assert "did not follow the request to stop within 900 s" in written.said[0]
    assert "SIGTERM" in written.said[1]
