"""Several digits in one drawing: which strokes belong together."""

import numpy as np
import pytest

from core.network.builtin import builtin_network
from data.stroke_groups import group_strokes
from tests.helpers.pendigits import Drawing

BAR = [[0, 0], [0, 100]]
FOUR = [[[30, 0], [0, 60], [70, 60]], [[50, 20], [50, 100]]]
OPEN_FOUR = [[[0, 0], [0, 50], [38, 50]], [[42, 0], [40, 100]]]
FIVE = [[[0, 0], [0, 40], [40, 40], [55, 65], [40, 95], [0, 95]]]
DETACHED_BAR = [[[6, -4], [60, -8]]]
ZERO = [[[30, 0], [5, 30], [5, 70], [30, 100], [55, 70], [55, 30], [30, 0]]]


def at(x: float, *strokes: list[list[float]]) -> Drawing:
    return [np.add(stroke, [x, 0.0]) for stroke in strokes]


def judge(images: np.ndarray) -> np.ndarray:
    return builtin_network().probabilities(images.reshape(len(images), -1)).max(axis=1)


def unused(_images: np.ndarray) -> np.ndarray:
    raise AssertionError("the network was asked")


def found(drawing: Drawing, ask=judge) -> list[tuple[int, ...]]:
    return [group.strokes for group in group_strokes(drawing, ask)]


def test_nothing_and_one_stroke() -> None:
    assert found([], unused) == []
    assert found(at(0, BAR), unused) == [(0,)]
    assert found([np.empty((0, 2)), *at(0, BAR)], unused) == [(1,)]
    assert found(at(0, [[3, 3]]), unused) == [(0,)]


def test_strokes_that_overlap_are_one_digit_without_asking() -> None:
    assert found(at(0, *FOUR), unused) == [(0, 1)]
    assert found(at(0, *FIVE, *DETACHED_BAR), unused) == [(0, 1)]


def test_dots_alone_are_one_drawing() -> None:
    dots = [np.array([[0.0, 0.8]]), np.array([[0.4, 0.7]]), np.array([[0.9, 0.1]])]
    (group,) = group_strokes(dots, unused)
    assert group.strokes == (0, 1, 2)


def test_wide_gaps_lie_between_digits_without_asking() -> None:
    drawing = at(0, BAR) + at(90, *ZERO) + at(200, *FOUR)
    assert found(drawing, unused) == [(0,), (1,), (2, 3)]


def test_the_order_of_the_strokes_is_not_that_of_the_digits() -> None:
    drawing = at(200, FOUR[0]) + at(0, BAR) + at(200, FOUR[1]) + at(90, *ZERO)
    assert found(drawing, unused) == [(1,), (3,), (0, 2)]


@pytest.mark.parametrize("gap", [12, 20, 40])
def test_eleven_and_ten_are_two_digits(gap: float) -> None:
    assert found(at(0, BAR) + at(gap, BAR)) == [(0,), (1,)]
    assert found(at(0, BAR) + at(gap, *ZERO)) == [(0,), (1,)]


def test_a_four_whose_strokes_do_not_touch_is_one_digit() -> None:
    assert found(at(0, *OPEN_FOUR)) == [(0, 1)]
    assert found(at(0, *OPEN_FOUR) + at(120, *ZERO)) == [(0, 1), (2,)]


def test_a_speck_belongs_to_its_neighbour() -> None:
    speck = [[60, 50], [64, 52]]
    assert found(at(0, *ZERO) + at(0, speck) + at(150, BAR), unused) == [(0, 1), (2,)]


def test_the_box_is_that_of_the_strokes() -> None:
    first, second = group_strokes(at(0, BAR) + at(90, *FOUR), unused)
    assert (first.box.left, first.box.top, first.box.right, first.box.bottom) == (0, 0, 0, 100)
    assert (second.box.left, second.box.right) == (90, 160)
