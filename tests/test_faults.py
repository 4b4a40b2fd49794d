"""Faults that nobody expected, hostile texts, and what a killed start leaves behind."""

import csv
import io
import json
import os
import time
from pathlib import Path

import pytest

import main
from core.export.export import load_export
from core.export.options import ExportOptions, export_runs
from core.export.reproduce import reproduce_command
from core.export.tables import classes
from core.rundir.rundir import RunDir, create_run, list_runs
from data.drawn import draw_digits
from data.errors import DataError
from data.pictures import locate_digits_in
from tests.helpers.idx import write_idx
from tests.helpers.runs import copy_of_recorded
from trainpad.errors import RunError, UserError
from trainpad.files import STALE_SECONDS, make_folder, remove_leftovers
from tui.curves.plot import plot


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return copy_of_recorded(tmp_path / "runs")


def change_info(run: RunDir, **fields: object) -> None:
    (run.path / "run.json").write_text(json.dumps({**run.info(), **fields}))


# -- the last resort -------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise LookupError("no\x1b]0;such\x07 thing")

    monkeypatch.setattr(main.cli, "main", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_an_unexpected_error_is_a_sentence(
    broken: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main.main([])
    (written,) = tmp_path.glob("trainpad-*.txt")
    assert left.value.code == 1
    assert capsys.readouterr().err == (
        "trainpad: failed unexpectedly (LookupError: no␛]0;such␇ thing); "
        f"please report it with {written}\n"
    )
    assert "Traceback" in written.read_text()


def test_a_variable_has_the_traceback_printed(
    broken: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRAINPAD_TRACEBACK", "1")
    with pytest.raises(SystemExit):
        main.main([])
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "parent", ["x", ["x"], 1, {"run": "x"}, {"run": 1, "step": 2}, {"run": "../x", "step": 2},
               {"run": "\ud800", "step": 2}, {"run": "x", "step": "2"}]
)  # fmt: skip
def test_a_malformed_parent_gives_a_sentence(run: RunDir, parent: object) -> None:
    change_info(run, parent=parent)
    with pytest.raises(RunError, match="does not say which run it started from"):
        reproduce_command(load_export(run))


def test_a_text_that_is_no_argument_gives_a_sentence(run: RunDir) -> None:
    change_info(run, source={"dataset": "\ud800"})
    with pytest.raises(RunError, match="no command line"):
        reproduce_command(load_export(run))


@pytest.mark.parametrize(
    "header", [b"{'descr': (", b"{'descr': '|u1', 'shape': (", b"(" * 200, b"\xff", b"", b"{'a'"]
)
def test_a_header_that_does_not_parse_is_refused(header: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(DataError, match="not a usable"):
        locate_digits_in(path)


# -- texts for spreadsheets -----------------------------------------------------------------------


def test_no_class_is_a_formula(run: RunDir) -> None:
    names = ["=1+1", "+1", "-1", "@x", "\tx", "x=1", "6", "7", "8", "9"]
    change_info(run, dataset={**run.info()["dataset"], "classes": names})
    rows = list(csv.DictReader(io.StringIO(classes(load_export(run)).decode())))
    shown = list(dict.fromkeys(row["class"] for row in rows))
    assert shown[:4] == ["'=1+1", "'+1", "'-1", "'@x"]
    assert shown[5:] == ["x=1", "6", "7", "8", "9"]
    assert all(0 <= float(row["recall"]) <= 1 for row in rows if row["recall"])


# -- what a killed start leaves --------------------------------------------------------------------


def test_a_start_that_is_killed_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_arguments: object) -> None:
        os._exit(9)

    child = os.fork()
    if not child:
        monkeypatch.setattr(Path, "rename", killed)
        create_run(tmp_path, "8", {})
    os.waitpid(child, 0)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".")
    assert list_runs(tmp_path) == []
    run = create_run(tmp_path, "8", {})
    assert left.exists()  # it may be another process's that is starting
    os.utime(left, (0, 0))
    create_run(tmp_path, "8", {})
    assert not left.exists()
    assert run in list_runs(tmp_path)


def test_a_failed_start_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        create_run(tmp_path, "8", {"x": object()})
    assert list(tmp_path.iterdir()) == []


def test_names_are_unique(tmp_path: Path) -> None:
    (tmp_path / "a-2").symlink_to(tmp_path / "nowhere")
    made = [make_folder(tmp_path, "a", "x", str.encode) for _ in range(3)]
    assert [path.name for path in made] == ["a", "a-3", "a-4"]
    assert [(path / "x").read_text() for path in made] == ["a", "a-3", "a-4"]


def test_only_own_stale_files_are_swept(tmp_path: Path) -> None:
    old = time.time() - 2 * STALE_SECONDS
    names = [".loss.f32.1230001.part", ".a.1.part", "a.part", ".hidden", "x.1.part", ".a.part"]
    for name in [*names, ".young.1.part"]:
        (tmp_path / name).touch()
    other = tmp_path / ".b.1.part"
    other.mkdir()
    (other / "mine").touch()
    for path in tmp_path.iterdir():
        if path.name != ".young.1.part":
            os.utime(path, (old, old))
    remove_leftovers(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*names[2:], ".young.1.part", ".b.1.part"}


# -- files that exist ------------------------------------------------------------------------------


def test_an_export_replaces_a_file_only_when_forced(run: RunDir, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("mine")
    with pytest.raises(UserError, match="exists; --force replaces it"):
        export_runs([run], ExportOptions(csv=str(path)))
    assert path.read_text() == "mine"
    export_runs([run], ExportOptions(csv=str(path), force=True))
    assert path.read_text().startswith("step,")


@pytest.mark.parametrize("name", ["run.json", "loss.f32", "checkpoints/step-000099.safetensors"])
def test_no_file_of_a_run_is_replaced(run: RunDir, tmp_path: Path, name: str) -> None:
    before = (run.path / name).read_bytes()
    link = tmp_path / "link.csv"
    link.symlink_to(run.path / name)
    for path in (run.path / name, link):
        with pytest.raises(RunError, match="is a file of a run"):
            export_runs([run], ExportOptions(csv=str(path), force=True))
    assert (run.path / name).read_bytes() == before


def test_a_plot_has_the_format_of_its_name(run: RunDir, tmp_path: Path) -> None:
    export_runs([run], ExportOptions(png=str(tmp_path / "x.svg")), plot)
    assert b"<svg" in (tmp_path / "x.svg").read_bytes()[:2000]
    with pytest.raises(UserError, match=r"\.png or \.svg"):
        export_runs([run], ExportOptions(png=str(tmp_path / "x.jpg")))


def test_no_folder_name_reaches_the_terminal_raw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "e\x1b]0;T\x07x"
    digits = folder / "digits"
    digits.mkdir(parents=True)
    images, labels = draw_digits(60, 0)
    for begin in ("train", "t10k"):
        write_idx(digits / f"{begin}-images-idx3-ubyte", images)
        write_idx(digits / f"{begin}-labels-idx1-ubyte", labels)
    for words in (["runs", "--log_dir", folder], ["data", "mnist", "--input_data_dir", digits]):
        with pytest.raises(SystemExit):
            main.main(list(map(str, words)))
        captured = capsys.readouterr()
        assert "\x1b]0" not in captured.out + captured.err
        assert "␛]0" in captured.out + captured.err
