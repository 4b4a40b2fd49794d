"""CIFAR-10 as its makers pack it; pickles that would run code are refused."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.errors import DataError
from data.folder import open_folder

EACH = 24
Write = Callable[[Path], None]


def batch(number: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(number)
    return rng.integers(0, 256, (EACH, 3072)).astype(np.uint8), np.arange(EACH) % 10


def names() -> list[str]:
    return [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


def write_pickles(folder: Path) -> None:
    for number, name in enumerate(names()):
        pixels, labels = batch(number)
        values = {b"data": pixels, b"labels": labels.tolist(), b"batch_label": name.encode()}
        (folder / name).write_bytes(pickle.dumps(values, protocol=2))


def write_rows(folder: Path) -> None:
    for number, name in enumerate(names()):
        pixels, labels = batch(number)
        rows = np.column_stack([labels.astype(np.uint8), pixels])
        (folder / f"{name}.bin").write_bytes(rows.tobytes())


@pytest.mark.parametrize("write", [write_pickles, write_rows])
@pytest.mark.parametrize("inside", ["", "cifar-10-batches-py"])
def test_both_versions_are_read(tmp_path: Path, write: Write, inside: str) -> None:
    folder = tmp_path / inside
    folder.mkdir(exist_ok=True)
    write(folder)
    data = open_folder(tmp_path)
    assert (data.name, data.image_shape, data.classes[3]) == ("cifar-10", (32, 32, 3), "cat")
    assert (len(data.train), len(data.validation), len(data.test)) == (110, 10, EACH)
    pixels, labels = batch(5)
    assert data.test.labels.tolist() == labels.tolist()
    red, green = pixels[2, :1024].reshape(32, 32), pixels[2, 1024:2048].reshape(32, 32)
    np.testing.assert_array_equal(data.test.images[2, ..., 0], red)
    np.testing.assert_array_equal(data.test.images[2, ..., 1], green)


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("harmed",)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (pickle.dumps(Evil()), "found damage.*it would call posix.mkdir"),
        (pickle.dumps({b"data": np.zeros((2, 5), np.uint8), b"labels": [1, 2]}), "of shape"),
        (pickle.dumps({b"data": np.zeros((1, 3072), np.uint8), b"labels": [10]}), "no classes"),
        (pickle.dumps([1]), "expected a file of CIFAR-10"),
        (b"", "expected a file of CIFAR-10"),
        (None, "expected data_batch_2 of CIFAR-10 beside the others, found none"),
    ],
)
def test_other_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pickles(tmp_path)
    if content is None:
        (tmp_path / "data_batch_2").unlink()
    else:
        (tmp_path / "data_batch_2").write_bytes(content)
    with pytest.raises(DataError, match=sentence):
        open_folder(tmp_path)
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize("ending", ["", ".bin"])
@pytest.mark.parametrize("named", [True, False])
def test_the_hundred_classes_are_read(tmp_path: Path, ending: str, named: bool) -> None:
    names = [f"class {number}" for number in range(100)]
    for number, name in enumerate(("train", "test")):
        pixels = batch(number)[0].repeat(5, axis=0)
        fine = np.arange(len(pixels)) % 100
        if ending:
            rows = np.column_stack([fine // 5, fine, pixels]).astype(np.uint8)
            (tmp_path / f"{name}.bin").write_bytes(rows.tobytes())
        else:
            values = {b"data": pixels, b"coarse_labels": [], b"fine_labels": fine.tolist()}
            (tmp_path / name).write_bytes(pickle.dumps(values, protocol=2))
    if named and ending:
        (tmp_path / "fine_label_names.txt").write_text(
            "\n".join(n.replace(" ", "_") for n in names)
        )
    elif named:
        content = {b"fine_label_names": [name.encode() for name in names]}
        (tmp_path / "meta").write_bytes(pickle.dumps(content, protocol=2))
    data = open_folder(tmp_path)
    assert (data.name, len(data.classes), data.image_shape) == ("cifar-100", 100, (32, 32, 3))
    assert data.test.labels.tolist() == [*range(100), *range(20)]
    assert data.classes[42].replace("_", " ") == ("class 42" if named else "42")
    np.testing.assert_array_equal(data.test.images[0, ..., 0].ravel(), batch(1)[0][0][:1024])
