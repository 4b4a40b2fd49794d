"""Random numbers inside the compiled step: stateless and uniform."""

from typing import Any

import numpy as np
import pytest


def uniform(
    *, step: int = 3, seed: int = 1, row: int = 0, purpose: int = 0, rows: int = 200
) -> Any:
    import tensorflow as tf

    from core.training.rng_tf import StatelessUniform

    random = StatelessUniform(tf.constant(step), tf.constant(seed), row)
    return random.uniform01((rows, 50), purpose).numpy()


def test_values_are_uniform_from_0_to_below_1() -> None:
    values = uniform()
    assert values.min() >= 0
    assert values.max() < 1
    counts = np.histogram(values, bins=10, range=(0, 1))[0]
    assert counts.min() > 850
    assert counts.max() < 1150
    assert abs(np.corrcoef(values[:, 0], values[:, 1])[0, 1]) < 0.25


def test_the_same_inputs_give_the_same_numbers_and_any_other_input_others() -> None:
    assert (uniform() == uniform()).all()
    for other in ({"step": 4}, {"seed": 2}, {"purpose": 1}, {"row": 200}):
        assert (uniform(**other) != uniform()).mean() > 0.99


def test_a_replica_with_some_of_the_rows_draws_what_one_with_all_would() -> None:
    assert (uniform(row=120, rows=80) == uniform()[120:]).all()


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_drops_its_fraction_and_scales_up_the_rest(rate: float) -> None:
    import tensorflow as tf

    from core.training.rng_tf import Dropout, StatelessUniform

    random = StatelessUniform(tf.constant(3), tf.constant(1))
    dropped = Dropout(tf.constant(rate), random)(tf.ones((200, 50)), 0).numpy()
    assert (dropped == 0).mean() == pytest.approx(rate, abs=0.02)
    assert dropped[dropped > 0] == pytest.approx(1 / (1 - rate), rel=1e-5)
