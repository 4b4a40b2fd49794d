import numpy as np

from core.training.divergence import WINDOW, DivergenceCheck


def losses(value: float, count: int) -> np.ndarray:
    return np.full(count, value, np.float32)


def test_a_window_far_above_chance_is_divergence() -> None:
    divergence = DivergenceCheck(10)
    assert divergence.check(0, losses(2.3, WINDOW)) == ""
    assert divergence.check(WINDOW, losses(40, WINDOW - 1)) == ""
    assert "random guessing has 2.30" in divergence.check(2 * WINDOW - 1, losses(40, 1))


def test_a_window_in_which_the_loss_function_changed_is_not_checked() -> None:
    divergence = DivergenceCheck(10)
    assert divergence.check(0, losses(40, WINDOW // 2)) == ""
    divergence.reset()
    assert divergence.check(WINDOW // 2, losses(2, WINDOW // 2)) == ""
    assert divergence.check(WINDOW, losses(2, WINDOW)) == ""
    assert "mean loss" in divergence.check(2 * WINDOW, losses(40, WINDOW))
