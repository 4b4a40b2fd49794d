"""Reading a damaged file terminates, raises nothing, and reports the damage."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core.tfevents import records
from core.tfevents.items import Item, Scalars, Text
from core.tfevents.logdir import Logdir
from core.tfevents.messages import EventProto
from core.tfevents.reader import EventFile
from core.tfevents.records import encode_record
from core.tfevents.store import RunData
from tests.helpers.tfevents import event, named, new, old, points, put, start, strings, version

HISTO = {"tag": b"w", "histo": {"max": 1.0, "bucket_limit": [0.0, 1.0], "bucket": [1.0, 2.0]}}
TEXT = {"tag": b"t", "tensor": strings(b"text"), **named(b"text")}
HPARAMS = {"tag": b"h", **named(b"hparams", b"\x1a\x09\x0a\x07\x0a\x02lr\x12\x01\x11")}
RECORDS = [
    version(),
    event(1, old(b"loss", 2.5)),
    event(2, old(b"loss", 1.5)),
    event(2, new(b"val", 1.5)),
    event(200, new(b"val", 0.5)),
    event(3, HISTO, TEXT, HPARAMS),
    start(2),
    event(3, old(b"loss", 1.0)),
]
WHOLE = b"".join(RECORDS)


def read(content: bytes, folder: Path) -> tuple[list[Item], EventFile]:
    """Read a file with this content; fold the items too."""
    file = EventFile(put(folder, content))
    file.has_news()
    while file.read():
        pass
    items, run = file.take(), RunData()
    for item in items:
        run.fold(item)
    assert file.offset <= len(content)
    return items, file


def count(items: list[Item]) -> int:
    return sum(len(item) for item in items if isinstance(item, Scalars))


def test_a_truncated_file_yields_its_complete_records_and_later_the_rest(tmp_path: Path) -> None:
    ends = [sum(map(len, RECORDS[: i + 1])) for i in range(len(RECORDS))]
    expected, _ = read(WHOLE, tmp_path)
    for cut in range(len(WHOLE) + 1):
        items, file = read(WHOLE[:cut], tmp_path)
        assert file.offset == max((end for end in ends if end <= cut), default=0)
        assert not file.problem
        put(tmp_path, WHOLE)
        while file.read():
            pass
        assert count(items) + count(file.take()) == count(expected)


def test_any_flipped_bit_is_tolerated(tmp_path: Path) -> None:
    for place in range(len(WHOLE)):
        for bit in (0, 3, 7):
            flipped = bytearray(WHOLE)
            flipped[place] ^= 1 << bit
            items, _ = read(bytes(flipped), tmp_path)
            assert count(items) <= 5


def test_a_flipped_bit_in_a_header_is_reported(tmp_path: Path) -> None:
    at = len(RECORDS[0])
    for place in range(at, at + 12):
        flipped = bytearray(WHOLE)
        flipped[place] ^= 1
        items, file = read(bytes(flipped), tmp_path)
        assert items == []
        assert file.problem == f"damaged at byte {at}: no record starts there"


def test_a_wrong_length_never_reads_beyond_the_file(tmp_path: Path) -> None:
    for length in (0, 1, 10, 10_000, (1 << 31) - 1, (1 << 64) - 1):
        items, file = read(RECORDS[1] + records._header(length) + WHOLE, tmp_path)
        assert count(items) >= 1
        assert bool(file.problem) == (length not in (10_000, (1 << 31) - 1))


@given(st.binary(max_size=400))
def test_arbitrary_bytes_as_a_file(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        read(content, Path(folder))


@given(st.lists(st.binary(max_size=80), max_size=8))
def test_arbitrary_bytes_as_payloads(payloads: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _, file = read(b"".join(map(encode_record, payloads)), Path(folder))
        assert not file.problem


@given(
    st.integers(0, len(RECORDS) - 1),
    st.integers(0, 200),
    st.binary(min_size=1, max_size=12),
    st.integers(0, 3),
)
def test_good_records_around_a_damaged_one_are_read(
    index: int, place: int, noise: bytes, repeat: int
) -> None:
    payload = RECORDS[index][12:-4]
    place %= len(payload)
    spoilt = encode_record(payload[:place] + noise + payload[place + len(noise) :])
    content = points(range(5), b"good") + spoilt * repeat + points(range(5, 10), b"good")
    with tempfile.TemporaryDirectory() as folder:
        items, _ = read(content, Path(folder))
    good = [i for i in items if isinstance(i, Scalars) and i.tag == "good"]
    assert sum(map(len, good)) == 10


tags = st.binary(max_size=30)


@given(tags, tags, tags, st.integers(-(1 << 63), (1 << 63) - 1), st.floats(), st.floats(width=32))
def test_texts_of_a_file_contain_no_control_characters(
    tag: bytes, plugin: bytes, text: bytes, step: int, wall_time: float, number: float
) -> None:
    texts = {"tag": b"t" + tag, "tensor": strings(text), **named(b"text")}
    other = {"tag": b"o" + tag, "tensor": strings(text), **named(plugin)}
    values = [old(b"s" + tag, number), new(b"n" + tag, number), texts, other]
    with tempfile.TemporaryDirectory() as folder:
        content = b"".join(event(step, value, wall_time=wall_time) for value in values * 2)
        put(Path(folder) / "run\x1b[2J", content)
        changes = [change for update in Logdir([folder]).poll() for change in update.changes]
    assert all(change.run.isprintable() for change in changes)
    items = [item for change in changes for item in change.items]
    shown = [getattr(item, "tag", "") for item in items]
    shown += [item.text.replace("\n", " ") for item in items if isinstance(item, Text)]
    assert len(shown) >= 4
    assert all(text.isprintable() for text in shown)


def test_events_of_other_kinds_yield_no_items(tmp_path: Path) -> None:
    graph = encode_record(EventProto(graph_def=b"\x0a\x00").SerializeToString())
    assert read(graph + encode_record(b""), tmp_path)[0] == []
