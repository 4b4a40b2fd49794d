"""Own models that compute with another precision, and losses of several shapes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.network.model_file import ModelFile
from core.run.hparams import HyperParameters, validate_hparams
from core.training.engine import Engine
from data.dataset import Dataset
from trainpad.errors import UserError

MODEL = """
import keras

def build():
    {first}
    layers = keras.layers
    model = keras.Sequential([layers.Flatten(), layers.Dense(10, "softmax")])
    {last}
    return model
"""
SPARSE = "'sparse_categorical_crossentropy'"


@pytest.fixture(autouse=True)
def single_precision() -> Iterator[None]:
    yield
    import keras

    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def engine(folder: Path, dataset: Dataset, first: str, last: str) -> tuple[Engine, HyperParameters]:
    file = folder / "my_net.py"
    file.write_text(MODEL.format(first=first, last=last))
    hparams = validate_hparams({"batch_size": 20, "learning_rate": 0.1, "l2": 1e-4})
    own = ModelFile(file, folder, "my_net.py")
    return Engine(dataset, hparams, device="cpu", xla=False, own=own), hparams


def trained(folder: Path, dataset: Dataset, first: str, last: str) -> np.ndarray:
    made, hparams = engine(folder, dataset, first, last)
    assert any("is compiled with Adam: " in said for said in made.notices) is ("'adam'" in last)
    losses = made.steps(0, 0, 20, hparams)
    matrix, loss = made.evaluate("validation")
    assert np.isfinite(loss)
    assert np.sum(matrix) == len(dataset.validation)
    return losses


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("keras.config.set_dtype_policy('mixed_bfloat16')", ""),
        ("keras.config.set_dtype_policy('mixed_float16')", f"model.compile('adam', {SPARSE})"),
        ("keras.config.set_floatx('float64')", ""),
    ],
)
def test_half_and_double_precision_train(
    tmp_path: Path, small: Dataset, first: str, last: str
) -> None:
    losses = trained(tmp_path, small, first, last)
    assert losses.dtype == np.float32
    assert len(losses) == 20
    assert losses[-5:].mean() < losses[:5].mean()


def test_a_scaled_loss_and_one_that_is_a_mean_change_no_step(
    tmp_path: Path, small: Dataset
) -> None:
    compiled = "model.compile(keras.optimizers.SGD(0.1{}), {})"
    plain = trained(tmp_path, small, "", compiled.format("", SPARSE))
    mean = "lambda y, p: keras.ops.mean(keras.losses.categorical_crossentropy(y, p))"
    scaled = compiled.format(", loss_scale_factor=256.0", mean)
    np.testing.assert_allclose(trained(tmp_path, small, "", scaled), plain, rtol=1e-4)


@pytest.mark.parametrize(
    ("loss", "sentence"),
    [
        ("'nosuchloss'", "my_net.py: ValueError: Could not interpret loss identifier: nosuchloss"),
        ("lambda y, p: 1 / 0", "my_net.py, line 8, in <lambda>: ZeroDivisionError: "),
        ("lambda y, p: keras.ops.zeros((7, 9))", "my_net.py: its loss gives 7 numbers for 8 im"),
    ],
)
def test_what_is_wrong_with_a_loss_is_said(
    tmp_path: Path, small: Dataset, loss: str, sentence: str
) -> None:
    with pytest.raises(UserError) as error:
        engine(tmp_path, small, "", f"model.compile('sgd', {loss})")
    assert str(error.value).startswith(sentence)
