import numpy as np
import pytest

from tests.helpers.networks import initial_layers

SIZES = (784, 128, 32, 10)


def test_weights_are_a_normal_truncated_at_two_deviations_and_biases_zero() -> None:
    for (weights, biases), fan_in in zip(initial_layers(SIZES, 0), SIZES, strict=False):
        deviation = 1 / np.sqrt(fan_in)
        assert np.abs(weights).max() <= 2 * deviation * 1.000001
        # A normal distribution truncated at two deviations keeps 0.88 of its deviation.
        assert weights.std() == pytest.approx(0.88 * deviation, rel=0.08)
        assert abs(weights.mean()) < 0.12 * deviation
        assert not biases.any()
        assert weights.dtype == biases.dtype == np.float32


def test_weights_are_a_function_of_the_seed() -> None:
    first, again, other = (initial_layers(SIZES, seed) for seed in (3, 3, 4))
    for (one, _), (same, _), (another, _) in zip(first, again, other, strict=True):
        assert one.tobytes() == same.tobytes()
        assert not np.array_equal(one, another)


def test_a_layers_weights_do_not_depend_on_the_layers_after_it() -> None:
    wide, narrow = initial_layers((784, 128, 10), 3), initial_layers(SIZES, 3)
    assert np.array_equal(wide[0][0], narrow[0][0])
