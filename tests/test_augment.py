"""How training images are distorted: by as much as is said, and about the middle."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from core.training.augment import augment

SIDE = 29
SHIFT_X, SHIFT_Y, ROTATE, WIDE, HIGH, SHEAR = range(6)
"""The columns of chance, in their order."""
Image = npt.NDArray[np.float32]


def spot(x: float, y: float) -> Image:
    """A soft spot so far to the right of the middle, and below it."""
    places = np.arange(SIDE) - SIDE // 2
    across, down = np.meshgrid(places, places)
    return np.exp(-((across - x) ** 2 + (down - y) ** 2) / 4).astype(np.float32)


def distorted(image: Image, column: int, amounts: tuple[float, ...], chance: float = 1.0) -> Image:
    """`image`, where chance says one thing in full and everything else not at all."""
    import tensorflow as tf

    def uniform(columns: int) -> Any:
        told = np.zeros((1, columns), np.float32)
        told[:, column] = chance
        return tf.constant(told)

    found: Image = augment(tf, tf.constant(image[None]), uniform, tf.constant(amounts)).numpy()[0]
    return found


def centre(image: Image) -> tuple[float, float]:
    places = np.arange(SIDE) - SIDE // 2
    total = image.sum()
    return float(image.sum(axis=0) @ places / total), float(image.sum(axis=1) @ places / total)


def test_no_amount_changes_nothing() -> None:
    image = spot(6, 2)
    for column in range(7):
        assert distorted(image, column, (0.0,) * 5) == pytest.approx(image, abs=1e-6)


@pytest.mark.parametrize(
    ("column", "amounts", "moved"),
    [
        (SHIFT_X, (2.0, 0, 0, 0, 0), (4, 0)),
        (SHIFT_Y, (2.0, 0, 0, 0, 0), (6, -2)),
        (ROTATE, (0, 30.0, 0, 0, 0), (6 * np.cos(np.pi / 6), 3)),
        (WIDE, (0, 0, 0.5, 0, 0), (4, 0)),
        (HIGH, (0, 0, 0.5, 0, 0), (6, 0)),
        (SHEAR, (0, 0, 0, 0.3, 0), (6, 0)),
    ],
)
def test_a_spot_goes_where_the_amount_says(
    column: int, amounts: tuple[float, ...], moved: tuple[float, float]
) -> None:
    assert centre(distorted(spot(6, 0), column, amounts)) == pytest.approx(moved, abs=0.15)


def test_a_shear_leans_what_is_above_and_below() -> None:
    assert centre(distorted(spot(0, 6), SHEAR, (0, 0, 0, 0.3, 0))) == pytest.approx(
        (-1.8, 6), abs=0.15
    )


def test_an_elastic_field_moves_no_further_than_its_amount() -> None:
    image = spot(0, 0)
    for column in range(7, 39):
        x, y = centre(distorted(image, column, (0, 0, 0, 0, 3.0)))
        assert np.hypot(x, y) < 3
    assert np.abs(distorted(image, 12, (0, 0, 0, 0, 3.0)) - image).max() > 0.05
