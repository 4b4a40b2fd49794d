"""Data that a person's own file gives, and models that give something else than classes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.network.model_copy import gives_data, model_from_flags
from core.network.model_file import ModelFile
from core.run.events import Evaluated, Started, to_json
from core.run.history import best_evaluation
from core.run.hparams import HyperParameters, as_dict, validate_hparams
from core.run.state import RunState
from core.rundir.data_source import DataSource
from core.rundir.validation import parse_event
from core.session.request import _source
from core.training.own_data import load_data
from data.dataset import Dataset
from data.errors import DataError
from trainpad.errors import UserError
from tui.evaluate.no_matrix import without_matrix

HEAD = "import keras\nimport numpy as np\nS, L = keras.Sequential, keras.layers\nN = np.arange\n"


def file_of(folder: Path, data: str, build: str = "None") -> ModelFile:
    text = f"{HEAD}def data():\n    return {data}\n\ndef build():\n    {build}\n"
    (folder / "own.py").write_text(text)
    return model_from_flags(str(folder / "own.py"), [])


def trained(
    file: ModelFile,
    dataset: Dataset,
    steps: int = 60,
    rate: float = 0.02,
    *,
    xla: bool | None = False,  # which takes a second or two to compile
) -> tuple[Any, Any]:
    from core.training.engine import Engine

    values = {"batch_size": 10, "optimizer": "adam", "learning_rate": rate}
    hparams = validate_hparams(values)
    engine = Engine(dataset, hparams, device="cpu", xla=xla, own=file)
    return engine, engine.steps(0, 0, steps, hparams)


# -- what data() returns ---------------------------------------------------------------------------

PICTURES = "np.zeros((24, 5, 4), np.uint8)"


@pytest.mark.parametrize(
    ("data", "shape", "classes", "sizes"),
    [
        (f"({PICTURES}, N(24) % 3), ({PICTURES}, N(24) % 3)", (5, 4), 3, (22, 2, 24)),
        (f"{PICTURES}, N(24) % 3, {PICTURES}[:5], N(5) % 3", (5, 4), 3, (22, 2, 5)),
        (f"{PICTURES} / 255, np.eye(4)[N(24) % 3]", (5, 4), 4, (18, 2, 4)),
        ("np.random.randn(24, 7), N(24) / 7", (7,), 0, (18, 2, 4)),
        ("np.random.randn(24, 7), N(24) > 7", (7,), 2, (18, 2, 4)),
        ("((np.ones((24, 2)), np.ones((24, 3, 3))), N(24) % 2)", (2,), 2, (18, 2, 4)),
        (f"[({PICTURES}, N(24)), ({PICTURES}, N(24)), ({PICTURES}, N(24))]", (5, 4), 24, (24,) * 3),
    ],
)
def test_arrays_are_taken(
    tmp_path: Path, data: str, shape: tuple[int, ...], classes: int, sizes: tuple[int, ...]
) -> None:
    file = file_of(tmp_path, data)
    assert gives_data(file)
    dataset = load_data(file)
    assert (dataset.image_shape, len(dataset.classes)) == (shape, classes)
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == sizes
    assert dataset.has_pictures == (len(shape) > 1)
    assert (dataset.train.values is None) == bool(classes)
    assert dataset.fingerprint == load_data(file).fingerprint or "random" in data


def test_streams_are_taken(tmp_path: Path) -> None:
    stream = "__import__('tensorflow').data.Dataset.from_tensor_slices((np.ones((9, 2)), N(9) % 3))"
    found = [
        load_data(file_of(tmp_path, text))
        for text in (f"{stream}, {stream}", f"{stream}.batch(4), {stream}.batch(9)")
    ]
    assert found[0].fingerprint == found[1].fingerprint
    assert (len(found[0].train), len(found[0].classes)) == (8, 3)
    with pytest.raises(UserError, match=r"own\.py: the tf\.data\.Dataset of data\(\) has no end"):
        load_data(file_of(tmp_path, f"{stream}.repeat()"))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("3", r"own\.py: data\(\) must return \(x_train, y_train\), .* not a int"),
        ("N(3), N(2)", "as many targets as examples, and gives 3 and 2"),
        ("N(30).astype(str), N(30)", r"own\.py: data\(\) must give numbers, not <U"),
        ("N(2), N(2)", "too few examples for training, validation and testing"),
        ("(np.ones((9, 2)), N(9)), (np.ones((9, 3)), N(9))", "the same shapes for training and"),
        ("1 / 0", r"own\.py, line 6, in data: ZeroDivisionError"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, data: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        load_data(file_of(tmp_path, data))


def test_inputs_that_are_not_finite_are_said(tmp_path: Path) -> None:
    for value, said in (("1.0", False), ("np.nan", True), ("-np.inf", True)):
        data = load_data(file_of(tmp_path, f"np.full((60, 3), {value}), N(60) % 2"))
        assert (data.notice == "data() gives inputs that are NaN or infinite") is said


def test_the_file_gives_the_data_unless_a_flag_names_some(tmp_path: Path) -> None:
    flags = {**dict.fromkeys(("dataset", "input_data_dir", "eval_data", "variation", "size"))}
    file = file_of(tmp_path, "3")
    assert _source({**flags, "fake_data": False}, None, file).function
    assert not _source({**flags, "fake_data": True}, None, file).function
    assert not _source({**flags, "fake_data": False}, None, None).function
    file.path.write_text("def build(): pass")
    assert not _source({**flags, "fake_data": False}, None, file).function
    with pytest.raises(DataError, match="the model's own file gives the data, and only where the"):
        DataSource(function=True).load()


# -- what is trained -------------------------------------------------------------------------------

REGRESSION = "(lambda x: (x, 2 * x[:, :1] - x[:, 1:2]))(np.random.default_rng(0).random((240, 3)))"
TWO = "(lambda x: (x, (x[:, 0] > x[:, 1]).astype(int)))(np.random.default_rng(0).random((240, 2)))"


def test_values_are_trained_and_measured(tmp_path: Path) -> None:
    compiled = "m.compile(keras.optimizers.SGD(0.3), 'mse', metrics=['mae'])"
    build = f"m = S([L.Dense(1)]); {compiled}; return m"
    file = file_of(tmp_path, REGRESSION, build)
    engine, losses = trained(file, load_data(file), rate=0.3)
    assert losses[-5:].mean() < 0.2 * losses[:5].mean()
    matrix, loss = engine.evaluate("test")
    metrics = engine.metrics("test")
    assert matrix == []
    assert list(metrics) == ["mae"]
    assert loss**0.5 / 2 < metrics["mae"] <= loss**0.5
    assert engine.notices == ["the model is compiled with SGD: the panel's optimizer has no effect"]


def test_one_number_decides_between_two_classes(tmp_path: Path) -> None:
    for build in ("return S([L.Dense(1)])", "return S([L.Dense(1, 'sigmoid')])"):
        file = file_of(tmp_path, TWO, build)
        engine, losses = trained(file, load_data(file), 150)
        matrix, loss = engine.evaluate("train")
        assert np.trace(matrix) > 0.9 * np.sum(matrix)
        assert loss == pytest.approx(losses[-10:].mean(), rel=0.5)


def test_metrics_of_classes_are_measured(tmp_path: Path) -> None:
    build = (
        "m = S([L.Dense(2, 'softmax')]); "
        "m.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy']); return m"
    )
    file = file_of(tmp_path, TWO, build)
    engine, _ = trained(file, load_data(file))
    matrix, _ = engine.evaluate("test")
    assert engine.metrics("test") == {
        "accuracy": pytest.approx(np.trace(matrix) / np.sum(matrix), abs=1e-6)
    }


def test_an_autoencoder_gives_its_images_again(tmp_path: Path, small: Dataset) -> None:
    build = (
        "m = S([L.Flatten(), L.Dense(16, 'relu'), L.Dense(64, 'sigmoid'), L.Reshape((8, 8, 1))]); "
        "m.compile('adam', 'binary_crossentropy'); return m"
    )
    file = file_of(tmp_path, "None", build)
    engine, losses = trained(file, small)
    assert losses[-5:].mean() < losses[0]
    assert engine.evaluate("test")[0] == []


def test_several_inputs_are_trained(tmp_path: Path) -> None:
    inputs = "a, b = keras.Input((2,), name='a'), keras.Input((3,), name='b')"
    build = f"{inputs}; return keras.Model([a, b], L.Dense(2)(L.Concatenate()([a, b])))"
    rows = "np.random.default_rng(0).random((240, 2)), np.zeros((240, 3))"
    data = f"(lambda a, b: ((a, b), (a[:, 0] > a[:, 1]).astype(int)))({rows})"
    file = file_of(tmp_path, data, build)
    engine, losses = trained(file, load_data(file), 150, xla=None)
    assert losses[-5:].mean() < losses[0]
    assert np.sum(engine.evaluate("test")[0]) == 40
    by_name = data.replace("((a, b),", "({'a': a, 'b': b},")
    named = file_of(tmp_path, by_name, build.replace("[a, b], L", "{'a': a, 'b': b}, L"))
    assert trained(named, load_data(named), 150, xla=None)[1].tolist() == losses.tolist()


def test_a_model_that_fits_no_values_is_explained(tmp_path: Path) -> None:
    one, two = "i = keras.Input((3,)); ", "a, b = keras.Input((2,)), keras.Input((3,)); "
    wrong = {
        "return S([L.Dense(3)])": "must give values of shape (1,) as data() has, and gives (3,)",
        f"{one}return keras.Model(i, [i, i])": "gives 2 outputs; it may give one",
        f"{two}return keras.Model([a, b], L.Add()([a, a]))": (
            "has 2 inputs, and is given 1; data() in the file can give several, x as a tuple of "
            "arrays"
        ),
    }
    for build, sentence in wrong.items():
        file = file_of(tmp_path, REGRESSION, build)
        with pytest.raises(UserError) as error:
            trained(file, load_data(file))
        assert str(error.value) == f"own.py: its model {sentence}"
    labels = file_of(tmp_path, "np.ones((60, 3)), N(60) % 3 - 1", "return S([L.Dense(3)])")
    with pytest.raises(UserError, match="from 0 on, and the least target is -1"):
        trained(labels, load_data(labels))


# -- what is shown ---------------------------------------------------------------------------------


def test_a_run_without_classes_has_losses_and_metrics() -> None:
    run = RunState()
    assert without_matrix(run) == ("no evaluation yet: press e on the Train screen", "")
    run.fold(Started(0, as_dict(HyperParameters()), "CPU:0", 10))
    for step, loss in ((100, 0.25), (200, 0.125), (300, 0.5)):
        losses = dict.fromkeys(("train", "validation", "test"), loss)
        event = Evaluated(step, {}, losses, 0.1, {"validation": {"mae": loss / 2}})
        again = parse_event(to_json(event))
        assert isinstance(again, Evaluated)
        run.fold(again)
    assert run.best_step == 200
    best = best_evaluation(run.evaluations)
    assert best is not None and best.step == 200
    assert run.log_entries[-1].text == "validation: mae 0.25"
    said, values = without_matrix(run)
    assert said == "this model gives values and no classes, so there is no matrix; step 300"
    assert values == "train: loss 0.5   validation: loss 0.5, mae 0.25   test: loss 0.5"
