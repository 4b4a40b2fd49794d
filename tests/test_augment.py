"""How training images are augmented: within the limits, and about the middle."""

import numpy as np
import numpy.typing as npt
import pytest

SIDE = 29
SHIFT_X, SHIFT_Y, ROTATE, WIDE, HIGH, SHEAR = range(6)
"""The columns of random numbers, in order."""
Image = npt.NDArray[np.float32]


def spot(x: float, y: float) -> Image:
    """A soft spot at (x, y) from the middle, y downward."""
    places = np.arange(SIDE) - SIDE // 2
    across, down = np.meshgrid(places, places)
    return np.exp(-((across - x) ** 2 + (down - y) ** 2) / 4).astype(np.float32)


def augmented(image: Image, column: int, limits: tuple[float, ...]) -> Image:
    """`image` with 1 as the random number of one column, and 0 for all others."""
    import tensorflow as tf

    from core.training.augment import RANDOM_COLUMNS, augment

    uniform = np.zeros((1, RANDOM_COLUMNS), np.float32)
    uniform[:, column] = 1
    result = augment(tf.constant(image[None]), tf.constant(uniform), tf.constant(limits))
    return np.asarray(result)[0]


def centre(image: Image) -> tuple[float, float]:
    places = np.arange(SIDE) - SIDE // 2
    total = image.sum()
    return float(image.sum(axis=0) @ places / total), float(image.sum(axis=1) @ places / total)


def test_limits_of_zero_change_nothing() -> None:
    image = spot(6, 2)
    for column in range(7):
        assert augmented(image, column, (0.0,) * 5) == pytest.approx(image, abs=1e-6)


@pytest.mark.parametrize(
    ("column", "limits", "moved"),
    [
        (SHIFT_X, (2.0, 0, 0, 0, 0), (4, 0)),
        (SHIFT_Y, (2.0, 0, 0, 0, 0), (6, -2)),
        (ROTATE, (0, 30.0, 0, 0, 0), (6 * np.cos(np.pi / 6), 3)),
        (WIDE, (0, 0, 0.5, 0, 0), (4, 0)),
        (HIGH, (0, 0, 0.5, 0, 0), (6, 0)),
        (SHEAR, (0, 0, 0, 0.3, 0), (6, 0)),
    ],
)
def test_a_spot_moves_by_the_limit(
    column: int, limits: tuple[float, ...], moved: tuple[float, float]
) -> None:
    assert centre(augmented(spot(6, 0), column, limits)) == pytest.approx(moved, abs=0.15)


def test_a_shear_moves_what_is_above_and_below() -> None:
    assert centre(augmented(spot(0, 6), SHEAR, (0, 0, 0, 0.3, 0))) == pytest.approx(
        (-1.8, 6), abs=0.15
    )


def test_an_elastic_field_moves_no_further_than_its_limit() -> None:
    image = spot(0, 0)
    for column in range(7, 39):
        x, y = centre(augmented(image, column, (0, 0, 0, 0, 3.0)))
        assert np.hypot(x, y) < 3
    assert np.abs(augmented(image, 12, (0, 0, 0, 0, 3.0)) - image).max() > 0.05
