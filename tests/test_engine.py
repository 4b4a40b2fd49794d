"""The engine: real TensorFlow, training and evaluating without the loop."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from conftest import SMALL

from core.network.network import Network
from core.run.hparams import HyperParameters, validate_hparams
from core.training.rng import epoch_permutation
from data.dataset import SPLITS, Dataset
from tests.helpers.networks import in_bytes
from trainpad.errors import UserError

if TYPE_CHECKING:
    from core.training.engine import Engine

RICH = {"dropout": 0.2, "l2": 0.001, "schedule": "cosine", "warmup_steps": 10}


def in_chunks(engine: "Engine", hparams: HyperParameters, edges: list[int]) -> bytes:
    """The losses of the steps, in chunks between these edges."""
    losses = [np.empty(0, np.float32)]
    for step, stop in pairwise(edges):
        done = step
        while done < stop:
            losses.append(engine.steps(done, done * hparams.batch_size, stop - done, hparams))
            done += len(losses[-1])
    return np.concatenate(losses).tobytes()


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])
def test_losses_do_not_depend_on_the_chunks(tiny: Dataset, optimizer: str) -> None:
    """With XLA, which takes a second to compile, for the two that the others are variants of."""
    hparams = validate_hparams({**SMALL, **RICH, "optimizer": optimizer})
    from core.training.engine import Engine

    engine = Engine(tiny, hparams, device="cpu", xla=optimizer in ("momentum", "adam"))
    beginning = engine.state()
    whole = in_chunks(engine, hparams, [0, 120])
    state = in_bytes(engine.state())
    assert len(set(np.frombuffer(whole, np.float32).tolist())) > 100
    for edges in ([0, 1, 2, 3, 50, 119, 120], [*range(0, 120, 7), 120]):
        engine.restore(beginning)
        assert in_chunks(engine, hparams, edges) == whole
        assert in_bytes(engine.state()) == state


def test_a_chunk_may_end_with_the_window_of_examples(
    fresh: "Engine", beginning: dict[str, Any]
) -> None:
    hparams = validate_hparams(SMALL)
    edges = [1150, 1300]
    whole = in_chunks(fresh, hparams, edges)
    fresh.restore(beginning)
    assert in_chunks(fresh, hparams, [1150, 1200, 1201, 1207, 1208, 1300]) == whole
    assert len(whole) == 4 * 150


def test_an_evaluation_agrees_with_numpy(fresh: "Engine", tiny: Dataset) -> None:
    in_chunks(fresh, validate_hparams(SMALL), [0, 30])
    network = Network.from_arrays(fresh.weights())
    for name in SPLITS:
        split = tiny.split(name)
        confusion, loss = fresh.evaluate(name)
        images = split.images.reshape(len(split), -1).astype(np.float32) / 255
        probabilities = network.probabilities(images)
        expected = np.zeros((10, 10), int)
        np.add.at(expected, (split.labels, probabilities.argmax(axis=1)), 1)
        assert confusion == expected.tolist()
        assert np.sum(confusion) == len(split)
        right = probabilities[np.arange(len(split)), split.labels]
        assert loss == pytest.approx(-np.log(right).mean(), rel=1e-4)


def test_the_first_loss_is_that_of_the_first_weights_on_the_first_batch(
    fresh: "Engine", tiny: Dataset
) -> None:
    hparams = validate_hparams(SMALL)
    network = Network.from_arrays(fresh.weights())
    loss = fresh.steps(0, 0, 1, hparams)[0]
    first = epoch_permutation(len(tiny.train), hparams.seed, 0)[: hparams.batch_size]
    images = tiny.train.images[first].reshape(len(first), -1).astype(np.float32) / 255
    right = network.probabilities(images)[np.arange(len(first)), tiny.train.labels[first]]
    assert loss == pytest.approx(-np.log(right).mean(), rel=1e-5)


def test_one_trace_serves_all_chunk_lengths_rates_and_positions(fresh: "Engine") -> None:
    hparams = validate_hparams({**SMALL, **RICH})
    for count, values in ((1, {}), (77, {"learning_rate": 0.5}), (13, {"dropout": 0.5, "l2": 0.1})):
        fresh.steps(count, count * 50, count, validate_hparams({**SMALL, **RICH, **values}))
    traced = [entry.experimental_get_tracing_count() for entry in fresh._compiled.values()]
    assert set(traced) == {1}
    assert not fresh.needs_trace(hparams)


def test_dropout_changes_training_and_not_evaluation(fresh: "Engine") -> None:
    hparams = validate_hparams({**SMALL, "dropout": 0.5})
    plain = in_chunks(fresh, validate_hparams(SMALL), [0, 1])
    dropped = in_chunks(fresh, hparams, [0, 1])
    assert plain != dropped
    assert fresh.evaluate("test") == fresh.evaluate("test")


@pytest.mark.parametrize("device", ["gpu:99", "gpu:7"])
def test_a_missing_device_is_an_error(tiny: Dataset, device: str) -> None:
    from core.training.engine import Engine

    with pytest.raises(UserError, match=rf"there is no device {device}.* use --device cpu"):
        Engine(tiny, validate_hparams(SMALL), device=device)


def test_softmax_alone_starts_from_zero(tiny: Dataset) -> None:
    from core.training.engine import Engine

    engine = Engine(tiny, validate_hparams({"network": "none"}), device="cpu", xla=False)
    arrays = engine.weights()
    assert {array.shape for array in arrays.values()} == {(784, 10), (10,)}
    assert not any(array.any() for array in arrays.values())
