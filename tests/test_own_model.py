"""A Keras model of a person's own: its file, its values, its errors, and how it trains."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import main
from core.export.reproduce import _model
from core.network.model_copy import (
    changed_since,
    copy_model,
    model_from_flags,
    model_info,
    recorded_model,
)
from core.network.model_file import ModelFile, build_own_model
from core.network.template import TEMPLATE
from core.network.tunables import Tunables
from core.run.hparams import validate_hparams
from core.rundir.checkpoint import Checkpoint
from core.rundir.rundir import RunDir
from data.dataset import Dataset
from data.errors import DataError
from trainpad.errors import RunError, UserError
from tui.weights.summary import LayerTable

CONVOLUTION = """
import keras
import data  # the file beside this one

def build(hp):
    width = hp.Int("width", 2, 8, default=data.WIDTH)
    return keras.Sequential([
        keras.layers.Conv2D(width, 3, activation="relu"),
        keras.layers.BatchNormalization(momentum=0.5),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10),
    ])
"""
COMPILED = """
import keras

def build():
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    model.compile("adam", {loss})
    model.optimizer.learning_rate = 0.02
    return model
"""
Write = Callable[..., ModelFile]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file as a person would, with a `data.py` beside it."""
    (tmp_path / "data.py").write_text("WIDTH = 4\n")

    def make(text: str, *values: str, function: str = "") -> ModelFile:
        (tmp_path / "my_net.py").write_text(text)
        name = f"{tmp_path / 'my_net.py'}{':' if function else ''}{function}"
        return model_from_flags(name, values)

    return make


def engine_of(file: ModelFile, dataset: Dataset, **values: Any) -> Any:
    from core.training.engine import Engine

    hparams = validate_hparams({"batch_size": 20, "optimizer": "adam", **values})
    return Engine(dataset, hparams, device="cpu", own=file), hparams


# -- the file --------------------------------------------------------------------------------------


def test_the_file_beside_it_is_imported_and_not_a_module_of_this_program(write: Write) -> None:
    before = sys.modules["data"], list(sys.path)
    text = "import data, data.idx if 0 else data\ndef build(): import data; return data.WIDTH"
    text = "def build():\n import data\n return data.WIDTH"
    assert build_own_model(write(text))[0] == 4
    assert (sys.modules["data"], sys.path) == before
    (write("").folder / "data.py").write_text("WIDTH = 777\n")
    assert build_own_model(write(text))[0] == 777


def test_packages_beside_it_and_relative_imports_work(write: Write) -> None:
    folder = write("").folder / "parts"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .sizes import WIDTH\n")
    (folder / "sizes.py").write_text("import data\nWIDTH = data.WIDTH + 1\n")
    text = (
        "import parts.sizes as s\nfrom parts import sizes, WIDTH\n"
        "def build(): return s.WIDTH, sizes.WIDTH, WIDTH"
    )
    assert build_own_model(write(text))[0] == (5, 5, 5)
    assert not (folder / "__pycache__").exists()


@pytest.mark.parametrize(
    ("text", "function", "found"),
    [
        ("def build(): return 1\ndef build_model(): return 2", "", 1),
        ("def build_model(): return 2\ndef other(): return 3", "", 2),
        ("def _help(): pass\ndef whatever(): return 3", "", 3),
        ("def build(): return 1\ndef other(): return 4", "other", 4),
    ],
)
def test_the_function_is_found(write: Write, text: str, function: str, found: int) -> None:
    assert build_own_model(write(text, function=function))[0] == found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def build(:", "my_net.py, line 1: SyntaxError: invalid syntax"),
        ("import nothing_such", "my_net.py, line 1: ModuleNotFoundError: No module named"),
        ("def build(hp):\n return 1 / 0", "my_net.py, line 2, in build: ZeroDivisionError: divis"),
        ("import sys\nsys.exit(3)", "my_net.py, line 2: SystemExit: 3"),
        ("def build():\n raise SystemExit", "my_net.py, line 2, in build: SystemExit"),
        ("def a(): pass\n\ndef b(): pass", "my_net.py needs a function `build` or `build_model` "),
        ("x = 3", "my_net.py needs a function `build` or `build_model` that returns a Keras model"),
        ("import data\ndata.x", "my_net.py, line 2: AttributeError: "),
        ("def build(hp): return hp.Int('n', 1, 3)", "hp n must be a whole number from 1 to 3, not"),
        (
            "def build(hp):\n hp.Int('m', 5, 1)",
            "my_net.py, line 2, in build: ValueError: hp m: the le",
        ),
        (
            "def build(hp):\n hp.Float('m', 0, 1, default=3)",
            "my_net.py, line 2, in build: ValueError",
        ),
        (
            "def build(hp):\n hp.Choice('m', [])",
            "my_net.py, line 2, in build: ValueError: hp m has ",
        ),
        ("def build(hp):\n hp.Int('a=b', 1, 5)", "my_net.py, line 2, in build: ValueError: the na"),
        ("def build(hp):\n hp.Fixed('\\n', 1)", "my_net.py, line 2, in build: ValueError: the na"),
        ("def build(hp): return hp.Fixed('n', 3)", "hp n is fixed at 3 in the file"),
        ("def build(hp): return hp.Choice('n', [1, 2])", "hp n must be one of 1, 2, not '9'"),
        ("def build(): return 1", "the model asks for no hp called n; it asks for: none"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(write: Write, text: str, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        build_own_model(write(text, "n=9"))
    assert str(error.value).startswith(sentence)


def test_values_are_asked_for_as_in_kerastuner() -> None:
    hp = Tunables({"width": "32", "rate": "0.5", "fast": "True", "kind": "b"})
    assert hp.Int("width", 8, 64, step=8, default=16) == 32
    assert hp.Float("rate", 0.1, 1, sampling="log") == 0.5
    assert hp.Float("other", 0.25, 1) == 0.25
    assert hp.Choice("kind", ["a", "b"]) == "b"
    assert hp.Boolean("fast") is True
    assert hp.Fixed("seed", 3) == hp.get("seed") == 3
    with hp.conditional_scope("kind", ["b"]):
        assert hp.Int("width", 8, 64) == 32
    hp.check_all_used()
    assert [*hp.values] == ["width", "rate", "other", "kind", "fast", "seed"]


# -- in a run --------------------------------------------------------------------------------------


def test_a_run_keeps_a_copy(write: Write, tmp_path: Path) -> None:
    file = write("def build(): return 1", "n=9", function="build")
    run = RunDir(tmp_path / "run")
    run.path.mkdir(mode=0o700)
    info = {"model": model_info(file)}
    copy_model(file, run)
    again = recorded_model(run, info)
    assert again == ModelFile(run.path / "model.py", tmp_path, "my_net.py", "build", {"n": "9"})
    assert changed_since(info) == ""
    assert [*_model(info)] == ["--model", f"{tmp_path / 'my_net.py'}:build", "--hp", "n=9"]
    write("def build(): return 2")
    assert changed_since(info).startswith("my_net.py has changed since the run began; its copy")
    (run.path / "model.py").write_text("import os")
    with pytest.raises(RunError, match=r"its model\.py is not what the run began with"):
        recorded_model(run, info)
    (run.path / "model.py").unlink()
    with pytest.raises(RunError, match=r"its copy of my_net\.py cannot be used: No such file"):
        recorded_model(run, info)
    assert recorded_model(run, {}) is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model", "none.py"], "none.py cannot be read: No such file or directory"),
        (["--model", "net.txt"], "model must be a Python file, FILE.py or FILE.py:function"),
        (["--hp", "n=3"], "--hp is for the values that a model asks for: give --model FILE.py too"),
    ],
)
def test_wrong_flags_are_explained(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["train", "--headless", *arguments])
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_template_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = (("a.py", 0), ("a.py", 2), ("a", 2), ("b", 0), ("a.txt", 2), ("no/such/a.py", 2))
    for name, code in names:
        with pytest.raises(SystemExit) as ended:
            main.main(["new", str(tmp_path / name)])
        assert (ended.value.code or 0) == code
    assert "exists; give another name" in capsys.readouterr().err
    for path in (tmp_path / "a.py", tmp_path / "b.py"):
        assert path.read_text() == TEMPLATE.format(name=path)


# -- training --------------------------------------------------------------------------------------


def test_it_trains_and_a_resumed_run_goes_on_to_the_same_bytes(
    write: Write, small: Dataset
) -> None:
    file = write(CONVOLUTION)
    engine, hparams = engine_of(file, small)
    first = engine.steps(0, 0, 12, hparams)
    saved = engine.state()
    rest = engine.steps(12, 240, 8, hparams)
    assert {str(array.dtype) for array in saved.values()} >= {"float32", "int64"}
    assert all(array.dtype == np.float32 for array in engine.weights().values())
    again, _ = engine_of(file, small)
    assert again.steps(0, 0, 12, hparams).tobytes() == first.tobytes()
    again.restore(saved)
    assert again.steps(12, 240, 8, hparams).tobytes() == rest.tobytes()
    matrix, loss = again.evaluate("validation")
    assert np.sum(matrix) == len(small.validation)
    assert np.isfinite(loss)
    assert again.notices == ["hp: width = 4"]


@pytest.mark.parametrize(
    "loss", ["'sparse_categorical_crossentropy'", "'mse'", "keras.losses.CategoricalHinge()"]
)
def test_a_compiled_model_brings_optimizer_rate_and_loss(
    write: Write, small: Dataset, loss: str
) -> None:
    engine, hparams = engine_of(write(COMPILED.format(loss=loss)), small, learning_rate=0.02)
    assert engine.own_learning_rate == pytest.approx(0.02)
    losses = engine.steps(0, 0, 60, hparams)
    assert len(losses) == 60
    assert losses[-10:].mean() < losses[:5].mean()
    expected = {"'mse'": 0.09, "'sparse_categorical_crossentropy'": 2.3}.get(loss, losses[0])
    assert losses[0] == pytest.approx(expected, rel=0.5)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("return 3", "my_net.py must give a Keras model, and gives a value of type int"),
        ("return S([L.Flatten(), L.Dense(7)])", "its model must give 10 numbers for an image, one"),
        ("return S([keras.Input((5, 5, 1)), L.Flatten(), L.Dense(10)])", r"takes inputs of shape"),
        ("return S([L.Flatten()])", "its model must give 10 numbers for an image"),
        ("return S([L.Dense(10), L.Reshape((3,))])", "images are 8 x 8 with values from 0 to 1"),
    ],
)
def test_a_model_that_does_not_fit_the_data_is_explained(
    write: Write, small: Dataset, body: str, sentence: str
) -> None:
    head = "import keras\nS, L = keras.Sequential, keras.layers\n"
    with pytest.raises(UserError, match=sentence):
        engine_of(write(f"{head}def build(): {body}"), small)


def test_the_template_builds_a_model(write: Write, tiny: Dataset) -> None:
    few = SimpleNamespace(train=tiny.train, classes=tiny.classes, inputs=())
    from core.training.own_model import OwnModel

    model = OwnModel(write(TEMPLATE, "width=8"), few, validate_hparams({}))  # type: ignore[arg-type]
    assert model.parameters == 11_274
    assert model.has_convolutions
    assert not model.gains_from_xla("/CPU:0")


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
def test_it_is_exported_with_the_same_predictions(
    write: Write, small: Dataset, tmp_path: Path
) -> None:
    import keras

    from core.export.keras_model import own_keras_file

    file = write(CONVOLUTION)
    engine, hparams = engine_of(file, small)
    engine.steps(0, 0, 30, hparams)
    matrix, _ = engine.evaluate("test")
    target = tmp_path / "model.keras"
    target.write_bytes(own_keras_file(file, engine.state(), (8, 8)))
    model = keras.models.load_model(target)
    images = small.test.images[..., None].astype(np.float32) / 255
    predicted = np.asarray(model(images)).argmax(axis=1)
    assert np.trace(matrix) == (predicted == small.test.labels).sum()
    with pytest.raises(UserError, match="the checkpoint does not fit this model: model/"):
        own_keras_file(file, {}, (8, 8))


def test_a_normalization_counts_where_its_layer_is_and_names_are_whole() -> None:
    from core.own.layer import OwnLayer
    from core.own.report import inspect_own_model

    shape, names = (28, 28, 8), ("model/c/kernel", "model/n/gamma", "model/n/beta")
    layers = [
        OwnLayer("conv2d", "Conv2D", (28, 28, 1), shape, 200, 156_800, names[:1]),
        OwnLayer("batch_normalization_1", "BatchNormalization", shape, shape, 16, 0, names[1:]),
    ]
    arrays = dict(zip(names, (np.ones((5, 5, 1, 8)), np.ones(8), np.zeros(8)), strict=True))
    report = inspect_own_model(1, arrays, {}, layers)
    assert (report.layers[0].parameters, report.parameters) == (216, 216)
    table = LayerTable()
    table.show(report, 0, (28, 28), "")
    lines = ["".join(text for text, _ in line) for line in table.lines(160, 20)]
    assert lines[3].split() == ["│", "batch_normalization_1"]
    assert {len(line.rstrip()) <= 160 for line in lines} == {True}
    assert "activations" in lines[0]


def test_its_layers_are_reported_in_their_order(write: Write, small: Dataset) -> None:
    from core.own.report import first_kernels, inspect_own_model

    engine, hparams = engine_of(write(CONVOLUTION), small)
    before = engine.weights()
    engine.steps(0, 0, 1, hparams)
    arrays = engine.weights()
    report = inspect_own_model(1, arrays, before)
    assert [(layer.stage.inputs, layer.units, layer.parameters) for layer in report.layers] == [
        ((3, 3, 1), 4, 40), ((144,), 10, 1450),
    ]  # fmt: skip
    assert all(layer.update_ratio for layer in report.layers)
    kernels = first_kernels(arrays)
    assert kernels is not None
    assert kernels.shape == (3, 3, 4)
    saved = Checkpoint(dict(sorted(engine.state().items())), {"step": 1, "layers": [*arrays]})
    assert [*saved.layers] == [*arrays]
    with pytest.raises(DataError, match="no layer with weights that can be shown"):
        inspect_own_model(1, {}, {})
