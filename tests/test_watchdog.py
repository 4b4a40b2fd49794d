import numpy as np

from core.training.divergence import WINDOW, Watchdog


def losses(value: float, count: int) -> np.ndarray:
    return np.full(count, value, np.float32)


def test_a_window_far_above_guessing_is_beyond_hope() -> None:
    dog = Watchdog(10)
    assert dog.verdict(0, losses(2.3, WINDOW)) == ""
    assert dog.verdict(WINDOW, losses(40, WINDOW - 1)) == ""
    assert "guessing would have 2.30" in dog.verdict(2 * WINDOW - 1, losses(40, 1))


def test_a_window_in_which_the_loss_became_another_is_not_judged() -> None:
    dog = Watchdog(10)
    assert dog.verdict(0, losses(40, WINDOW // 2)) == ""
    dog.begin()
    assert dog.verdict(WINDOW // 2, losses(2, WINDOW // 2)) == ""
    assert dog.verdict(WINDOW, losses(2, WINDOW)) == ""
    assert "mean loss" in dog.verdict(2 * WINDOW, losses(40, WINDOW))
