"""`trainpad data --clear-cache` deletes unpacked pictures, and nothing else."""

import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.cli.data_command import data
from data import disk_pictures, places
from trainpad.errors import UserError


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(disk_pictures, "cache", lambda: tmp_path)
    folder = tmp_path / disk_pictures.FOLDER
    folder.mkdir()
    for name, size in (("a.u8", 1_500_000), ("b.u8", 500_000), ("c.u8.1.part", 9), ("notes", 9)):
        (folder / name).write_bytes(bytes(size))
    (tmp_path / "mnist.gz").write_bytes(b"x")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def said(*options: str) -> str:
    result = CliRunner().invoke(data, ["--clear-cache", *options], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.output


def test_unpacked_pictures_are_deleted_and_their_size_is_said(pictures: Path) -> None:
    assert said().startswith("2.0 MB freed: 2 files of unpacked pictures; ")
    assert names(pictures) == ["c.u8.1.part", "notes"]
    assert (pictures.parent / "mnist.gz").exists()
    assert said() == "there are no unpacked pictures in the cache\n"


def test_what_nobody_writes_any_more_is_deleted_too(pictures: Path) -> None:
    before = time.time() - 2 * disk_pictures.UNFINISHED_AGE
    os.utime(pictures / "c.u8.1.part", (before, before))
    assert json.loads(said("--json")) == {"files": 3, "bytes": 2_000_009}
    assert names(pictures) == ["notes"]


def test_without_a_cache_there_is_nothing_to_delete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_pictures, "cache", lambda: places.NOWHERE)
    assert said() == "there are no unpacked pictures in the cache\n"


def test_a_file_that_cannot_be_deleted_is_an_error(pictures: Path) -> None:
    (pictures / "0.u8").mkdir()
    with pytest.raises(UserError, match="cannot be emptied"):
        said()


def test_one_data_set_alone_cannot_be_cleared(pictures: Path) -> None:
    with pytest.raises(UserError, match="name none"):
        said("mnist")
    assert (pictures / "a.u8").exists()
