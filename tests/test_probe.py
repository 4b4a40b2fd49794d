"""File systems that map owners, show other modes or have no locks."""

import errno
import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from conftest import MakeRun

from core.cli.doctor import check_runs
from core.run.events import Alert, Opened
from core.run.hparams import HyperParameters
from core.rundir.checkpoint import Checkpoint
from core.rundir.data_source import DataSource
from core.rundir.deletion import discard_empty
from core.rundir.resume import ResumePoint
from core.session.request import Request
from core.session.session import session
from data.dataset import Dataset
from trainpad import probe
from trainpad.control import Control
from trainpad.errors import RunError
from trainpad.probe import NOT_PRIVATE, FolderProbe, check_log_dir, is_mine, probe_folder

Shows = Callable[..., None]


@pytest.fixture
def shows(monkeypatch: pytest.MonkeyPatch) -> Shows:
    """Have a file system show other things than it was asked for."""

    def show(owner: int = os.geteuid(), *, is_private: bool = True, has_locks: bool = True) -> None:
        shown = FolderProbe(owner, is_private, has_locks)
        monkeypatch.setattr(probe, "probe_folder", lambda _folder: shown)

    return show


def test_a_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    assert probe_folder(tmp_path) == FolderProbe(os.geteuid(), is_private=True, has_locks=True)
    check_log_dir(tmp_path / "deep" / "runs")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("mode", "private"), [(0o600, True), (0o644, True), (0o620, False), (0o602, False)]
)
def test_a_file_that_group_or_others_may_write_is_not_private(
    mode: int, private: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = os.stat_result((mode, 0, 0, 1, os.geteuid(), 0, 4096, 0, 0, 0))
    monkeypatch.setattr("os.fstat", lambda _descriptor: about)
    assert probe_folder(tmp_path).is_private == private


def test_mine_is_what_a_file_just_made_shows(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch, shows: Shows
) -> None:
    """As on NFS with root_squash: all files are another user's, ours too."""
    run = make_run()
    control = Control(run.path, dict, start={})
    control.request(stop="stopped")
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1000)
    with run.writer_lock():
        pass
    assert Control(run.path, dict).poll().stop == "stopped"
    shows(owner=os.getuid() + 2000)
    with pytest.raises(RunError, match="belongs to another user"), run.writer_lock():
        pass
    with pytest.raises(RunError, match="belongs to another user"):
        Control(run.path, dict).poll()


def test_a_folder_that_cannot_be_written_makes_nobody_the_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_folder: Path) -> FolderProbe:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(probe, "probe_folder", refused)
    assert not is_mine(os.geteuid() + 1, tmp_path)
    with pytest.raises(RunError, match="cannot be written: Permission denied; choose another"):
        check_log_dir(tmp_path)


def test_without_locks_no_run_is_made(tmp_path: Path, tiny: Dataset, shows: Shows) -> None:
    shows(has_locks=False)
    log_dir = tmp_path / "runs"
    with pytest.raises(RunError, match="this file system cannot lock files; choose another"):
        list(session(Request(HyperParameters(), log_dir, source=DataSource(fake_data=True))))
    assert not log_dir.exists()
    (finding,) = check_runs(log_dir)
    assert finding.state == "problem"


def test_files_that_are_not_private_are_reported_at_the_start_and_by_doctor(
    make_run: MakeRun, tiny: Dataset, monkeypatch: pytest.MonkeyPatch, shows: Shows
) -> None:
    monkeypatch.setattr(DataSource, "load", lambda _source, **_options: tiny)
    shows(is_private=False)
    run = make_run(dataset={"name": tiny.name, "fingerprint": tiny.fingerprint})
    start = ResumePoint(run, Checkpoint({}, {"step": 7}))
    events = session(Request(HyperParameters(), run.path.parent, resume=start))
    first = list(islice(events, 3))
    assert isinstance(first[1], Opened)
    assert isinstance(first[2], Alert)
    assert (first[2].step, first[2].text) == (7, NOT_PRIVATE)
    events.close()  # type: ignore[attr-defined]
    assert NOT_PRIVATE in [finding.text for finding in check_runs(run.path.parent)]


def test_a_run_that_only_started_is_discarded(make_run: MakeRun) -> None:
    run = make_run(versions={"trainpad": "0"})
    with run.writer_lock():
        run.events.write_text("{}\n")
        run.losses.write_bytes(b"1234")
        discard_empty(run)
        assert run.path.exists()
        run.losses.write_bytes(b"")
        discard_empty(run)
    assert not run.path.exists()
