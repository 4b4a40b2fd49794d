"""Files that the user asks for are as readable as he wants; all others are private."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.export.export import write_output
from data import shared_files
from data.ink_export import export_drawing
from data.shared_files import make_files_private, write_shared


@pytest.fixture(params=[0o022, 0o027, 0o077])
def umask(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A process that was started with this umask, as the command line begins."""
    monkeypatch.setattr(shared_files, "_given", [])
    before = os.umask(request.param)
    make_files_private()
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_exports_have_the_mode_that_the_user_gives_to_new_files(tmp_path: Path, umask: int) -> None:
    targets = [tmp_path / name for name in ("a.csv", "b.png", "c.json", "private")]
    write_output(str(targets[0]), b"1")
    for path in targets[1:3]:
        export_drawing(path, [np.zeros((2, 2))], [0.1])
    targets[3].write_bytes(b"")
    assert [mode(path) for path in targets] == [0o666 & ~umask] * 3 + [0o600]


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.touch()
    path.chmod(0o640)
    write_shared(path, b"1")
    assert (path.read_bytes(), mode(path)) == (b"1", 0o640)
