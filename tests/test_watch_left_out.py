"""`trainpad watch --once` names tables that have no column for the step."""

import errno
import io
import os
from pathlib import Path

import pytest

from core.foreign.find import JOURNAL, STUDY_FILE, ForeignFiles
from core.sweep import folder
from core.sweep.folder import StudyFolder
from core.tfevents.logdir import Logdir
from trainpad.errors import UserError
from trainpad.files import read_plain
from tui.watch.model import WatchModel
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


@pytest.mark.parametrize("as_json", [False, True])
def test_a_filter_that_leaves_nothing_names_what_there_is(tmp_path: Path, as_json: bool) -> None:
    heads = ",".join(f"loss{number:02}" for number in range(12))
    (tmp_path / "a.csv").write_text(f"step,{heads}\n" + "1" + ",2" * 12 + "\n")
    said = r"^no tag matches 'zzz'; there are loss00, loss01, .*, loss09 and 2 more$"
    out = io.StringIO()
    with pytest.raises(UserError, match=said):
        print_once([str(tmp_path)], out, "zzz", as_json=as_json)
    assert out.getvalue() == ""
    print_once([str(tmp_path)], out, "loss11", as_json=as_json)
    assert "loss11" in out.getvalue()


def test_the_journal_of_a_study_of_ours_is_no_table(tmp_path: Path) -> None:
    study = StudyFolder(tmp_path)
    study.journal.write_text('{"op_code": 7, "step": 1, "intermediate_value": 0.5}\n' * 3)
    assert ForeignFiles().find(study.journal) is not None
    assert (study.journal.name, folder.STUDY_FILE) == (JOURNAL, STUDY_FILE)
    (tmp_path / folder.STUDY_FILE).write_text("{}")
    assert ForeignFiles().find(study.journal) is None


def test_a_file_that_cannot_be_read_is_named_once_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good.csv").write_text("step,loss\n1,2\n")
    (tmp_path / "later.csv").write_text("step,loss\n1,2\n")

    def refused(path: Path, *_more: object) -> bytes:
        if path.name == "later.csv":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return read_plain(path, *_more)

    with monkeypatch.context() as context:
        context.setattr("core.foreign.find.read_plain", refused)
        files = ForeignFiles()
        assert files.find(tmp_path / "later.csv") is None
        assert files.unreadable == {tmp_path / "later.csv": "Permission denied"}
    log = Logdir([tmp_path], others=ForeignFiles())
    model = WatchModel()
    for update in log.poll():
        model.fold(update)
    (tmp_path / "later.csv").unlink()
    for update in log.poll():
        model.fold(update)
    assert model.problems == ["later.csv: cannot be read: No such file or directory"]
