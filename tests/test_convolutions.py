"""Networks with convolutions, pools, batch normalization and dropout: TensorFlow, numpy, Keras."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from core.network.architecture import Architecture, build_architecture
from core.network.head import Head
from core.network.network import Layer, Network, Norm, as_input
from core.network.operations import convolve
from core.network.recorded import network_of
from core.run.hparams import HyperParameters, validate_hparams
from core.run.layers import Conv, parse_layers
from core.training.config import check_network
from core.training.rng import initial_weights
from data.dataset import Dataset
from data.errors import DataError
from tests.helpers.networks import in_bytes
from trainpad.errors import UserError

if TYPE_CHECKING:
    from core.training.engine import Engine

RICH = "conv 4 3x3, batchnorm, pool, conv 3 2x3 stride 2 valid, 6, batchnorm, dropout 0.4"
TEXTS = (
    RICH,
    "conv 4 5x5, pool 3x2, 8",
    "pool, flatten, 5",
    "conv 3 3x3 stride 3, global pool",
    "conv 2 4x4, batchnorm, dropout, conv 3 3x3, pool",
)


def architecture_of(text: str) -> Architecture:
    return build_architecture(parse_layers(text), (8, 8), 10)


def random_network(text: str) -> Network:
    """A network with arrays as after some training: none is 0 or 1 throughout."""
    architecture = architecture_of(text)
    rng = np.random.default_rng(5)
    arrays = {
        name: rng.uniform(0.1, 1, shape).astype(np.float32)
        if not name.endswith("weights")
        else initial_weights(shape, 3, int(name[5]))
        for trained in (True, False)
        for name, shape in architecture.arrays(trained=trained).items()
    }
    return Network.from_arrays(arrays, architecture)


def hparams_of(text: str, **values: Any) -> HyperParameters:
    shared = {"batch_size": 20, "learning_rate": 0.003, "optimizer": "adam"}
    return validate_hparams({**shared, "network": text, **values})


@pytest.fixture(scope="module")
def engine(small: Dataset) -> "Engine":
    from core.training.engine import Engine

    return Engine(small, hparams_of(RICH), device="cpu")


@pytest.fixture(scope="module")
def beginning(engine: "Engine") -> dict[str, Any]:
    return engine.state()


def trained(engine: "Engine", hparams: HyperParameters, edges: list[int]) -> bytes:
    """The losses of the steps between the first edge and the last, in chunks that end at each."""
    losses = []
    for step, stop in pairwise(edges):
        losses.append(engine.steps(step, step * hparams.batch_size, stop - step, hparams))
        assert len(losses[-1]) == stop - step
    return np.concatenate(losses).tobytes()


# -- training ------------------------------------------------------------------------------------


def test_a_resumed_run_goes_on_to_the_same_bytes(
    engine: "Engine", beginning: dict[str, Any]
) -> None:
    """Averages of batch normalizations, and what a dropout layer draws, included."""
    hparams = hparams_of(RICH)
    engine.restore(beginning)
    whole = trained(engine, hparams, [0, 40])
    state = in_bytes(engine.state())
    assert set(state) > {"layer0/mean", "layer0/variance", "layer2/mean", "layer2/gamma"}
    for stop in (1, 17, 39):
        engine.restore(beginning)
        first = trained(engine, hparams, [0, stop])
        saved = engine.state()
        trained(engine, hparams, [stop, 40])  # what was done after the checkpoint is void
        engine.restore(saved)
        assert first + trained(engine, hparams, [stop, *range(stop + 1, 40, 5), 40]) == whole
        assert in_bytes(engine.state()) == state


def test_it_learns(engine: "Engine", beginning: dict[str, Any]) -> None:
    engine.restore(beginning)
    losses = np.frombuffer(trained(engine, hparams_of(RICH, learning_rate=0.02), [0, 150]), "<f4")
    assert losses[-20:].mean() < 0.75 * losses[:5].mean()
    confusion, _ = engine.evaluate("train")
    assert np.trace(confusion) > 0.4 * np.sum(confusion)


def test_convolutions_are_compiled_without_xla_on_a_cpu() -> None:
    from core.training.model import Model

    found = [
        Model(architecture_of(text), hparams_of(text)).gains_from_xla(device)
        for text in ("16", RICH)
        for device in ("/CPU:0", "/GPU:0")
    ]
    assert found == [True, True, False, True]


def test_a_network_that_does_not_fit_is_refused(small: Dataset) -> None:
    with pytest.raises(UserError, match="network: layer 4, 'pool': the image is 1x1 here"):
        check_network(hparams_of("pool, pool, pool, pool"), small)
    with pytest.raises(UserError, match=r"dropout has no effect on the network 8, dropout 0\.4"):
        check_network(hparams_of("8, dropout 0.4", dropout=0.5), small)
    check_network(hparams_of("8, dropout", dropout=0.5), small)


# -- the same network elsewhere ------------------------------------------------------------------


@pytest.mark.parametrize("text", TEXTS)
def test_numpy_agrees_with_tensorflow(text: str, small: Dataset) -> None:
    import tensorflow as tf

    from core.training.model import Model

    network = random_network(text)
    model = Model(network.architecture, hparams_of(text))
    for name, array in network.to_arrays().items():
        model.variables[name].assign(array)
    images = as_input(small.test.images)
    np.testing.assert_allclose(
        network.logits(images), model.logits(tf.constant(images)).numpy(), rtol=1e-4, atol=1e-5
    )
    image = tf.constant(images[:1])
    with tf.GradientTape() as tape:
        tape.watch(image)
        logit = model.logits(image)[0, 4]
    expected = tape.gradient(logit, image).numpy().ravel()
    np.testing.assert_allclose(network.gradient(images[0], 4), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own
@pytest.mark.parametrize("text", TEXTS)
def test_keras_agrees_with_numpy(text: str, small: Dataset) -> None:
    from core.export.keras_model import build_model

    network = random_network(text)
    model = build_model(network, (8, 8))
    expected = network.probabilities(as_input(small.test.images))
    predicted = np.asarray(model(small.test.images))
    np.testing.assert_allclose(predicted, expected, rtol=1e-3, atol=1e-6)


def test_an_evaluation_agrees_with_numpy(
    engine: "Engine", beginning: dict[str, Any], small: Dataset
) -> None:
    engine.restore(beginning)
    trained(engine, hparams_of(RICH), [0, 20])
    network = Network.from_arrays(engine.weights(), architecture_of(RICH))
    confusion, loss = engine.evaluate("validation")
    probabilities = network.probabilities(as_input(small.validation.images))
    labels = small.validation.labels
    assert loss == pytest.approx(-np.log(probabilities[np.arange(31), labels]).mean(), rel=1e-3)
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (labels, probabilities.argmax(axis=1)), 1)
    assert confusion == expected.tolist()


def test_many_images_are_computed_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    network, images = random_network(RICH), np.random.default_rng(1).random((17, 64), np.float32)
    whole, activations = network.logits(images), network.activations(images)
    monkeypatch.setattr("core.network.network.CHUNK_VALUES", 5 * network.architecture.largest)
    np.testing.assert_allclose(network.logits(images), whole, rtol=1e-5, atol=1e-6)
    for part, other in zip(activations, network.activations(images), strict=True):
        np.testing.assert_allclose(other, part, rtol=1e-5, atol=1e-6)
    assert [part.shape for part in activations] == [
        (17, 8, 8, 4), (17, 2, 1, 3), (17, 6), (17, 10),
    ]  # fmt: skip


def test_a_run_records_which_layers_its_arrays_belong_to() -> None:
    network = random_network(RICH)
    dataset = {"image_shape": [8, 8], "classes": list("0123456789")}
    info = {"hyperparameters": {"network": RICH}, "dataset": dataset}
    images = np.random.default_rng(1).random((3, 64), np.float32)
    again = network_of(network.to_arrays(), info)
    np.testing.assert_array_equal(again.logits(images), network.logits(images))
    with pytest.raises(DataError, match="does not say which images the network takes"):
        network_of(network.to_arrays(), {**info, "dataset": {}})
    with pytest.raises(DataError, match="the checkpoint has no layer0/gamma"):
        network_of({k: v for k, v in network.to_arrays().items() if "gamma" not in k}, info)


def test_only_the_fully_connected_layers_are_fine_tuned() -> None:
    network = random_network("conv 4 3x3, batchnorm, pool, 6")
    images = np.random.default_rng(1).random((5, 64), np.float32)
    head = Head.of(network)
    assert head.network.sizes == (64, 6, 10)
    logits = head.network.logits(head.features(images))
    np.testing.assert_allclose(logits, network.logits(images), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        head.joined(head.network).logits(images), network.logits(images), rtol=1e-5, atol=1e-6
    )
    with pytest.raises(DataError, match="cannot fine-tune"):
        Head.of(random_network("8, batchnorm"))


def test_a_batch_normalization_takes_the_statistics_of_its_batch() -> None:
    import tensorflow as tf

    from core.training.model import Model

    text = "conv 4 3x3, batchnorm, global pool"
    network = random_network(text)
    model = Model(network.architecture, hparams_of(text))
    for name, array in network.to_arrays().items():
        model.variables[name].assign(array)
    images = np.random.default_rng(1).random((5, 64), np.float32)
    first = network.layers[0]
    conv = network.architecture.stages[0].layer
    assert isinstance(conv, Conv) and first.norm is not None
    values = convolve(images.reshape(5, 8, 8, 1), conv, first.weights)
    mean, variance = values.mean(axis=(0, 1, 2)), values.var(axis=(0, 1, 2))
    norm = Norm(first.norm.gamma, mean, variance)
    expected = Network(
        (Layer(first.weights, first.biases, norm), network.layers[1]), network.architecture
    )
    logits = model.logits(tf.constant(images), training=True)
    np.testing.assert_allclose(expected.logits(images), logits, rtol=1e-3, atol=1e-5)
    for name, now, new in (
        ("mean", first.norm.mean, mean),
        ("variance", first.norm.variance, variance),
    ):
        kept = model.statistics[f"layer0/{name}"].numpy()
        np.testing.assert_allclose(kept, 0.9 * now + 0.1 * new, rtol=1e-4)
