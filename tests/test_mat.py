"""MATLAB's files, as SVHN comes in: written here as MATLAB writes them."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from data.errors import DataError
from data.folder import open_folder
from data.mat import read_mat

CLASSES = {"u1": 9, "f8": 6, "i2": 10}
TYPES = {"u1": 2, "f8": 9, "i2": 3}


def element(kind: int, content: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def array(name: str, values: np.ndarray, order: str = "<", *, as_type: str = "") -> bytes:
    """An element with an array; `as_type` is how its numbers are stored, if not by its class."""
    kind = values.dtype.str[1:]
    stored = values.astype(f"{order}{as_type or kind}")
    named = name.encode()
    parts = (
        element(6, struct.pack(f"{order}II", CLASSES[kind], 0), order)
        + element(5, np.array(values.shape, f"{order}i4").tobytes(), order)
        # A short name is in the four bytes after type and size.
        + struct.pack(f"{order}I4s", len(named) << 16 | 1, named)
        + element(TYPES[as_type or kind], stored.tobytes(order="F"), order)
    )
    return element(14, parts, order)


def write(path: Path, *elements: bytes, order: str = "<", compressed: bool = True) -> None:
    ends = b"IM" if order == "<" else b"MI"
    header = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(f"{order}H", 0x0100) + ends
    packed = [zlib.compress(one) for one in elements]
    written = [struct.pack(f"{order}II", 15, len(one)) + one for one in packed]
    path.write_bytes(header + b"".join(written if compressed else elements))


def svhn(folder: Path, names: tuple[str, str] = ("train_32x32.mat", "test_32x32.mat")) -> list:
    """Two files of noise; the pictures and labels of each."""
    rng, made = np.random.default_rng(3), []
    folder.mkdir(exist_ok=True)
    for name, count in zip(names, (24, 11), strict=True):
        pictures = rng.integers(0, 256, (6, 5, 3, count), np.uint8)
        labels = (1 + np.arange(count) % 10).astype("f8")
        write(folder / name, array("X", pictures), array("y", labels[:, None], as_type="u1"))
        made.append((np.moveaxis(pictures, -1, 0), labels.astype(int)))
    return made


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compressed", [True, False])
def test_arrays_are_read(tmp_path: Path, order: str, compressed: bool) -> None:
    values = {
        "X": np.arange(24, dtype="u1").reshape(2, 3, 4),
        "y": np.array([[1.5], [-2.0]]),
        "abc": np.array([[-300, 7]], "i2"),
    }
    elements = (array(name, one, order) for name, one in values.items())
    write(tmp_path / "some.mat", *elements, order=order, compressed=compressed)
    found = read_mat(tmp_path / "some.mat")
    assert list(found) == list(values)
    for name, one in values.items():
        np.testing.assert_array_equal(found[name], one)


def test_scipy_writes_what_is_read(tmp_path: Path) -> None:
    scipy = pytest.importorskip("scipy.io")
    values = {"X": np.arange(48, dtype="u1").reshape(2, 2, 3, 4), "longer_name": np.eye(3)}
    others = {"text": "hello", "cell": np.array(["a", 1], object), "complex": np.array([1j])}
    scipy.savemat(tmp_path / "some.mat", {**others, **values}, do_compression=True)
    found = read_mat(tmp_path / "some.mat")
    assert set(found) == set(values)
    for name, one in values.items():
        np.testing.assert_array_equal(found[name], one)


def test_svhn_is_opened_with_ten_as_zero(tmp_path: Path) -> None:
    (pictures, labels), (test, _) = svhn(tmp_path / "data")
    dataset = open_folder(tmp_path / "data")
    assert (dataset.name, dataset.classes) == ("svhn", tuple("0123456789"))
    assert dataset.image_shape == (6, 5, 3)
    np.testing.assert_array_equal(
        np.concatenate([dataset.validation.labels, dataset.train.labels]), labels % 10
    )
    np.testing.assert_array_equal(
        np.concatenate([dataset.validation.images, dataset.train.images]), pictures
    )
    np.testing.assert_array_equal(dataset.test.images, test)


def test_labels_of_other_files_count_from_one(tmp_path: Path) -> None:
    (_, labels), _ = svhn(tmp_path / "own", ("my_train.mat", "my_test.mat"))
    dataset = open_folder(tmp_path / "own")
    assert (dataset.name, dataset.classes) == ("own", tuple(map(str, range(1, 11))))
    found = np.concatenate([dataset.validation.labels, dataset.train.labels])
    np.testing.assert_array_equal(found, labels - 1)


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    svhn(tmp_path)
    train, test = tmp_path / "train_32x32.mat", tmp_path / "test_32x32.mat"
    whole = test.read_bytes()
    header = b"MATLAB 7.3 MAT-file, made of HDF5".ljust(128)
    for content, said in (
        (header, r"version 7\.3 is not read; save it with `save -v7`"),
        (b"something else", "expected a file of MATLAB, version 5 to 7, found something else"),
        (whole[:200], "expected a file of MATLAB, found damage"),
        (whole[:140] + b"\xff" * 60 + whole[200:], "expected a file of MATLAB, found damage"),
        (whole[:128], "expected arrays X and y, found none"),
    ):
        test.write_bytes(content)
        with pytest.raises(DataError, match=said):
            open_folder(tmp_path)
    write(test, array("X", np.zeros((4, 9), "u1")), array("y", np.ones((1, 9))))
    with pytest.raises(DataError, match=r"X of shape \[height, width, 3, n\], found \[4, 9\]"):
        open_folder(tmp_path)
    test.unlink()
    with pytest.raises(DataError, match=r"a \.mat file with `test` in its name beside train_32x32"):
        open_folder(tmp_path)
    with pytest.raises(DataError, match="give the folder of this file"):
        open_folder(train)
