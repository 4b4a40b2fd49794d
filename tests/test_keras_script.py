"""A run as a short script in plain Keras: it runs, learns, and makes the run's changes."""

import io
import runpy
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.export.export import load_export
from core.export.keras_data import data_lines
from core.export.keras_script import keras_script
from core.export.options import ExportOptions, export_runs
from core.network.model_copy import copy_model, model_from_flags, model_info
from core.run.events import Changed, Evaluated, Finished, Started
from core.run.hparams import as_dict, validate_hparams
from core.run.status import Outcome
from core.rundir.rundir import RunDir
from data.dataset import Dataset, Split
from data.mnist import open_npz
from tests.helpers.runs import add_events, make_run
from trainpad.errors import RunError, UserError

OWN = """
import keras

def build(hp):
    width = hp.Int("width", 4, 64, default=32)
    rate = hp.Float("drop", 0, 0.8, default=0.3, live=True)
    return keras.Sequential([
        keras.layers.Flatten(), keras.layers.Dense(width, "relu"), keras.layers.Dropout(rate),
        keras.layers.Dense(10),
    ])
"""
DECLARED = [
    {"name": "hp.width", "kind": "int", "value": 24, "default": 32, "minimum": 4, "maximum": 64,
     "step": 3, "log": False, "live": False},
    {"name": "hp.drop", "kind": "float", "value": 0.3, "default": 0.3, "minimum": 0, "maximum": 0.8,
     "step": 0.05, "log": False, "live": True},
]  # fmt: skip


def run_on(
    folder: Path, small: Dataset, own: list[Any] | None = None, /, *changes: Changed, **values: Any
) -> RunDir:
    """A run of 120 steps on an .npz file."""
    data = folder / "small.npz"
    parts = {"x_train": small.train.images, "y_train": small.train.labels}
    np.savez(data, **parts, x_test=small.test.images, y_test=small.test.labels)
    info = {"name": "small", "source": str(data), "image_shape": [8, 8], "validation": 17}
    hparams = as_dict(validate_hparams({"optimizer": "adam", "learning_rate": 0.01, **values}))
    dataset = {**info, "classes": list("0123456789")}
    more = {"model": own[0]} if own else {}
    run = make_run(
        folder / "a-run", losses=[1.0] * 120, hyperparameters=hparams, dataset=dataset, **more
    )
    declared = own[1] if own else []
    add_events(run, Started(0, hparams, "CPU:0", 10, own=declared), *changes)
    add_events(run, Finished(120, Outcome.DONE, 1.0))
    return run


def accuracy_of(script: bytes, folder: Path) -> float:
    """The accuracy that a script prints at its end."""
    path = folder / "again.py"
    path.write_bytes(script)
    printed = io.StringIO()
    with redirect_stdout(printed):
        runpy.run_path(str(path))
    accuracy = printed.getvalue().rpartition("'accuracy': ")[2]
    return float(accuracy.partition(",")[0])


def test_it_trains_a_network_with_the_changes_of_the_run(tmp_path: Path, small: Dataset) -> None:
    changes = [
        Changed(40, "dropout", 0.2, 0.1),
        Changed(60, "learning_rate", 0.01, 0.005),
        Changed(80, "batch_size", 20, 10),
        Changed(90, "l2", 0.0, 0.0001),
        Changed(95, "max_steps", 100, 120),
    ]
    run = run_on(
        tmp_path, small, None, *changes,
        network="conv 4 3x3, pool, 16, dropout 0.1", dropout=0.2, batch_size=20, schedule="cosine",
    )  # fmt: skip
    script = keras_script(load_export(run))
    text = script.decode()
    for line in (
        "validate = np.arange(len(y_train)) < 17  # the first ones",
        "    (40, {}),\n    (60, {'dropout': 0.1}),\n    (80, {'learning_rate': 0.005}),",
        "    (90, {'batch_size': 10}),\n    (120, {'l2': 0.0001}),\n]",
        "    keras.layers.Dropout(rate=0.1),",
    ):
        assert line in text
    assert len(text.splitlines()) < 75
    assert accuracy_of(script, tmp_path) > 0.5


def test_it_trains_a_model_of_ones_own_with_its_values(tmp_path: Path, small: Dataset) -> None:
    (tmp_path / "own.py").write_text(OWN)
    file = model_from_flags(str(tmp_path / "own.py"), ["width=24"])
    change = Changed(50, "hp.drop", 0.3, 0.0)
    own = [model_info(file), DECLARED]
    run = run_on(tmp_path, small, own, change, network="model own.py", batch_size=20)
    copy_model(file, run)
    script = keras_script(load_export(run))
    assert b"'hp.width': 24, 'hp.drop': 0.3}" in script
    assert b"(120, {'hp.drop': 0.0})" in script
    assert accuracy_of(script, tmp_path) > 0.5


@pytest.mark.parametrize("order", ["as it is", "sorted", "sorted, most of one class"])
def test_it_trains_on_the_examples_of_the_run(tmp_path: Path, small: Dataset, order: str) -> None:
    labels = small.train.labels
    if order == "sorted":
        labels = np.sort(labels)
    elif order == "sorted, most of one class":
        labels = np.minimum(np.arange(len(labels)), 9).astype(np.uint8)
    examples = replace(small, train=Split(small.train.images, labels))
    lines = "\n".join(data_lines(load_export(run_on(tmp_path, examples)), {
        "name": "small", "source": str(tmp_path / "small.npz"), "validation": 17,
    }))  # fmt: skip
    (tmp_path / "data.py").write_text(
        "\n".join(
            line
            for line in lines.splitlines()
            if line != "import keras" and "tensorflow" not in line
        )
    )
    read = runpy.run_path(str(tmp_path / "data.py"))
    expected = open_npz(tmp_path / "small.npz").train
    np.testing.assert_array_equal(read["x_train"], expected.images)
    np.testing.assert_array_equal(read["y_train"], expected.labels)


def test_what_no_short_script_does_is_said(tmp_path: Path, small: Dataset) -> None:
    run = run_on(tmp_path, small)
    (tmp_path / "small.npz").unlink()
    with pytest.raises(RunError, match=r"reads MNIST-like folders, folders of pictures, \.npz"):
        keras_script(load_export(run))
    add_events(run, Evaluated(120, {}, dict.fromkeys(("train", "validation", "test"), 0.1), 1.0))
    with pytest.raises(RunError, match="trains values, and a short script only classes"):
        keras_script(load_export(run))
    with pytest.raises(UserError, match=r"a script needs a file name that ends in \.py"):
        export_runs([run], ExportOptions(keras_script="a.txt"))
    with pytest.raises(RunError, match="has trained no steps"):
        keras_script(load_export(make_run(tmp_path / "none", dataset={"source": ""})))
