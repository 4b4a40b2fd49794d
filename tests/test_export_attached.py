"""What leaves a run of another program: its numbers, which may have any names."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from core.export import attached
from core.export.export import Export, load_export
from core.export.options import ExportOptions, export_runs
from core.rundir.rundir import RunDir
from main import main
from tests.helpers.runs import finished, make_run
from trainpad.errors import RunError, UserError
from tui.curves.plot import plot

LINES = [
    {"step": 0, "time": 10.0, "loss": 2.5, "=acc": 0.0},
    {"step": 5, "time": 11.0, "loss": "nan"},
    {"step": 5, "time": 12.0, "val_loss": 0.0},
    {"step": 5, "time": 13.0},
    {"step": 5, "time": 14.0, "lr": 0.1, "loss": 1.5},
    {"step": True, "time": 15.0, "lr": 9.0},
]
"""Those of step 5 are void but for the last, as after a resume."""


def attached_run(path: Path, *lines: object) -> RunDir:
    run = make_run(path, kind="attached", project="cifar", config={"batch": 8})
    run.metrics.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run.events.write_text(
        '{"event": "finished", "time": 20.0, "step": 6, "reason": "done", "seconds": 3}\n'
        '{"event": "changed", "time": 20.0, "step": 5, "name": "lr", "old": 1, "new": 0.1}\n'
    )
    return run


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return attached_run(tmp_path / "runs" / "cifar" / "a-run", *LINES)


@pytest.fixture
def export(run: RunDir) -> Export:
    return load_export(run)


def rows(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode())))


def test_csv_has_every_number_and_quotes_what_looks_like_a_formula(export: Export) -> None:
    assert rows(attached.all_numbers(export)) == [
        ["step", "time", "loss", "'=acc", "lr"],
        ["0", "10.0", "2.5", "0.0", ""],
        ["5", "14.0", "1.5", "", "0.1"],
    ]


def test_csv_has_one_row_for_a_step_that_was_logged_in_parts(tmp_path: Path) -> None:
    parts = [
        {"step": 0, "time": 1.0, "loss": 2.0},
        {"step": 1, "time": 2.0, "loss": 1.0},
        {"step": 2, "time": 2.5, "loss": 0.8},
        {"step": 1, "time": 3.0, "val_loss": 1.5},
        {"step": 1, "time": 4.0, "loss": 0.5},
    ]
    found = load_export(attached_run(tmp_path / "r", *parts))
    assert rows(attached.all_numbers(found)) == [
        ["step", "time", "loss", "val_loss"],
        ["0", "1.0", "2.0", ""],
        ["1", "2.0", "1.0", "1.5"],
        ["2", "2.5", "0.8", ""],
        ["1", "4.0", "0.5", ""],
    ]


def test_losses_are_the_numbers_that_are_called_so(tmp_path: Path) -> None:
    lines = [*LINES[:3], {"step": 9, "time": 1.0, "lr": 0.1}]
    export = load_export(attached_run(tmp_path / "a", *lines))
    assert rows(attached.losses(export)) == [
        ["step", "loss", "val_loss"], ["0", "2.5", ""], ["5", "nan", ""], ["5", "", "0.0"],
    ]  # fmt: skip
    other = load_export(attached_run(tmp_path / "b", {"step": 1, "time": 1.0, "acc": 0.5}))
    with pytest.raises(RunError, match="b has no number called loss; --csv has: acc"):
        attached.losses(other)


def test_json_has_the_run_its_events_and_its_numbers(export: Export) -> None:
    values = json.loads(attached.as_json(export))
    assert values["run"]["config"] == {"batch": 8}
    assert (values["state"], values["steps"]) == ("done", 6)
    assert values["metrics"]["loss"] == {
        "steps": [0, 5], "times": [10.0, 14.0], "values": [2.5, 1.5],
    }  # fmt: skip
    assert [event["event"] for event in values["events"]] == ["finished", "changed"]
    assert "hyperparameters" not in values["run"]


def test_numbers_of_one_run_and_of_several_are_in_a_picture(run: RunDir, tmp_path: Path) -> None:
    target = tmp_path / "plot.svg"
    other = attached_run(run.path.parent / "b-run", {"step": 1, "time": 1.0, "acc": 0.5})
    for runs, words in (([run], ["a-run", "validation", "lr"]), ([run, other], ["2", "acc"])):
        export_runs(runs, ExportOptions(svg=str(target), force=True), plot)
        found = re.findall(r"<text[^>]*>([^<]*)<", target.read_text())
        assert set(words) <= set(found)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (ExportOptions(notebook="-"), "--notebook needs a run of trainpad's own; an attached"),
        (ExportOptions(keras="a.keras"), "--keras needs a run of trainpad's own; an attached"),
        (ExportOptions(csv="-", classes=True), "--classes needs a run of trainpad's own"),
    ],
)
def test_what_an_attached_run_does_not_have_is_refused(
    run: RunDir, options: ExportOptions, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        export_runs([run], options)


def test_a_plot_is_of_runs_of_one_kind_and_of_numbers(run: RunDir, tmp_path: Path) -> None:
    ours = finished(tmp_path / "ours")
    for runs in ([run, ours], [ours, run]):
        with pytest.raises(UserError, match="ours is a run of trainpad's own; plot it without"):
            export_runs(runs, ExportOptions(png="-"), plot)
    empty = attached_run(tmp_path / "empty")
    for options in (ExportOptions(png="-"), ExportOptions(csv="-"), ExportOptions(losses="-")):
        with pytest.raises(UserError, match="empty has logged no numbers yet"):
            export_runs([empty], options, plot)


def test_a_huge_file_of_numbers_is_refused(run: RunDir) -> None:
    with run.metrics.open("ab") as file:
        file.truncate(1 << 40)
    with pytest.raises(UserError, match=r"metrics\.jsonl is larger than"):
        export_runs([run], ExportOptions(csv="-"))


@pytest.mark.parametrize("content", [None, b"\xff\x00{\n{\xfe\n", b"\x80" * 99])
def test_a_file_of_numbers_that_cannot_be_read_is_said_to_be_so(
    run: RunDir, content: bytes | None
) -> None:
    run.metrics.unlink()
    run.metrics.mkdir() if content is None else run.metrics.write_bytes(content)
    why = "it is not a regular file" if content is None else "it has no JSON objects"
    with pytest.raises(UserError, match=rf"metrics\.jsonl cannot be read: {why}"):
        export_runs([run], ExportOptions(csv="-"))


def test_the_command_exports_the_newest_run_of_a_project(
    run: RunDir, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run.path.parent.parent
    with pytest.raises(SystemExit) as ended:
        main(["export", "cifar", "--csv", "-", "--log_dir", str(folder)])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("step,time,loss")
