"""Lined and squared paper: its ruling is removed from the ink, and shadows are no ink."""

import numpy as np
import pytest

from data.drawn import draw_digits
from data.ink_levels import extract_ink
from data.ink_photo import find_digits
from data.ruled_lines import line_sums, padded_width, without_ruling


def sheet(*slopes: float, height: int = 160, width: int = 200) -> np.ndarray:
    """Lines of one pixel across a sheet, from evenly spaced rows at the left."""
    mask = np.zeros((height, width), np.bool_)
    x = np.arange(width)
    for number, slope in enumerate(slopes, 1):
        rows = np.rint(number * height / (len(slopes) + 1) + slope * x).astype(int)
        inside = (rows >= 0) & (rows < height)
        mask[rows[inside], x[inside]] = True
    return mask


@pytest.mark.parametrize("slopes", [(0,), (0.1,), (-0.1, -0.05, 0, 0.05), (0.14,)])
def test_lines_of_any_small_slope_are_removed(slopes: tuple[float, ...]) -> None:
    lines = sheet(*slopes)
    assert not without_ruling(lines).any()
    assert not without_ruling(lines.T).any()


def test_strokes_stay_also_where_they_cross_a_line() -> None:
    stroke = np.zeros((160, 200), np.bool_)
    stroke[30:130, 100:106] = True
    kept = without_ruling(stroke | sheet(0.02, 0.02, 0.02))
    assert (kept & stroke).sum() == stroke.sum()
    assert (kept & ~stroke).sum() < 20


@pytest.mark.parametrize("ink", [(80, 81, 20, 180), (70, 90, 0, 200)])
def test_a_long_stroke_is_no_ruling(ink: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = ink
    mask = np.zeros((160, 200), np.bool_)
    mask[top:bottom, left:right] = True  # ends before the border, or is thick
    np.testing.assert_array_equal(without_ruling(mask), mask)


def test_the_sums_are_those_of_each_line() -> None:
    mask = np.random.default_rng(0).random((20, 32)) < 0.5
    sums = line_sums(mask)
    assert padded_width(32) == 32
    np.testing.assert_array_equal(sums[:, 0], mask.sum(axis=1))
    assert sums.shape == (20, 7)
    assert sums[0, 1] == mask[0, :16].sum() + mask[1, 16:].sum()


def test_a_shadow_and_ruling_are_no_ink() -> None:
    y, x = np.mgrid[:320, :450]
    paper = 0.9 - 0.35 / (1 + np.exp(-(x + y / 2 - 300) / 6.0))
    ink = np.zeros((320, 450), np.bool_)
    ink[100:200, 150:158] = True
    grey = paper * np.where(ink, 0.2, 1) * np.where(sheet(0, 0, 0, height=320, width=450), 0.7, 1)
    found = extract_ink(grey.astype(np.float32)) > 0.5
    assert (found & ink).sum() == ink.sum()
    assert (found & ~ink).sum() < 0.1 * ink.sum()


def test_nothing_is_removed_from_a_digit_that_is_cut_out() -> None:
    images, _ = draw_digits(60, 5, 0.7)
    for image in images:
        rows, columns = image.any(axis=1).nonzero()[0], image.any(axis=0).nonzero()[0]
        cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if np.median(cut) > 0 and min(cut.shape) > 5:  # more ink than paper
            (digit,) = find_digits(cut.astype(np.float32) / 255)
            assert digit.sum() > 0.5 * image.sum() / 255
