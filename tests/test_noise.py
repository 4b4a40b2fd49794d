"""Randomness inside the compiled step: a function of what it is for, and evenly spread."""

from typing import Any

import numpy as np
import pytest

from core.training.rng_tf import Dropout, StatelessUniform


def share(*, step: int = 3, seed: int = 1, row: int = 0, purpose: int = 0, rows: int = 200) -> Any:
    import tensorflow as tf

    noise = StatelessUniform(tf, tf.constant(step), tf.constant(seed), row)
    return noise.uniform01((rows, 50), purpose).numpy()


def test_shares_are_spread_evenly_from_0_to_below_1() -> None:
    shares = share()
    assert shares.min() >= 0
    assert shares.max() < 1
    counts = np.histogram(shares, bins=10, range=(0, 1))[0]
    assert counts.min() > 850
    assert counts.max() < 1150
    assert abs(np.corrcoef(shares[:, 0], shares[:, 1])[0, 1]) < 0.25


def test_they_are_the_same_again_and_others_for_anything_else() -> None:
    assert (share() == share()).all()
    for other in ({"step": 4}, {"seed": 2}, {"purpose": 1}, {"row": 200}):
        assert (share(**other) != share()).mean() > 0.99


def test_a_device_that_has_a_part_of_the_rows_draws_what_one_with_all_would() -> None:
    assert (share(row=120, rows=80) == share()[120:]).all()


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_leaves_out_its_share_and_scales_up_the_rest(rate: float) -> None:
    import tensorflow as tf

    noise = StatelessUniform(tf, tf.constant(3), tf.constant(1))
    dropped = Dropout(tf, tf.constant(rate), noise)(tf.ones((200, 50)), 0).numpy()
    assert (dropped == 0).mean() == pytest.approx(rate, abs=0.02)
    assert dropped[dropped > 0] == pytest.approx(1 / (1 - rate), rel=1e-5)
