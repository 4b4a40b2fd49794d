"""What the recipe of the built-in weights draws as no digit, and what the weights make of it."""

import numpy as np
import pytest

from benchmarks.builtin_scale import smallest_scale
from benchmarks.builtin_strokes import LEANS_BACK, LEANS_FORWARD, draw_commas, draw_lines
from core.network.builtin import builtin_network
from core.network.certainty import CONFIDENCE_THRESHOLD
from data.ink import inks_to_images


def probabilities(drawings: list[list[np.ndarray]]) -> np.ndarray:
    """What the built-in weights give for drawings, ``[n, 10]``."""
    images = inks_to_images(drawings)
    return builtin_network().probabilities(images.reshape(len(images), -1))


def line(degrees: float) -> list[np.ndarray]:
    """A straight line, leaning to the right."""
    angle = np.radians(degrees)
    return [np.linspace(0, 1, 26)[:, None] * [np.sin(angle), -np.cos(angle)]]


def lean(stroke: np.ndarray) -> float:
    """Degrees to the right of upright."""
    across, down = stroke[0] - stroke[-1]
    return float(np.degrees(np.arctan(-across / down)))


def test_lines_that_are_no_digit_lean_further_than_a_1() -> None:
    leans = [lean(drawing[0]) for drawing in draw_lines(200, np.random.default_rng(0))]
    assert {value > 0 for value in leans} == {True, False}
    assert all(LEANS_FORWARD[0] - 3 < v < LEANS_FORWARD[1] + 3 for v in leans if v > 0)
    assert all(LEANS_BACK[0] - 3 < -v < LEANS_BACK[1] + 3 for v in leans if v < 0)


def test_commas_have_a_head_and_a_tail() -> None:
    drawings = list(draw_commas(200, np.random.default_rng(0)))
    assert {len(drawing) for drawing in drawings} == {1, 2}
    for drawing in drawings:
        width, height = np.ptp(drawing[0], axis=0)
        assert np.isfinite(drawing[0]).all()
        assert 0.7 < height < 1.2
        assert width < 1


def test_a_line_is_a_1_as_far_as_it_leans_like_one() -> None:
    ones = probabilities([line(degrees) for degrees in range(-10, 36, 5)])
    assert (ones.argmax(axis=1) == 1).all()
    assert (ones.max(axis=1) >= CONFIDENCE_THRESHOLD).all()
    others = probabilities([line(degrees) for degrees in (-70, -60, -50, -40, -32, 60, 70)])
    assert (others.max(axis=1) < CONFIDENCE_THRESHOLD).all()


def test_few_commas_are_taken_for_digits() -> None:
    best = probabilities(list(draw_commas(200, np.random.default_rng(1)))).max(axis=1)
    assert np.mean(best >= CONFIDENCE_THRESHOLD) < 0.25


def test_the_smallest_scale_refuses_no_more_than_asked() -> None:
    logits = np.zeros((4, 10), np.float32)
    logits[:, 3] = [1, 3, 4, 5]
    # A digit is refused below 0.75, where its logit is less than log 27 = 3.3 over the others.
    assert smallest_scale({"pen": logits}, {"pen": 0.5}) == pytest.approx(0.84)
    assert smallest_scale({"pen": logits}, {"pen": 0.25}) == pytest.approx(1.1)
    with pytest.raises(ValueError, match="at any scale"):
        smallest_scale({"pen": logits, "mnist": np.zeros((1, 10))}, {"pen": 0.25, "mnist": 0.0})
