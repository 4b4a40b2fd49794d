"""Images that are shifted, turned, thickened, thinned and noisy."""

import numpy as np
import pytest

from data.distortion import Distortion


def a_stroke() -> np.ndarray:
    images = np.zeros((1, 28, 28), np.float32)
    images[0, 6:22, 13:15] = 1
    return images


def test_nothing_changes_without_a_step() -> None:
    images = a_stroke()
    assert Distortion().apply(images) is images
    assert Distortion().describe() == ""


def test_a_shift_is_whole_pixels_and_leaves_paper() -> None:
    shifted = Distortion(right=3, down=-2).apply(a_stroke())
    np.testing.assert_allclose(shifted[0, 4:20, 16:18], 1)
    assert shifted.sum() == pytest.approx(32)
    assert Distortion(right=14, down=14).apply(a_stroke())[0, :, :14].max() == 0


def test_nine_steps_are_a_quarter_turn_clockwise() -> None:
    images = a_stroke()
    images[0, 6, 13:20] = 1  # a flag at the top right, which comes to the bottom right
    turned = Distortion(turn=9).apply(images)[0]
    np.testing.assert_allclose(turned, np.rot90(images[0], -1), atol=1e-5)


def test_strokes_gain_and_lose_ink() -> None:
    ink = [Distortion(weight=weight).apply(a_stroke()).sum() for weight in range(-2, 3)]
    assert ink == sorted(ink)
    assert ink[2] == 32
    assert ink[3] - ink[2] == pytest.approx(18)  # half a pixel all around: 16 + 16 + 2 + 2, halved
    assert len(set(ink)) == 5


def test_noise_is_the_same_each_time_and_within_0_and_1() -> None:
    noisy = Distortion(noise=5).apply(a_stroke())
    np.testing.assert_array_equal(noisy, Distortion(noise=5).apply(a_stroke()))
    assert noisy.min() == 0
    assert noisy.max() == 1
    assert 0.1 < np.abs(noisy - a_stroke()).mean() < 0.4


def test_steps_add_up_within_the_limits_and_are_said() -> None:
    distortion = Distortion().changed(right=2).changed(right=1, noise=-1, turn=-3).changed(weight=1)
    assert distortion == Distortion(right=3, turn=-3, weight=1)
    assert distortion.describe() == "3 right, turned -30°, thicker by 0.5"
    for _ in range(50):
        distortion = distortion.changed(right=-1, noise=1, weight=-1, turn=1)
    assert distortion == Distortion(right=-14, noise=10, weight=-4, turn=18)
