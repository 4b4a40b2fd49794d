"""Tables and JSON lines in UTF-16 and UTF-32, with a byte order mark and without one."""

import codecs
import os
import time
from pathlib import Path

import pytest

from core.foreign.encoding import Utf8Converter, as_utf8
from core.foreign.file import ForeignFile
from core.foreign.find import ForeignFiles
from core.tfevents.items import Scalars

TABLE = "epoch,loß\n0,0.5\n1,0.25\n"
ENCODED = {
    "plain": TABLE.encode(),
    "utf-8 with a mark": TABLE.encode("utf-8-sig"),
    "little-endian": codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le"),
    "big-endian": codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"),
    "little-endian without a mark": TABLE.encode("utf-16-le"),
    "big-endian without a mark": TABLE.encode("utf-16-be"),
    "utf-32": codecs.BOM_UTF32_LE + TABLE.encode("utf-32-le"),
}


def points_of(file: ForeignFile) -> dict[str, list[float]]:
    """The values of what is new in a file."""
    file.has_news()
    while file.read():
        pass
    return {item.tag: item.values.tolist() for item in file.take() if isinstance(item, Scalars)}


@pytest.mark.parametrize("name", ENCODED)
def test_a_table_is_read_in_every_encoding(tmp_path: Path, name: str) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(ENCODED[name])
    assert ForeignFiles().find(path) is not None
    assert points_of(ForeignFile(path)) == {"loß": [0.5, 0.25]}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_table_in_utf_16_grows_in_the_middle_of_a_character(
    tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "metrics.csv"
    whole = ("\ufeff" + TABLE + "2,0.125").encode(encoding)
    path.write_bytes(whole[:31])
    file = ForeignFile(path)
    values = points_of(file).get("loß", [])
    path.write_bytes(whole)
    os.utime(path, (time.time() - 60, time.time() - 60))
    assert values + points_of(file)["loß"] == [0.5, 0.25, 0.125]


def test_a_long_table_in_utf_16_and_lines_of_json_are_found(tmp_path: Path) -> None:
    wide = ",".join(f"metric {number}" for number in range(1000))
    for name, text in (("a.csv", f"step,{wide}\n1\n"), ("b.jsonl", '{"step": 1, "loss": 2}\n')):
        (tmp_path / name).write_bytes(text.encode("utf-16"))
        assert ForeignFiles().find(tmp_path / name) is not None


def test_binary_data_are_no_text() -> None:
    event = (24).to_bytes(8, "little") + bytes(range(1, 9))
    assert as_utf8(event) == event
    converter = Utf8Converter()
    assert converter.convert(b"step\0\0") + converter.convert(b"\xff\xfe") == b"step\0\0\xff\xfe"
