"""A digit that fills a square picture is classified in narrower shapes, too."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.network.builtin import builtin_network
from core.network.certainty import VIEWS
from core.network.classifier import Classifier
from data.ink_field import DistanceField
from data.ink_photo import Grey, find_digits, locate_digits
from data.pictures import locate_digits_in
from data.stretched import NARROWER, narrower_shapes
from data.templates import digit_templates
from tests.helpers.paper import FIVE, ZERO, paper

Strokes = list[np.ndarray]


def cut_out(strokes: Strokes, pen: float = 14.0) -> Image.Image:
    """Light ink that reaches all sides of a dark picture, 160 pixels high or wide without it."""
    points = np.concatenate(strokes)
    low = points.min(axis=0)
    scale = 160 / (points.max(axis=0) - low).max()
    columns, rows = (int(side) + 40 for side in (points.max(axis=0) - low) * scale)
    field = DistanceField(rows, columns)
    for stroke in strokes:
        field.add((stroke - low) * scale + 20, pen)
    picture = Image.fromarray(np.uint8(255 * field.ink()))
    return picture.crop(picture.getbbox())


def stretched(strokes: Strokes, width: int = 28, height: int = 28) -> Grey:
    """The same, scaled to these sides: 0 to 1."""
    picture = cut_out(strokes).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(picture, np.float32) / 255


def shapes_of(grey: Grey) -> tuple[Grey, ...]:
    return narrower_shapes(grey, locate_digits(grey).boxes[0])


def width_of(image: Grey) -> int:
    return int((image[0] > 0.3).any(axis=0).sum())


@pytest.mark.parametrize("side", [28, 64, 150])
@pytest.mark.parametrize("is_dark", [False, True])
def test_a_digit_that_fills_a_square_has_narrower_shapes(side: int, is_dark: bool) -> None:
    grey = stretched(ZERO, side, side)
    shapes = shapes_of(1 - grey if is_dark else grey)
    widths = [width_of(image) for image in (find_digits(grey), *shapes)]
    assert len(shapes) == len(NARROWER)
    assert widths[1:] == [pytest.approx(widths[0] * share, abs=2) for share in NARROWER]


@pytest.mark.parametrize(
    "grey",
    [
        paper([ZERO]),
        np.asarray(cut_out(FIVE), np.float32) / 255,
        stretched(ZERO, 20, 28),
        stretched(ZERO, 28, 20),
        np.pad(stretched(ZERO), 3),
    ],
    ids=["on paper", "narrow", "high", "wide", "with a margin"],
)
def test_other_digits_have_only_their_own_shape(grey: Grey) -> None:
    assert shapes_of(grey) == ()


def templates() -> Iterator[tuple[int, Strokes]]:
    for digit in range(10):
        for template in digit_templates(digit)[::3]:
            points = np.array(template.control_points)
            yield digit, [np.concatenate([points[[*p]] for p in s]) for s in template.strokes]


def test_stretched_digits_are_wrong_and_sure_less_often() -> None:
    classifier = Classifier(builtin_network(), "built-in")
    right, sure = np.zeros(2, int), np.zeros(2, int)
    for digit, strokes in templates():
        grey = stretched(strokes)
        image = find_digits(grey)
        for used, shapes in enumerate([(), shapes_of(grey)]):
            (found,) = classifier.predict_found(image, *shapes)
            right[used] += found.label == digit
            sure[used] += found.label != digit and not found.abstains
    assert right[1] >= right[0] > 60
    assert sure[1] < sure[0]


def test_classify_uses_them(tmp_path: Path) -> None:
    seen: list[int] = []

    class Sees:
        sizes = (784, 10)

        def probabilities(self, images: np.ndarray) -> np.ndarray:
            seen.append(len(images))
            return np.full((len(images), 10), 0.1, np.float32)

    Image.fromarray(np.uint8(255 * stretched(FIVE))).save(tmp_path / "5.png")
    digits = locate_digits_in(tmp_path / "5.png")
    Classifier(Sees(), "views").predict_found(digits.images, *digits.narrower)
    assert seen == [len(VIEWS) * (1 + len(NARROWER))]
