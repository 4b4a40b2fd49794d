"""Folders and .npz files as data sets: split as the lab does, named by what they hold."""

import gzip
import io
import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.dataset import DIGITS, no_class
from data.errors import DataError
from data.folder import open_folder
from data.mnist import MNIST_FINGERPRINT, RawArrays, build_dataset, is_mnist, open_npz
from tests.helpers.idx import write_idx

MNIST = next(
    (
        folder
        for folder in (
            Path(os.environ.get("TRAINPAD_DATA") or "nowhere"),
            Path(__file__).parents[2] / "shared" / "mnist",
        )
        if (folder / "train-images-idx3-ubyte.gz").exists()
    ),
    None,
)
CLASSIC = {
    "train_images": "train-images-idx3-ubyte.gz",
    "train_labels": "train-labels-idx1-ubyte.gz",
    "test_images": "t10k-images-idx3-ubyte.gz",
    "test_labels": "t10k-labels-idx1-ubyte.gz",
}


def some(train=24, test=6, height=5, width=4, classes=10):
    random = np.random.default_rng(0)
    return RawArrays(
        random.integers(0, 256, (train, height, width), np.uint8),
        (np.arange(train) * 7 % classes).astype(np.uint8),
        random.integers(0, 256, (test, height, width), np.uint8),
        (np.arange(test) % classes).astype(np.uint8),
    )


def write_folder(folder, parts, names=CLASSIC):
    folder.mkdir(parents=True, exist_ok=True)
    for part, name in names.items():
        write_idx(folder / name, getattr(parts, part))
    return folder


def write_npz(path, parts, **changes):
    arrays = {
        "x_train": parts.train_images,
        "y_train": parts.train_labels,
        "x_test": parts.test_images,
        "y_test": parts.test_labels,
    }
    arrays |= changes
    np.savez(path, **{key: array for key, array in arrays.items() if array is not None})
    return path


@pytest.mark.parametrize(("count", "held"), [(60_000, 5_000), (24, 2), (30, 2), (31, 3), (3, 1)])
def test_the_first_twelfth_is_for_validation(count, held):
    images = np.arange(count, dtype=np.uint32).view(np.uint8).reshape(count, 2, 2)
    labels = (np.arange(count) * 7 % 10).astype(np.uint8)
    data = build_dataset(RawArrays(images, labels, images[:1], labels[:1]), name="x", source="x")
    np.testing.assert_array_equal(data.validation.images, images[:held])
    np.testing.assert_array_equal(data.train.images, images[held:])
    np.testing.assert_array_equal(data.train.labels, labels[held:])
    assert np.shares_memory(data.train.images, images)


def test_sorted_labels_leave_every_class_in_validation_and_training():
    images = np.arange(120, dtype=np.uint8).reshape(120, 1, 1)
    labels = np.repeat(np.arange(3, dtype=np.uint8), 40)
    data = build_dataset(RawArrays(images, labels, images, labels), name="x", source="x")
    assert len(data.validation) == 10
    assert set(data.validation.labels) == set(data.train.labels) == {0, 1, 2}
    together = np.concatenate([data.validation.images, data.train.images])
    assert sorted(together.ravel()) == list(range(120))


def test_other_data_never_passes_for_mnist(tmp_path):
    data = open_folder(write_folder(tmp_path / "mnist", some()))
    assert data.name == "mnist-like"
    assert not is_mnist(data)


def test_the_fingerprint_is_of_the_content_not_of_the_packing(tmp_path):
    packed = open_folder(write_folder(tmp_path / "packed", some()))
    bare = {part: name.removesuffix(".gz") for part, name in CLASSIC.items()}
    plain = open_folder(write_folder(tmp_path / "plain", some(), bare))
    keras = open_npz(write_npz(tmp_path / "mnist.npz", some()))
    assert packed.fingerprint == plain.fingerprint == keras.fingerprint
    other = open_folder(write_folder(tmp_path / "other", some(train=25)))
    assert other.fingerprint != packed.fingerprint


@pytest.mark.parametrize("inside", ["", "raw", "MNIST/raw"])
@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-images.idx3-ubyte.gz"])
def test_files_are_found_under_every_usual_name(tmp_path, inside, name):
    parts = some()
    write_folder(tmp_path / inside, parts, CLASSIC | {"train_images": name})
    data = open_folder(tmp_path)
    assert (len(data.train), len(data.validation), len(data.test)) == (22, 2, 6)
    assert data.image_shape == (5, 4)
    np.testing.assert_array_equal(data.test.images, parts.test_images)


def test_emnist_images_are_turned(tmp_path):
    upright = some()
    stored = RawArrays(
        upright.train_images.transpose(0, 2, 1),
        upright.train_labels,
        upright.test_images.transpose(0, 2, 1),
        upright.test_labels,
    )
    for which in ("letters", "digits"):
        prefix = f"emnist-{which}-"
        names = {part: prefix + name.replace("t10k", "test") for part, name in CLASSIC.items()}
        write_folder(tmp_path, stored, names)
    data = open_folder(tmp_path)
    np.testing.assert_array_equal(data.test.images, upright.test_images)
    assert data.fingerprint == build_dataset(upright, name="x", source="x").fingerprint
    assert data.classes == DIGITS


def test_three_classes_of_40_by_20_with_names(tmp_path):
    write_folder(tmp_path, some(height=40, width=20, classes=3))
    assert open_folder(tmp_path).classes == ("0", "1", "2")
    (tmp_path / "classes.txt").write_text("cat\n\x1b[31mdog\u202e\nhéron\n\n", encoding="utf-8")
    data = open_folder(tmp_path)
    assert data.classes == ("cat", "[31mdog", "héron")
    assert data.image_shape == (40, 20)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a\nb\n", "expected labels from 0 to 1, found 2"),
        ("a\n\nc\n", "found line 2 empty"),
        ("a\na\nc\n", "found one twice"),
        ("", "found 0"),
        ("\n".join(map(str, range(1001))), "found 1001"),
    ],
)
def test_class_names_that_do_not_fit(tmp_path, text, sentence):
    write_folder(tmp_path, some(classes=3))
    (tmp_path / "labels.txt").write_text(text)
    with pytest.raises(DataError, match=sentence):
        open_folder(tmp_path)


def with_parts(**changes):
    parts = some()
    return RawArrays(
        **{name: changes.get(name, getattr(parts, name)) for name in RawArrays.__dataclass_fields__}
    )


MISFITS = {
    "labels for other images": (
        {"train_labels": np.zeros(23, np.uint8)},
        "as many training labels as images, found 23 labels for 24 images",
    ),
    "test images of another size": (
        {"test_images": np.zeros((6, 4, 4), np.uint8)},
        "expected test images of 5 x 4 pixels as in training, found 4 x 4",
    ),
    "one training image": (
        {"train_images": np.zeros((1, 5, 4), np.uint8), "train_labels": np.zeros(1, np.uint8)},
        "expected 2 training images",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_files_that_do_not_fit_each_other(tmp_path, name):
    changes, sentence = MISFITS[name]
    with pytest.raises(DataError, match=sentence) as caught:
        open_folder(write_folder(tmp_path, with_parts(**changes)))
    assert str(tmp_path) in str(caught.value)


def test_there_may_be_a_thousand_classes(tmp_path):
    labels = np.arange(24) + 976
    data = open_npz(write_npz(tmp_path / "a.npz", PARTS, y_train=labels))
    assert len(data.classes) == 1000
    assert not no_class(data.train.labels).any()
    assert sorted([*data.validation.labels, *data.train.labels]) == labels.tolist()
    with pytest.raises(DataError, match="2 to 1,000 classes, found 1001"):
        open_npz(write_npz(tmp_path / "b.npz", PARTS, y_train=labels + 1))


def test_missing_folders_and_files(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        open_folder(tmp_path / "missing")
    with pytest.raises(DataError, match=r"expected four IDX files .* found none"):
        open_folder(tmp_path)
    write_folder(tmp_path, some())
    (tmp_path / CLASSIC["test_labels"]).unlink()
    with pytest.raises(DataError, match="found none for test-labels"):
        open_folder(tmp_path)


PARTS = some()
BAD_NPZ = {
    "no key": ({"y_test": None}, "expected an array y_test"),
    "a type": ({"y_test": PARTS.test_labels.astype(complex)}, "found complex128"),
    "a shape": ({"x_test": PARTS.test_images[0]}, "found uint8 with 2"),
    "objects": ({"x_train": np.array([{}], object)}, "expected x_train as numbers"),
}


@pytest.mark.parametrize("name", BAD_NPZ)
def test_an_npz_file_that_holds_something_else(tmp_path, name):
    changes, sentence = BAD_NPZ[name]
    with pytest.raises(DataError, match=sentence):
        open_npz(write_npz(tmp_path / "mnist.npz", PARTS, **changes))


def test_an_npz_array_in_fortran_order_is_the_same_array(tmp_path):
    turned = np.asfortranarray(PARTS.train_images)
    data = open_npz(write_npz(tmp_path / "mnist.npz", PARTS, x_train=turned))
    assert data.fingerprint == build_dataset(PARTS, name="x", source="x").fingerprint
    assert data.train.images.flags.c_contiguous


def test_an_npz_member_that_claims_four_billion_images(tmp_path):
    header = io.BytesIO()
    claim = {"descr": "|u1", "fortran_order": False, "shape": (4_000_000_000, 28, 28)}
    np.lib.format.write_array_header_1_0(header, claim)
    path = tmp_path / "mnist.npz"
    with zipfile.ZipFile(write_npz(path, PARTS, x_train=None), "a") as archive:
        archive.writestr("x_train.npy", header.getvalue())
    with pytest.raises(DataError, match="the size of x_train does not match its header"):
        open_npz(path)


def test_an_npz_file_that_was_not_fetched_to_its_end(tmp_path):
    path = write_npz(tmp_path / "mnist.npz", PARTS)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match="found a damaged or unfinished one; fetch it again"):
        open_npz(path)


WHOLE_NPZ = write_npz(io.BytesIO(), PARTS).getvalue()


@given(st.data())
@settings(max_examples=200)
def test_any_damage_to_an_npz_file_gives_data_or_the_error(data):
    damaged = bytearray(WHOLE_NPZ)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    damaged = damaged[: data.draw(st.integers(len(damaged) // 2, len(damaged)))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mnist.npz"
        path.write_bytes(damaged)
        try:
            assert len(open_npz(path).test) == 6
        except DataError as error:
            assert str(path) in str(error)


@pytest.mark.skipif(MNIST is None, reason="no MNIST on this machine")
def test_mnist_itself_is_known_by_its_content():
    data = open_folder(MNIST)
    assert data.name == "mnist"
    assert data.fingerprint == MNIST_FINGERPRINT
    assert is_mnist(data)
    assert [len(data.split(name)) for name in ("train", "validation", "test")] == [
        55_000,
        5_000,
        10_000,
    ]
    assert list(data.validation.labels[:5]) == [5, 0, 4, 1, 9]
    assert list(data.test.labels[:5]) == [7, 2, 1, 0, 4]


def test_a_truncated_gzip_file_in_a_folder_is_named(tmp_path):
    path = write_folder(tmp_path, some()) / CLASSIC["train_images"]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz: damaged gzip data"):
        open_folder(tmp_path)
    path.write_bytes(gzip.compress(b"\0\0\x08\x03"))
    with pytest.raises(DataError, match="expected the sizes of 3 dimensions"):
        open_folder(tmp_path)
