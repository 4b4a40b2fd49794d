"""`trainpad watch --once` names tables that have no column for the step."""

import io
from pathlib import Path

import pytest

from trainpad.errors import UserError
from tui.watch.once import print_once


@pytest.mark.parametrize("as_json", [False, True])
def test_a_table_without_a_step_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    import sys

    (tmp_path / "nostep.csv").write_text("loss,acc\n1,2\n")
    (tmp_path / "notes.txt").write_text("loss, acc\n")
    with pytest.raises(UserError, match=r"nostep\.csv: no column or key is called step"):
        print_once([str(tmp_path)], sys.stdout, as_json=as_json)
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "run.json").write_text("{}")
    (ours / "events.jsonl").write_text('{"event": "started"}\n')
    (tmp_path / "good.csv").write_text("step,loss\n1,2\n2,3\n")
    print_once([str(tmp_path)], sys.stdout, as_json=as_json)
    said = capsys.readouterr()
    assert (
        "nostep.csv: no column" in said.err
        and "ours" not in said.err
        and "good.csv" not in said.err
    )
    assert "nostep" not in said.out and "good" in said.out


BINARY = {
    "zeros": bytes(100),
    "zip": b"PK\x03\x04\x14" + bytes(range(256)) * 20,
    "gzip": b"\x1f\x8b\x08\x08step,loss\n1,2\n",
    "pickle": b"\x80\x04\x95step,loss",
}


@pytest.mark.parametrize("content", BINARY.values(), ids=BINARY)
def test_a_binary_file_that_is_called_a_table_is_said_to_be_no_text(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "results.CSV").write_bytes(content)
    with pytest.raises(UserError, match=r"left out: \S+results\.CSV: not text$"):
        print_once([str(tmp_path)], io.StringIO())


def test_each_reason_has_its_files(tmp_path: Path) -> None:
    for name in ("a.csv", "b.tsv"):
        (tmp_path / name).write_bytes(bytes(range(256)))
    (tmp_path / "c.csv").write_bytes("Größe, Maß\r\n1, 2\r\n\x1a".encode("latin-1"))
    (tmp_path / "d.csv").write_text("größe, maß\n1, 2\n", encoding="utf-16")
    said = r"c\.csv and 1 more: no column .* epoch; \S+a\.csv and 1 more: not text$"
    with pytest.raises(UserError, match=said):
        print_once([str(tmp_path)], io.StringIO())
