import os
from pathlib import Path

import pytest

from trainpad.errors import RunError
from trainpad.files import read_private, write_atomic


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_atomic(path, b"old")
    before = path.stat().st_ino
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_ino != before
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["state.json"]  # noqa: PTH208 - with what is hidden


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "state.json"
    write_atomic(path, b"old")
    with monkeypatch.context() as patched:
        patched.setattr(*((os, "fsync", full) if failing == "fsync" else (Path, "replace", full)))
        with pytest.raises(OSError, match="No space left"):
            write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_atomic(path, b"12345")
    assert read_private(path, 5) == b"12345"
    with pytest.raises(RunError, match="larger than 4 bytes"):
        read_private(path, 4)


def test_a_missing_file_is_the_callers_to_explain(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_private(tmp_path / "state.json", 5)
