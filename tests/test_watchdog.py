import numpy as np

from core.training.divergence import WINDOW, DivergenceCheck


def losses(value: float, count: int) -> np.ndarray:
    return np.full(count, value, np.float32)


def test_a_window_far_above_guessing_is_beyond_hope() -> None:
    dog = DivergenceCheck(10)
    assert dog.check(0, losses(2.3, WINDOW)) == ""
    assert dog.check(WINDOW, losses(40, WINDOW - 1)) == ""
    assert "guessing would have 2.30" in dog.check(2 * WINDOW - 1, losses(40, 1))


def test_a_window_in_which_the_loss_became_another_is_not_judged() -> None:
    dog = DivergenceCheck(10)
    assert dog.check(0, losses(40, WINDOW // 2)) == ""
    dog.reset()
    assert dog.check(WINDOW // 2, losses(2, WINDOW // 2)) == ""
    assert dog.check(WINDOW, losses(2, WINDOW)) == ""
    assert "mean loss" in dog.check(2 * WINDOW, losses(40, WINDOW))
