"""Nothing that another user may put in the place of a file blocks, fills the memory or crashes."""

import ast
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY

from core.rundir.reader import replay
from core.rundir.rundir import RunDir
from core.tfevents.logdir import Logdir
from core.tfevents.writer import EventWriter
from tests.helpers.program import run_program

FOLDERS = ("trainpad", "core", "data", "tui")
READERS = {
    "open", "read_bytes", "read_text", "fromfile", "np.load", "loadtxt", "genfromtxt", "memmap",
    "safe_open", "load_file", "ZipFile", "is_zipfile", "GzipFile", "readlines",
}  # fmt: skip
"""Calls that may open a path; `trainpad.files` has what is to be used instead."""
EXCEPTIONS = {
    "trainpad/files.py": "the module that opens files",
    "trainpad/append.py:Appender.flush": "opened for writing, without blocking",
    "trainpad/control.py:Control._file_lock": "locked, without blocking",
    "trainpad/lock.py": "locked, without blocking",
    "core/rundir/rundir.py:RunDir.exclusive": "locked, without blocking",
    "core/network/builtin.py:builtin_network": "a file of the installation",
    "core/process/free_core.py:_current_core": "a file of the kernel",
    "core/rundir/status.py:_is_alive": "a file of the kernel",
    "core/process/redirect.py": "the log, opened for writing",
    "core/program/log_file.py": "the log, opened for writing, and shortened without blocking",
    "core/process/stdio.py:no_standard_input": "the null device",
    "core/process/stdio.py:repair_stdio": "a descriptor that is open",
    "core/export/keras_model.py": "a file just made in a private folder",
    "core/cli/new_command.py:new": "made, where there is none",
    "core/sweep/background.py:start_in_background": "the output of a sweep, opened for writing",
    "core/sweep/folder.py": "locked, without blocking",
    "core/sweep/fork_server.py:_set_up": "the output of a trial, opened for writing",
    "core/sweep/journal.py": "locked or repaired, in the study's private folder",
    "core/sweep/process.py": "the output of a trial, opened for writing",
    "tui/terminal/nonblocking.py:reopen_without_waiting": "the terminal, without waiting",
    "data/pixels.py:read_pixels": "from bytes",
    "data/disk_pictures.py:_unpack": "made in the user's own cache",
    "data/disk_pictures.py:unpacked": "a file that is open",
    "data/pictures.py:load_npy": "from bytes",
    "data/decode.py:decode": "from bytes",
    "data/decode.py:longer_side": "from bytes",
    "data/fetch.py:_try_mirror.download": "opened for writing",
    "data/fetch.py:_extract": "a member of an open archive",
    "data/fetch.py:_unzip": "an archive that is open",
    "data/mnist.py:open_npz": "an archive that is open",
    "data/mnist.py:_read_npy": "a member of an open archive",
    "data/user_digits.py:_locked_for_change": "a folder, which cannot block",
    "tui/watch/images.py": "from bytes",
}
"""Where such a call is right, and why."""


def calls(node: ast.AST, place: str) -> Iterator[tuple[str, str]]:
    """The place and name of each call in `READERS` within `node`."""
    for child in ast.iter_child_nodes(node):
        inside = place
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            inside = f"{place}.{child.name}" if ":" in place else f"{place}:{child.name}"
        if isinstance(child, ast.Call):
            dotted = ast.unparse(child.func)
            first = ast.unparse(child.args[0]) if child.args else ""
            if READERS & {dotted, dotted.rpartition(".")[2]} and first != "os.devnull":
                yield place, dotted
        yield from calls(child, inside)


def test_files_are_opened_in_one_module() -> None:
    found = set()
    for folder in FOLDERS:
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            name = path.relative_to(REPOSITORY).as_posix()
            found |= set(calls(ast.parse(path.read_text()), name))
    unknown = {
        f"{place}: {name}"
        for place, name in found
        if place not in EXCEPTIONS and place.partition(":")[0] not in EXCEPTIONS
    }
    assert not unknown, "use trainpad.files.open_plain or read_plain"
    places = {place for place, _ in found} | {place.partition(":")[0] for place, _ in found}
    assert set(EXCEPTIONS) <= places


RECORDED = REPOSITORY / "tests" / "recorded_0_1"
FILES = [
    "run.json", "events.jsonl", "loss.f32", "clock.f64", "notes.json", "control.json", "lock",
    "control.lock", "metrics.jsonl", "checkpoints/newest", "checkpoints",
]  # fmt: skip


def put_fifo(path: Path) -> None:
    os.mkfifo(path)


def put_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def put_folder(path: Path) -> None:
    path.mkdir()


Put = Callable[[Path], None]
HOSTILE = pytest.mark.parametrize("put", [put_fifo, put_device, put_folder])


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder of two copies of a recorded run."""
    (recorded,) = (path for path in RECORDED.iterdir() if path.is_dir())
    for name in ("20261128-061751-8", "20261128-061752-8"):
        shutil.copytree(recorded, tmp_path / "runs" / name)
    return tmp_path / "runs"


def trainpad(*words: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """The program's answer; it must come soon, and without a traceback."""
    home = {name: str(folder / "home") for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    done = run_program(*map(str, words), folder=folder, environment={**os.environ, **home})
    assert "Traceback" not in done.stderr
    return done


@HOSTILE
@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_of_a_run_spares_the_other_runs(
    runs: Path, name: str, put: Put, tmp_path: Path
) -> None:
    victim = runs / "20261128-061752-8"
    path = victim / name
    if name == "checkpoints/newest":
        path = max((victim / "checkpoints").iterdir())
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    put(path)
    listed = trainpad("runs", "--json", "--log_dir", runs, folder=tmp_path)
    assert listed.returncode == 0
    names = [json.loads(line)["name"] for line in listed.stdout.splitlines()]
    assert "20261128-061751-8" in names


@HOSTILE
def test_hostile_files_end_an_export_with_a_sentence(runs: Path, put: Put, tmp_path: Path) -> None:
    victim = runs / "20261128-061752-8"
    for name in ("events.jsonl", "loss.f32", "clock.f64", "lock", "notes.json"):
        (victim / name).unlink(missing_ok=True)
        put(victim / name)
    done = trainpad("export", "--json", "--log_dir", runs, victim, folder=tmp_path)
    assert done.returncode in (0, 2)
    done = trainpad("export", "--csv", "-", "--log_dir", runs, victim, folder=tmp_path)
    assert done.returncode in (0, 2)


@HOSTILE
@pytest.mark.parametrize("command", [("classify",), ("watch", "--json")])
def test_a_path_that_is_no_file_is_refused(command: tuple[str], put: Put, tmp_path: Path) -> None:
    path = tmp_path / "given"
    put(path)
    done = trainpad(*command, path, folder=tmp_path)
    assert done.returncode == 2
    assert "regular file" in done.stderr or "no event files or other" in done.stderr


@HOSTILE
def test_data_that_is_no_file_is_refused(put: Put, tmp_path: Path) -> None:
    folder = tmp_path / "mnist"
    folder.mkdir()
    for split in ("train", "t10k"):
        put(folder / f"{split}-images-idx3-ubyte.gz")
        put(folder / f"{split}-labels-idx1-ubyte.gz")
    done = trainpad("data", "mnist", "--input_data_dir", folder, "--offline", folder=tmp_path)
    assert done.returncode == 2
    put(tmp_path / "npz.npz")
    done = trainpad("data", tmp_path / "npz.npz", "--offline", folder=tmp_path)
    assert done.returncode == 2


@HOSTILE
def test_an_event_file_that_stops_being_one_ends_no_watcher(put: Put, tmp_path: Path) -> None:
    for name in "ab":
        with EventWriter(tmp_path / name) as writer:
            writer.scalar("loss", 0.5, 1)
    logdir = Logdir([tmp_path])
    assert len([change for update in logdir.poll() for change in update.changes]) == 2
    (path,) = (tmp_path / "a").iterdir()
    path.unlink()
    put(path)
    assert [update.caught_up for update in logdir.poll()] == [True]


@HOSTILE
def test_a_viewer_reads_what_it_can(runs: Path, put: Put) -> None:
    victim = runs / "20261128-061752-8"
    for name in ("events.jsonl", "loss.f32", "clock.f64", "control.json"):
        (victim / name).unlink(missing_ok=True)
        put(victim / name)
    shutil.rmtree(victim / "checkpoints")
    put(victim / "checkpoints")
    assert len(list(replay(RunDir(victim)))) == 1
