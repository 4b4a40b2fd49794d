"""Folders of other people's that may not be looked into: they are passed over."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.cli.doctor import check_runs
from core.rundir.resolve import resolve_run
from core.rundir.rundir import list_runs
from data.errors import DataError
from data.find import SearchPaths, find_dataset
from data.folder import open_folder
from data.sources import load_dataset
from tests.helpers.runs import make_run
from trainpad.errors import RunError


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is there, and of whose content this user may know nothing."""
    folder = tmp_path / "mnist"
    folder.mkdir()

    def guarded(call: Callable[..., Any], inside: Callable[[Path], bool]) -> Callable[..., Any]:
        def called(path: Any = ".", *arguments: Any, **options: Any) -> Any:
            if isinstance(path, str | os.PathLike) and inside(Path(os.fspath(path))):
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return call(path, *arguments, **options)

        return called

    monkeypatch.setattr("os.stat", guarded(os.stat, lambda path: folder in path.parents))
    monkeypatch.setattr(
        "os.listdir", guarded(os.listdir, lambda path: folder in (path, *path.parents))
    )
    return folder


def test_the_runs_beside_it_are_listed(tmp_path: Path, closed: Path) -> None:
    run = make_run(tmp_path / "a run")
    assert list_runs(tmp_path) == [run]
    assert list_runs(closed) == []
    assert resolve_run("a", tmp_path) == run


@pytest.mark.parametrize("name", ["mnist/run", "x" * 300])
def test_a_run_in_it_is_not_there(
    tmp_path: Path, closed: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(closed.parent)
    with pytest.raises(RunError, match="there is no run called"):
        resolve_run(name, tmp_path)


def test_data_in_it_is_not_found(tmp_path: Path, closed: Path) -> None:
    places = SearchPaths(
        env={"TRAINPAD_DATA": str(closed / "data")},
        home=closed / "home",
        cwd=closed,
        cache=closed / "cache",
        user_data=closed / "user",
        temporary=tmp_path,
    )
    data = find_dataset("mnist", places)
    assert data.dataset is None
    assert "$TRAINPAD_DATA is not used" in data.warning
    with pytest.raises(DataError, match="no digits of yours yet"):
        load_dataset("mine", paths=places)


@pytest.mark.parametrize("name", ["data", "mnist.npz"])
def test_data_that_is_named_there_is_reported(closed: Path, name: str) -> None:
    with pytest.raises(DataError, match="no such folder"):
        open_folder(closed / name)
    with pytest.raises(DataError, match="no data set or folder"):
        load_dataset(str(closed / name))


def test_a_cache_that_is_closed_is_passed_over(tmp_path: Path, closed: Path) -> None:
    assert closed == tmp_path / "mnist"
    places = SearchPaths({}, tmp_path, tmp_path, tmp_path, tmp_path, tmp_path)
    assert find_dataset("mnist", places).dataset is None


def test_the_doctor_looks_at_the_nearest_folder_that_it_knows_of(closed: Path) -> None:
    findings = list(check_runs(closed / "below" / "runs"))
    assert findings[0].what == "folder"
