import gzip
import struct
from pathlib import Path

import pytest

from core.tfevents import records
from core.tfevents.records import RecordFile, ReplacedError, checksum_matches, encode_record

PAYLOADS = [b"", b"a", b"bc" * 100, b"d" * 5000]


def all_of(file: RecordFile) -> list[bytes]:
    found = []
    while (more := file.read()) is not None:
        found += more
    return [record[:-4] for record in found]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "events"
    path.write_bytes(b"".join(map(encode_record, PAYLOADS)))
    return path


def test_a_record_has_the_bytes_that_tensorflow_writes() -> None:
    # Written by tf.io.TFRecordWriter for b"hello".
    assert encode_record(b"hello").hex() == "0500000000000000eab2043e68656c6c6fbb1f1c19"


def test_payloads_are_read_back(path: Path) -> None:
    assert all_of(RecordFile(path)) == PAYLOADS


def test_a_record_longer_than_a_chunk_is_read_back(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "CHUNK", 64)
    assert all_of(RecordFile(path)) == PAYLOADS


def test_a_partial_record_is_not_consumed(tmp_path: Path) -> None:
    whole = encode_record(b"first") + encode_record(b"second")
    path = tmp_path / "events"
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        file = RecordFile(path)
        before = all_of(file)
        assert not file.damage
        path.write_bytes(whole)
        assert before + all_of(file) == [b"first", b"second"]


def test_zeros_at_the_end_are_damage_until_overwritten(path: Path) -> None:
    good = path.read_bytes()
    path.write_bytes(good + bytes(64))
    file = RecordFile(path)
    assert all_of(file) == PAYLOADS
    assert f"damaged at byte {len(good):,}" in file.damage
    path.write_bytes(good + encode_record(b"more"))
    assert all_of(file) == [b"more"]
    assert not file.damage


def test_an_impossible_length_with_a_valid_checksum_is_damage(tmp_path: Path) -> None:
    size = struct.pack("<Q", 1 << 60)
    path = tmp_path / "events"
    path.write_bytes(size + struct.pack("<I", records.masked_crc32c(size)) + bytes(100))
    file = RecordFile(path)
    assert file.read() is None
    assert "1,152,921,504,606,846,976 bytes" in file.damage


def test_an_oversized_record_is_skipped_once_it_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "CHUNK", 128)
    monkeypatch.setattr(records, "MAX_RECORD", 1000)
    big = encode_record(b"x" * 2000)
    path = tmp_path / "events"
    path.write_bytes(encode_record(b"a") + big[:-1])
    file = RecordFile(path)
    assert all_of(file) == [b"a"]
    assert (file.damage, file.oversized) == ("", 0)
    path.write_bytes(encode_record(b"a") + big + big + encode_record(b"b"))
    assert all_of(file) == [b"b"]
    assert file.oversized == 2


@pytest.mark.parametrize("content", [b"", encode_record(b"other") * 400])
def test_a_replaced_file_is_detected(path: Path, content: bytes) -> None:
    file = RecordFile(path)
    all_of(file)
    path.write_bytes(content)
    with pytest.raises(ReplacedError):
        file.read()


def test_the_same_content_in_a_new_inode_is_read_on(path: Path) -> None:
    file = RecordFile(path)
    all_of(file)
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes() + encode_record(b"more"))
    copy.replace(path)
    assert all_of(file) == [b"more"]


def test_checksum_matches_detects_a_flipped_bit(path: Path) -> None:
    record = encode_record(b"payload")[12:]
    assert checksum_matches(record)
    assert not checksum_matches(b"q" + record[1:])


def test_records_that_do_not_match_their_checksums_are_left_out_and_counted(path: Path) -> None:
    whole = [encode_record(payload) for payload in PAYLOADS]
    at = sum(map(len, whole[:2])) + 20
    content = bytearray(b"".join(whole))
    content[at] ^= 1
    path.write_bytes(content)
    file = RecordFile(path)
    assert all_of(file) == [PAYLOADS[0], PAYLOADS[1], PAYLOADS[3]]
    assert (file.corrupt, file.damage) == (1, "")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (gzip.compress(encode_record(b"a"), mtime=0), "compressed; unpack it with gunzip"),
        (b"garbage" * 9, "damaged at byte 0: no record starts there, so it may be no event file"),
    ],
    ids=["gzip", "garbage"],
)
def test_a_file_that_is_no_event_file_is_named(path: Path, content: bytes, sentence: str) -> None:
    path.write_bytes(content)
    file = RecordFile(path)
    assert file.read() is None
    assert file.damage == sentence
