import errno
import fcntl
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY, MakeRun

from core.process.redirect import redirect_to_log
from core.run.events import Started, Steps
from core.rundir import notes
from core.rundir.deletion import discard_empty
from core.rundir.recorder import record
from core.rundir.resolve import resolve_run
from core.rundir.rundir import RunDir, create_run, default_log_dir, list_runs
from core.rundir.status import has_writer
from tests.helpers.runs import hold
from tests.helpers.runs import make_run as a_run
from trainpad.errors import RunError
from trainpad.probe import FolderProbe


def test_a_run_is_private_and_named_after_time_and_network(make_run: MakeRun) -> None:
    run = make_run("128x32", seed=3)
    assert run.path.stat().st_mode & 0o777 == 0o700
    assert run.path.parent.stat().st_mode & 0o777 == 0o700
    assert run.name.endswith("-128x32")
    assert len(run.name) == len("20261123-101502-128x32")
    assert run.info()["seed"] == 3
    assert run.info()["name"] == run.name


def test_runs_of_the_same_second_get_different_names(make_run: MakeRun) -> None:
    runs = [make_run() for _ in range(5)]
    assert len({run.path for run in runs}) == 5
    assert [run.path for run in list_runs(runs[0].path.parent)] == sorted(run.path for run in runs)


def test_a_run_that_cannot_be_created_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trainpad.files.write_atomic", full)
    with pytest.raises(
        RunError, match="No space left on device; choose another folder with --log_dir"
    ):
        create_run(tmp_path, "128x32", {})
    assert list(tmp_path.iterdir()) == []


def test_an_exact_name_takes_precedence_over_longer_ones(make_run: MakeRun) -> None:
    first, second = make_run(), make_run()
    assert second.name.startswith(first.name)
    assert resolve_run(first.name, first.path.parent).name == first.name


def test_checking_the_lock_does_not_prevent_training(make_run: MakeRun) -> None:
    run = make_run()
    viewer = os.open(run.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(viewer, fcntl.LOCK_SH)
    timer = threading.Timer(0.05, os.close, [viewer])
    timer.start()
    with run.writer_lock():
        pass
    timer.join()


@pytest.mark.parametrize("name", ["lock", "events.jsonl", "loss.f32", "run.log"])
def test_nothing_is_written_through_a_link(make_run: MakeRun, tmp_path: Path, name: str) -> None:
    run = make_run()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (run.path / name).symlink_to(victim)
    with suppress(RunError):
        list(record(iter([Started(0, {}, "CPU:0", 4), Steps(0, np.ones(3, "f4"), 0.1)]), run))
    kept = os.dup(1), os.dup(2)
    redirect_to_log(run)
    for number, descriptor in enumerate(kept, start=1):
        os.write(number, b"said")
        os.dup2(descriptor, number)
        os.close(descriptor)
    assert victim.read_text() == "precious"


def test_a_run_of_another_user_is_rejected(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run()
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    mine = FolderProbe(12345, is_private=True, has_locks=True)
    monkeypatch.setattr("trainpad.probe.probe_folder", lambda _folder: mine)
    with pytest.raises(RunError, match="belongs to another user"), run.writer_lock():
        pass
    assert not (run.path / "lock").exists()


def test_a_file_in_place_of_the_log_dir_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="no run can be created in"):
        create_run(tmp_path / "file" / "runs", "128x32", {})


@pytest.mark.parametrize("content", ["", "{", "[]", "\0", "[" * 100_000])
def test_a_damaged_run_json_is_reported(make_run: MakeRun, content: str) -> None:
    run = make_run()
    (run.path / "run.json").write_text(content)
    with pytest.raises(RunError, match=r"run.json is damaged"):
        run.info()


def test_a_folder_that_is_not_a_run_is_reported(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a trainpad run"):
        RunDir(tmp_path).info()


def test_a_run_has_one_writer_at_a_time(make_run: MakeRun) -> None:
    run = make_run()
    with (
        run.writer_lock() as heartbeat,
        pytest.raises(
            RunError, match=f"another process is training {run.name}; `trainpad open {run.path}`"
        ),
        run.writer_lock(),
    ):
        pass
    with run.writer_lock():
        assert json.loads((run.path / "lock").read_bytes())["pid"] == os.getpid()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(heartbeat)


def test_the_error_names_the_run_that_is_locked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    run = create_run(default_log_dir(), "128x32", {})
    with (
        run.writer_lock(),
        pytest.raises(RunError, match=f"`trainpad open {run.name}`"),
        run.writer_lock(),
    ):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_reported(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(*_args: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refused)
    run = make_run()
    with (
        pytest.raises(RunError, match=f"cannot be locked: {os.strerror(number)}"),
        run.writer_lock(),
    ):
        pass
    hold(run, host=socket.gethostname(), age=3600.0)
    assert not has_writer(run, socket.gethostname(), time.time())


def test_a_full_disk_is_reported_and_the_run_can_still_be_discarded(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    run = make_run(versions={"trainpad": "0"})
    with run.writer_lock():
        holder = (run.path / "lock").read_bytes()
    monkeypatch.setattr("os.pwrite", full)
    with pytest.raises(RunError, match="cannot be written: No space left"), run.writer_lock():
        pass
    assert (run.path / "lock").read_bytes() == holder
    discard_empty(run)
    assert not run.path.exists()


def test_a_lock_ends_with_its_process(make_run: MakeRun) -> None:
    run = make_run()
    code = (
        "import os, pathlib, sys\n"
        "from core.rundir.rundir import RunDir\n"
        "with RunDir(pathlib.Path(sys.argv[1])).writer_lock():\n"
        "    print('locked', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, run.path],
        cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(RunError, match="another process"), run.writer_lock():
            pass
        holder.kill()
        holder.wait()
    with run.writer_lock():
        pass


def test_a_run_is_resolved_by_path_name_prefix_or_as_the_newest(make_run: MakeRun) -> None:
    first, second = make_run("a-long"), make_run("b-long")
    folder = first.path.parent
    (folder / "notes").mkdir()
    (folder / "zzz.txt").write_text("")
    newest = list_runs(folder)[-1]
    assert resolve_run(str(first.path), Path("elsewhere")).path == first.path
    assert resolve_run(second.name, folder) == second
    assert resolve_run(second.name[:-3], folder) == second
    assert resolve_run("", folder) == newest


def test_an_ambiguous_name_is_rejected_with_the_newest_matches(
    tmp_path: Path,
) -> None:
    names = [f"2026-{letter}" for letter in "abcd"]
    for name in names:
        a_run(tmp_path / name)
    question = "'20' is ambiguous: it matches 4 runs, such as 2026-b, 2026-c, 2026-d"
    with pytest.raises(RunError, match=re.escape(question)):
        resolve_run("20", tmp_path)
    assert resolve_run("2026-b", tmp_path).name == "2026-b"
    a_run(tmp_path / "2026")
    assert resolve_run("2026", tmp_path).name == "2026"
    assert resolve_run("", tmp_path).name == "2026-d"


def test_a_missing_run_is_reported(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no run called 'x'"):
        resolve_run("x", tmp_path)
    with pytest.raises(RunError, match=r"there is no run in .* yet; start one with `trainpad`"):
        resolve_run("", tmp_path / "nowhere")


def test_the_log_dir_is_in_the_users_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_log_dir() == tmp_path / "trainpad" / "runs"


def test_a_run_is_found_by_the_title_that_it_was_given(make_run: MakeRun) -> None:
    runs = [make_run(), make_run(), make_run()]
    for run, title in zip(runs, ("Base line", "wide", "wide"), strict=True):
        notes.write(run, notes.make_note(title, [], ""))
    log_dir = runs[0].path.parent
    assert resolve_run("base line", log_dir) == runs[0]
    with pytest.raises(RunError, match="'wide' is ambiguous: it matches 2 runs"):
        resolve_run("wide", log_dir)
    with pytest.raises(RunError, match="there is no run called 'narrow'"):
        resolve_run("narrow", log_dir)
