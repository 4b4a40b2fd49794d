from itertools import pairwise

import numpy as np
import pytest

from core.network.network import Network, softmax
from data.errors import DataError


def random_network(sizes, seed=0):
    rng = np.random.default_rng(seed)
    return Network.from_layers(
        [(rng.normal(size=(a, b)) / np.sqrt(a), rng.normal(size=b)) for a, b in pairwise(sizes)]
    )


def test_a_network_worked_out_by_hand():
    network = Network.from_layers([([[1, -1], [2, 0]], [0, 0.5]), ([[1, 0], [0, 2]], [0, 1])])
    np.testing.assert_allclose(network.logits(np.array([[1, 1]])), [[3, 1]])
    np.testing.assert_allclose(network.logits(np.array([[-1, 0]])), [[0, 4]])
    assert network.sizes == (2, 2, 2)
    assert network.parameters == 12


def test_probabilities_are_those_of_the_logits():
    network = random_network((784, 20, 10))
    images = np.random.default_rng(1).random((7, 784), np.float32)
    probabilities = network.probabilities(images)
    assert probabilities.shape == (7, 10)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(
        probabilities.argmax(axis=1), network.logits(images).argmax(axis=1)
    )


def test_large_logits_do_not_overflow():
    np.testing.assert_allclose(softmax(np.array([[1e30, 0], [-1e30, 0]], np.float32)), np.eye(2))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_diverged_network_gives_uniform_probabilities(bad):
    np.testing.assert_allclose(softmax(np.array([[bad, 1.0, 2.0, 3.0]], np.float32)), 0.25)


def test_hidden_units_are_those_after_relu():
    network = random_network((784, 30, 12, 10))
    image = np.random.default_rng(2).random((1, 784), np.float32)
    first, second, logits = network.activations(image)
    assert first.shape == (1, 30)
    assert second.shape == (1, 12)
    assert first.min() == 0 < first.max()
    np.testing.assert_array_equal(logits, network.logits(image))


def test_the_gradient_equals_finite_differences_of_the_logit():
    network = random_network((12, 30, 10))
    image = np.random.default_rng(3).random(12)
    step = 1e-3
    gradient = [
        (network.logits([image + step * unit]) - network.logits([image - step * unit]))[0, 4]
        / (2 * step)
        for unit in np.eye(12)
    ]
    np.testing.assert_allclose(network.gradient(image, 4), gradient, atol=0.005)
    np.testing.assert_allclose(network.attribution(image, 4), image * gradient, atol=0.005)


def test_without_biases_the_attribution_sums_to_the_logit():
    rng = np.random.default_rng(4)
    network = Network.from_layers(
        [(rng.normal(size=(784, 40)), np.zeros(40)), (rng.normal(size=(40, 10)), np.zeros(10))]
    )
    image = rng.random((28, 28))
    logit = network.logits(image.reshape(1, 784))[0, 7]
    assert network.attribution(image, 7).sum() == pytest.approx(logit, rel=1e-3)


def test_arrays_by_name_make_the_same_network():
    network = random_network((784, 16, 10))
    arrays = network.to_arrays()
    assert sorted(arrays) == [
        "layer0/biases",
        "layer0/weights",
        "layer1/biases",
        "layer1/weights",
    ]
    again = Network.from_arrays({**arrays, "optimizer/step": np.array(7)})
    image = np.ones((1, 784), np.float32)
    np.testing.assert_array_equal(again.logits(image), network.logits(image))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer0/weights": None}, "layer0/weights"),
        ({"layer1/biases": None}, "layer1/biases"),
        ({"layer1/weights": np.ones((15, 10))}, "15"),
        ({"layer0/biases": np.ones(5)}, "layer0"),
        ({"layer0/weights": np.ones(16)}, "layer0"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, message):
    arrays = {**random_network((784, 16, 10)).to_arrays(), **change}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    with pytest.raises(DataError, match=message):
        Network.from_arrays(arrays)


def test_no_layers_are_refused():
    with pytest.raises(DataError):
        Network.from_layers([])


def test_later_changes_of_the_given_arrays_do_not_reach_the_network():
    weights = np.ones((784, 10), np.float32)
    network = Network.from_layers([(weights, np.zeros(10))])
    weights[:] = 0
    assert network.logits(np.ones((1, 784)))[0, 0] == 784
