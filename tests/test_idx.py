"""IDX files: what is written reads back; anything else in a file gives one readable sentence."""

import gzip
import hashlib
import struct
import tempfile
import tracemalloc
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import DataError
from data.idx import idx_header, idx_sha256, read_idx, read_images, read_labels
from tests.helpers.idx import write_idx

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)
DTYPES = st.sampled_from(["u1", "i1", "i2", "i4", "f4", "f8"])


def plain(array):
    return idx_header(array) + array.astype(array.dtype.newbyteorder(">")).tobytes()


def read_bytes(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        return read_idx(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "train-images-idx3-ubyte"


@given(DTYPES.flatmap(lambda dtype: hnp.arrays(dtype, SIZES)), st.sampled_from(["x", "x.gz"]))
@settings(max_examples=40)
def test_every_type_reads_back_as_it_was_written(array, name):
    with tempfile.TemporaryDirectory() as folder:
        write_idx(Path(folder) / name, array)
        read = read_idx(Path(folder) / name)
        assert [entry.name for entry in Path(folder).iterdir()] == [name]
    assert read.dtype == array.dtype
    assert read.dtype.isnative
    np.testing.assert_array_equal(read, array)


HEADERS = st.builds(
    lambda code, sizes: struct.pack(f">HBB{len(sizes)}I", 0, code, len(sizes), *sizes),
    st.sampled_from([0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E]),
    st.lists(st.one_of(st.integers(0, 4), st.integers(0, 2**32 - 1)), max_size=4),
)
BODIES = st.one_of(st.binary(max_size=200), st.builds(bytes.__add__, HEADERS, st.binary()))


@given(st.one_of(BODIES, BODIES.map(gzip.compress)), st.data())
@settings(max_examples=300)
def test_any_bytes_give_data_or_the_error(data, draw):
    cut = draw.draw(st.integers(0, len(data)))
    flipped = bytearray(data[: max(cut, len(data) - 3)])
    if flipped and draw.draw(st.booleans()):
        flipped[draw.draw(st.integers(0, len(flipped) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    for bytes_ in (data, bytes(flipped)):
        try:
            array = read_bytes(bytes_)
        except DataError as error:
            assert "file" in str(error)
        else:
            assert array.size > 0


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_tiny_file_that_claims_four_billion_images_costs_no_memory(path, pack):
    path.write_bytes(pack(struct.pack(">HBBIII", 0, 8, 3, 4_000_000_000, 28, 28)))
    tracemalloc.start()
    with pytest.raises(DataError, match="3,136,000,000,016 bytes for 4,000,000,000 x 28 x 28"):
        read_images(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_gzip_is_detected_by_content_not_by_name(path):
    path.write_bytes(gzip.compress(plain(IMAGES)))
    np.testing.assert_array_equal(read_images(path), IMAGES)
    path = path.with_suffix(".gz")
    path.write_bytes(plain(IMAGES))
    np.testing.assert_array_equal(read_images(path), IMAGES)


def test_a_gzip_file_of_several_members_is_one_file(path):
    data = plain(IMAGES)
    path.write_bytes(gzip.compress(data[:11]) + gzip.compress(data[11:]))
    np.testing.assert_array_equal(read_images(path), IMAGES)


@pytest.mark.parametrize("rest", [b"\r\n", b"\0" * 512, b"\x1f", b"<!-- a server's comment -->"])
def test_bytes_after_a_gzip_file_are_ignored_as_gunzip_does(path, rest):
    path.write_bytes(gzip.compress(plain(IMAGES)) + rest)
    np.testing.assert_array_equal(read_images(path), IMAGES)


DATA = plain(IMAGES)
DAMAGED = {
    "empty": (b"", "found an empty file"),
    "not IDX": (b"<html>proxy</html>", "found a web page"),
    "unknown type": (b"\0\0\x0a\x01\0\0\0\x01x", "expected an IDX file"),
    "no sizes": (DATA[:9], "expected the sizes of 3 dimensions"),
    "no images": (struct.pack(">HBBIII", 0, 8, 3, 0, 28, 28), "found an empty array"),
    "cut": (DATA[:-1], "expected 40 bytes for 2 x 3 x 4 values, found 39 bytes"),
    "longer": (DATA + b"x", "expected 40 bytes for 2 x 3 x 4 values, found 41 bytes"),
    "gzip, unpacks to less": (gzip.compress(DATA[:-1]), "expected 40 bytes .* found 39 bytes"),
    "gzip, unpacks to more": (gzip.compress(DATA + b"x"), "expected 40 bytes .* found more"),
    "gzip, cut": (gzip.compress(DATA)[:-9], "damaged gzip data"),
    "gzip, wrong checksum": (gzip.compress(DATA)[:-8] + b"\0" * 8, "damaged gzip data"),
    "gzip, nonsense": (b"\x1f\x8b\x08" + b"\xff" * 40, "damaged gzip data"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_the_error_names_the_file_and_what_was_found(path, name):
    data, sentence = DAMAGED[name]
    path.write_bytes(data)
    with pytest.raises(DataError, match=sentence) as caught:
        read_images(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_not_a_file_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_idx(tmp_path / "missing")
    with pytest.raises(DataError, match="not a regular file"):
        read_idx(tmp_path)


def test_images_and_labels_must_be_such(path):
    write_idx(path, np.zeros((2, 2, 4, 5), np.float32))
    with pytest.raises(DataError, match=r"expected images .* found float32 with 4 .2 x 2 x 4 x 5"):
        read_images(path)
    write_idx(path, IMAGES)
    with pytest.raises(DataError, match=r"expected labels .* found uint8 with 3"):
        read_labels(path)


@pytest.mark.parametrize("array", [np.zeros(0, np.uint8), np.zeros(2, "u8"), np.uint8(1)])
def test_an_array_that_idx_cannot_hold_is_refused(array):
    with pytest.raises(DataError, match="cannot be an IDX file"):
        idx_header(np.asarray(array))


def test_the_hash_is_that_of_the_plain_file(path):
    write_idx(path, IMAGES)
    assert idx_sha256(IMAGES) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert idx_sha256(IMAGES.transpose(0, 2, 1).copy().transpose(0, 2, 1)) == idx_sha256(IMAGES)
