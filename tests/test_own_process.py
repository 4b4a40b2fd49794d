"""A person's own Keras model, computed layer by layer by a process of its own."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.network.health import own_update_ratios
from core.network.model_copy import model_from_flags
from core.network.model_file import ModelFile
from core.own.layer import OwnLayer
from core.own.messages import Message, receive, send
from core.own.network import OwnNetwork
from core.own.process import OwnProcess
from core.own.report import inspect_own_model
from core.own.server import Server
from core.run.hparams import validate_hparams
from core.session.summaries import update_values
from data.dataset import Dataset
from data.errors import DataError
from trainpad.errors import UserError

CONVOLUTION = """
import keras

def build():
    return keras.Sequential([
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.BatchNormalization(momentum=0.5),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10),
    ])
"""
SUBCLASSED = """
import keras

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = keras.layers.Conv2D(3, 3)
        self.relu = keras.layers.ReLU()
        self.flat = keras.layers.Flatten()
        self.last = keras.layers.Dense(10)

    def call(self, x):
        return self.last(self.flat(self.relu(self.first(x))))

def build():
    return Net()
"""
Write = Callable[[str], ModelFile]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file as a person would."""

    def do(text: str) -> ModelFile:
        (tmp_path / "my_net.py").write_text(text)
        return model_from_flags(str(tmp_path / "my_net.py"), ())

    return do


def engine_of(file: ModelFile, dataset: Dataset) -> Any:
    from core.training.engine import Engine

    hparams = validate_hparams({"network": f"model {file.name}", "batch_size": 20})
    return Engine(dataset, hparams, own=file), hparams


def test_keras_computes_it_layer_by_layer(write: Write, small: Dataset) -> None:
    file = write(CONVOLUTION)
    engine, hparams = engine_of(file, small)
    engine.steps(0, 0, 3, hparams)
    arrays = engine.weights()
    images = small.test.images.astype(np.float32) / 255
    flat = images.reshape(len(images), -1)

    server = Server()
    values, _ = server.answer(
        Message(
            {"do": "load", "path": str(file.path), "folder": str(file.folder), "name": file.name,
             "function": "", "hp": {}, "classes": 10},
            {"images": images[:2]},
        )
    )  # fmt: skip
    layers = [OwnLayer.from_dict(one) for one in values["layers"]]
    assert [(one.kind, one.outputs, one.parameters, one.multiply_adds) for one in layers] == [
        ("Conv2D", (6, 6, 4), 40, 6 * 6 * 4 * 9), ("BatchNormalization", (6, 6, 4), 8, 0),
        ("Flatten", (144,), 0, 0), ("Dropout", (144,), 0, 0), ("Dense", (10,), 1450, 1440),
    ]  # fmt: skip
    weights = {f"w:{name}": array for name, array in arrays.items()}
    _, answer = server.answer(Message({"do": "logits"}, {"images": flat, **weights}))
    matrix, _ = engine.evaluate("test")
    correct = (answer["logits"].argmax(axis=1) == small.test.labels).sum()
    assert np.trace(matrix) == correct

    values, found = server.answer(Message({"do": "explain", "label": None}, {"images": flat[:1]}))
    assert values["label"] == answer["logits"][0].argmax()
    np.testing.assert_allclose(found["logits"], answer["logits"][:1], rtol=1e-5)
    assert {name: a.shape for name, a in found.items()} == {
        "logits": (1, 10), "evidence": (64,), "0": (6, 6, 4), "1": (6, 6, 4), "4": (10,),
    }  # fmt: skip
    np.testing.assert_allclose(found["4"], found["logits"][0], rtol=1e-6)
    pixel = int(np.abs(found["evidence"]).argmax())
    moved = np.repeat(flat[:1], 2, axis=0)
    moved[0, pixel], moved[1, pixel] = flat[0, pixel] - 1e-3, flat[0, pixel] + 1e-3
    _, near = server.answer(Message({"do": "logits"}, {"images": moved}))
    slope = np.diff(near["logits"][:, values["label"]])[0] / 2e-3
    assert found["evidence"][pixel] == pytest.approx(slope * flat[0, pixel], rel=0.05)

    values, found = server.answer(Message({"do": "inspect"}, {"images": flat[:20]}))
    assert set(values["layers"]) == set(found) == {layers[0].name, layers[4].name}
    report = inspect_own_model(3, arrays, {}, layers)
    assert [stage.number for stage in report.stages] == [0, None, None, None, 1]
    norm = layers[1].name
    assert [*report.layers[0].histograms] == [
        "weights", "biases", "activations", f"{norm} gamma", f"{norm} beta",
        f"{norm} moving_mean", f"{norm} moving_variance",
    ]  # fmt: skip
    assert report.multiply_adds == 1296 + 1440
    before = {name: array * np.float32(0.99) for name, array in arrays.items()}
    written = update_values(arrays, before)
    assert len(written) == 2
    assert own_update_ratios(arrays, before) == {
        layer.path: pytest.approx(0.01, rel=1e-3) for layer in report.layers
    }
    with pytest.raises(UserError, match="does not fit"):
        server.answer(Message({"do": "logits"}, {"images": flat, "w:model/x": np.ones(3)}))


def test_the_outputs_of_a_subclassed_model_are_known_too(write: Write, small: Dataset) -> None:
    from core.own.model import LoadedModel

    images = small.test.images.astype(np.float32) / 255
    model = LoadedModel(write(SUBCLASSED), images[:2], 10)
    assert [layer.kind for layer in model.layers] == ["Conv2D", "ReLU", "Flatten", "Dense"]
    label, found = model.explain(images[0].ravel(), 3)
    assert label == 3
    assert found["1"].min() == 0
    inspected = model.inspect(images[:20].reshape(20, -1))
    assert inspected[model.layers[0].name][0].low == 0  # behind its ReLU


def test_a_process_of_its_own_computes_it(write: Write, small: Dataset) -> None:
    images = small.test.images.astype(np.float32) / 255
    file = write("print('built')\n" + CONVOLUTION)
    engine, _ = engine_of(file, small)
    process = OwnProcess(file, images[:2], 10)
    network = OwnNetwork(process, engine.weights())
    assert not network.is_loaded
    try:
        probabilities = network.probabilities(images[:5].reshape(5, -1))
        assert network.is_loaded
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
        explanation = network.explain(images[0])
        assert explanation.label == probabilities[0].argmax()
        assert [output.shape_text for output in explanation.outputs] == ["6x6x4", "6x6x4", "10"]
        assert network.inspect(images[:5].reshape(5, -1))[network.layers[0].name][0].std > 0
        with pytest.raises(DataError, match="does not fit"):
            OwnNetwork(process, {"model/x": np.ones(1)}).logits(images[:1].reshape(1, -1))
    finally:
        process.close()


def test_what_its_process_cannot_do_is_said(write: Write) -> None:
    file = write("def build():\n    return 1 / 0\n")
    load = {"do": "load", "path": str(file.path), "folder": str(file.folder), "name": file.name,
            "function": "", "hp": {}, "classes": 10}  # fmt: skip
    with pytest.raises(UserError, match=r"my_net\.py, line 2, in build: ZeroDivisionError"):
        Server().answer(Message(load, {"images": np.zeros((1, 8, 8), np.float32)}))

    stream = io.BytesIO()
    send(stream, {"a": [1, None]}, {"x": np.arange(6, dtype=np.int16).reshape(2, 3)})
    content = stream.getvalue()
    message = receive(io.BytesIO(content))
    assert message is not None
    assert message.values == {"a": [1, None]}
    assert message.arrays["x"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert receive(io.BytesIO()) is None
    for broken in (content[:-1], content[:10], content[:2], b"\xff" * 9):
        with pytest.raises(ValueError, match=r"message|delimiter|Expecting|end"):
            receive(io.BytesIO(broken))
