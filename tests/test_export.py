"""What leaves a run: tables, JSON, pictures, notebooks, Keras models, and its own command line."""

import ast
import base64
import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import main
from core.export import tables
from core.export.export import Export, as_json, load_export, resolve_checkpoint, write_output
from core.export.notebook import notebook
from core.export.options import ExportOptions, export_runs
from core.network.network import Network
from core.run.events import Changed, Evaluated, Finished, Started
from core.run.hparams import as_dict, validate_hparams
from core.run.status import Outcome
from core.rundir import checkpoint, notes
from core.rundir.checkpoint import Checkpoint
from core.rundir.errors import CheckpointError
from core.rundir.resolve import newest_with_numbers, resolve_run
from core.rundir.rundir import RunDir
from tests.helpers.networks import initial_layers
from tests.helpers.runs import BEGAN, add_events, confusion, make_run
from trainpad.errors import RunError, UserError

LOSSES = [2.3, 1.7, 0.1, 0.25, float("nan"), 0.5]
HPARAMS = as_dict(validate_hparams({"max_steps": 6, "hidden": (8,)}))


def evaluated(step: int, right: int, wrong: int) -> Evaluated:
    losses = {"train": 0.5, "validation": float("nan"), "test": 0.25}
    return Evaluated(step, confusion(right, wrong), losses, 0.1, time=BEGAN + step)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """Six steps, the last two of them once more after a resume."""
    dataset = {"name": "two", "classes": ["cat", "dog"], "image_shape": [28, 28]}
    run = make_run(tmp_path / "a-run", losses=LOSSES, hyperparameters=HPARAMS, dataset=dataset)
    add_events(
        run,
        Started(0, HPARAMS, "CPU:0", 10, time=BEGAN),
        Changed(2, "learning_rate", 0.01, 0.02, time=BEGAN + 2),
        evaluated(4, 3, 1),
        evaluated(5, 4, 0),
        Started(4, HPARAMS | {"learning_rate": 0.02}, "CPU:0", 10, time=BEGAN + 5),
        evaluated(6, 1, 3),
        Finished(6, Outcome.DONE, 1.0, time=BEGAN + 7),
    )
    return run


def test_without_a_name_the_newest_run_that_has_numbers_is_exported(tmp_path: Path) -> None:
    older = make_run(tmp_path / "20260101-0900-a", losses=[2.0], hyperparameters=HPARAMS)
    newer = make_run(tmp_path / "20260102-0900-b", losses=[], hyperparameters=HPARAMS)
    assert resolve_run("", tmp_path) == newer
    assert newest_with_numbers(tmp_path) == older
    older.losses.unlink()
    assert newest_with_numbers(tmp_path) == newer


def rows(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode())))


def saved(run: RunDir, step: int, layers: Any) -> Path:
    arrays = {f"layer{i}/weights": w for i, (w, _) in enumerate(layers)}
    arrays |= {f"layer{i}/biases": b for i, (_, b) in enumerate(layers)}
    return checkpoint.write(run.checkpoints, Checkpoint(arrays, {"step": step}))


def test_each_evaluation_that_holds_has_a_row(run: RunDir) -> None:
    found = rows(tables.evaluations(load_export(run)))
    assert [row["step"] for row in found] == ["4", "6"]
    assert [float(row["validation_precision"]) for row in found] == [0.75, 0.25]
    assert (found[0]["train_loss"], found[0]["validation_loss"]) == ("0.5", "nan")
    assert float(found[1]["time"]) == BEGAN + 6


def test_classes_have_precision_recall_f1_and_support(run: RunDir) -> None:
    first, second, *_ = rows(tables.classes(load_export(run)))
    assert first == {
        "step": "4", "split": "train", "class": "cat",
        "precision": "1.0", "recall": "0.75", "f1": str(6 / 7), "support": "4",
    }  # fmt: skip
    assert (second["class"], second["precision"], second["recall"]) == ("dog", "0.0", "")


def test_losses_are_read_back_as_they_were(run: RunDir) -> None:
    found = rows(tables.losses(load_export(run)))
    assert [int(row["step"]) for row in found] == list(range(6))
    back = np.array([row["loss"] for row in found]).astype(np.float32)
    assert back.tobytes() == np.array(LOSSES, np.float32).tobytes()


def test_json_holds_the_run_its_changes_and_its_note(run: RunDir) -> None:
    notes.write(run, notes.make_note(" My run ", ["lab", "", "lab"], "good\x1b[2J"))
    values = json.loads(as_json(load_export(run)))
    assert (values["title"], values["tags"], values["note"]) == ("My run", ["lab"], "good␛[2J")
    assert (values["state"], values["steps"]) == ("done", 6)
    assert values["changes"] == [{"step": 2, "name": "learning_rate", "value": 0.02}]
    assert values["hyperparameters"]["learning_rate"] == 0.02
    assert values["evaluations"][0]["validation"] == {
        "precision": 0.75, "loss": "nan", "confusion": [[3, 1], [0, 0]],
    }  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"[]", b'{"title": 3, "tags": {}}', b"\xff", b"[" * 9999])
def test_a_damaged_note_is_left_out(run: RunDir, content: bytes) -> None:
    (run.path / notes.FILE).write_bytes(content)
    assert notes.read(run) == notes.Note()


def test_a_file_is_written_whole_or_left_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.csv"
    write_output(str(target), b"first")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(RunError, match=r"out\.csv cannot be written: No space left"):
        write_output(str(target), b"second")
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert target.read_bytes() == b"first"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_output(str(pipe), b"content")
    assert os.read(reading, 100) == b"content"
    os.close(reading)
    assert pipe.is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (ExportOptions(), "give at least one of"),
        (ExportOptions(classes=True, json=True), "give --csv too"),
        (ExportOptions(csv="-", json=True), "cannot go to the same place"),
        (ExportOptions(keras="model.h5"), r"ends in \.keras"),
        (ExportOptions(csv="nowhere/at/all.csv"), "cannot be written"),
        (ExportOptions(csv="."), "is a folder"),
        (ExportOptions(keras="m.keras"), "no evaluated checkpoint"),
        (ExportOptions(keras="m.keras", checkpoint="last"), "no checkpoint to resume from"),
    ],
)
def test_invalid_options_are_one_sentence(
    run: RunDir, options: ExportOptions, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence) as error:
        export_runs([run], options)
    assert "\n" not in str(error.value)


def test_nothing_is_written_where_one_format_fails(run: RunDir, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        export_runs(
            [run], ExportOptions(csv=str(tmp_path / "a.csv"), keras=str(tmp_path / "a.keras"))
        )
    assert not (tmp_path / "a.csv").exists()


def test_several_runs_are_compared_only_in_plots_and_notebooks(run: RunDir) -> None:
    with pytest.raises(UserError, match="only --png, --svg and --notebook take several runs"):
        export_runs([run, run], ExportOptions(csv="-"))


def test_the_command_exports_a_run_by_name(
    run: RunDir, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def status(*arguments: str) -> int:
        with pytest.raises(SystemExit) as left:
            main.main(["export", *arguments, "--log_dir", str(run.path.parent)])
        return int(left.value.code or 0)

    assert status("a-r", "--csv", "-") == 0
    assert capfdbinary.readouterr().out == tables.evaluations(load_export(run))
    assert status("other", "--csv", "-") == 2
    assert b"there is no run called 'other'" in capfdbinary.readouterr().err


def test_the_best_checkpoint_was_evaluated(run: RunDir) -> None:
    layers = initial_layers((784, 8, 2), seed=1)
    for step in (3, 4, 6):
        saved(run, step, layers)
    export_ = load_export(run)
    assert resolve_checkpoint(export_, "best").step == 4
    assert resolve_checkpoint(export_, "last").step == 6
    path = run.checkpoints / checkpoint.file_name(3)
    assert resolve_checkpoint(export_, str(path)).step == 3


def test_the_first_of_equally_good_checkpoints_is_the_best(run: RunDir) -> None:
    add_events(run, evaluated(7, 3, 1))
    for step in (4, 7):
        saved(run, step, initial_layers((784, 8, 2), seed=1))
    assert resolve_checkpoint(load_export(run), "best").step == 4


# -- what other programs make of it --------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
def test_the_keras_model_has_the_networks_predictions(run: RunDir, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    saved(run, 6, initial_layers((784, 8, 2), seed=1))
    target = tmp_path / "model.keras"
    export_runs([run], ExportOptions(keras=str(target), checkpoint="last"))
    model = keras.models.load_model(target)
    network = Network.from_arrays(checkpoint.newest(run.checkpoints).arrays)
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28)).astype(np.uint8)
    scaled = images.reshape(7, -1).astype(np.float32) / 255
    predicted = np.asarray(model(images))
    np.testing.assert_allclose(predicted, network.probabilities(scaled), rtol=1e-5, atol=1e-7)
    logits = keras.Model(model.inputs[0], model.get_layer("logits").output)
    np.testing.assert_allclose(np.asarray(logits(images)), network.logits(scaled), atol=1e-5)


def executed(exports: list[Export]) -> dict[str, Any]:
    """The names that a notebook's cells leave behind."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    content = json.loads(notebook(exports))
    assert (content["nbformat"], content["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in content["cells"]}) == len(content["cells"])
    names: dict[str, Any] = {}
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)  # noqa: S102
    names["figures"] = len(plt.get_fignums())
    plt.close("all")
    return names


def test_a_notebook_begins_with_the_picture(run: RunDir) -> None:
    introduction, picture, *_ = json.loads(notebook([load_export(run)], b"PNG"))["cells"]
    assert introduction["cell_type"] == picture["cell_type"] == "markdown"
    assert "(attachment:charts.png)" in "".join(picture["source"])
    assert base64.b64decode(picture["attachments"]["charts.png"]["image/png"]) == b"PNG"


def test_the_notebook_of_a_run_executes(run: RunDir) -> None:
    names = executed([load_export(run)])
    assert names["figures"] == 2
    steps, precision = names["precisions"](run.path, "validation")
    assert (steps.tolist(), precision.tolist()) == ([4, 6], [0.75, 0.25])
    assert len(names["losses"](run.path)) == 6
    _, _, low, high = names["columns"](np.arange(300.0))  # of a short run too, a band
    assert (high - low).tolist() == [9.0] * 30


def test_the_notebook_of_several_runs_compares_their_max_steps(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = make_run(tmp_path / "b-run", hyperparameters=HPARAMS | {"max_steps": 12})
    add_events(empty, Started(0, HPARAMS | {"max_steps": 12}, "CPU:0", 10))
    names = executed([load_export(run), load_export(empty)])
    assert names["KEY"] == "max_steps"
    assert names["order"] == ["a-run", "b-run"]
    assert names["figures"] == 3
    assert "a-run: 6 steps, best precision @ 1 on test 0.7500" in capsys.readouterr().out


def test_names_in_a_notebook_are_sanitized(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a\x1b[2J\x9b2J\u202e\udcff", losses=[1.0])
    content = notebook([load_export(run)]).decode()
    assert content.replace("\n", "").isprintable()
    source = "".join(json.loads(content)["cells"][1]["source"])
    folders = ast.literal_eval(source.partition("FOLDERS = ")[2].partition("\nRUNS")[0])
    assert list(folders.values()) == [str(run.path)]


def test_runs_of_the_same_name_have_different_labels(run: RunDir, tmp_path: Path) -> None:
    other = make_run(tmp_path / "else" / "a-run", hyperparameters=HPARAMS)
    content = json.loads(notebook([load_export(run), load_export(other)]))
    setup = "".join(content["cells"][1]["source"]).split("FOLDERS = ")[1].split("RUNS")[0]
    folders = ast.literal_eval(setup)
    assert sorted(folders.values()) == sorted([str(run.path), str(other.path)])
