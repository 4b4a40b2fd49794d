"""What is no digit, for the recipe of the built-in weights, besides `data.distractors`.

Letters and signs of several alphabets, digits turned or mirrored into what is no digit, beginnings
of digits, two digits side by side, and random signs of lines and arcs. What cannot be distinguished
from a digit (O, I, l, S, Z, B, b, g, q, /, |, ...) is left out. The notation is that of
`data.templates`. No form comes from a stroke font: those measure unseen kinds
(`benchmarks/stroke_font.py`).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.builtin_signs import shapes
from benchmarks.builtin_strokes import draw_commas, draw_lines
from benchmarks.letter_styles import restyled
from data.distractors import STYLE
from data.drawn import STYLES, draw_strokes
from data.pen import sample_paths
from data.templates import StrokeTemplate, digit_templates, parse_templates

LETTERS = """
    12,3 8,0 3,2 0,10 3,18 8,20 12,17
    11,4 6,1 1,5 1,12 6,16 11,13
    0,0* 0,20* 6,20 12,14 12,6 6,0 0,0
    0,0 0,20 / 0,0 8,1 12,7 11,15 6,20 0,20
    12,3 7,0 1,5 0,13 5,20 11,18 12,12* 7,12
    12,4 7,0 1,5 1,15 6,20 12,17 12,11 / 8,11 14,11
    9,0 9,15 6,20 2,19 0,15
    3,0 14,0 / 9,0 9,15 5,20 0,17
    0,0 0,20* 11,20
    3,0 1,20* 12,19
    7,0 1,5 1,14 7,19 13,14 13,5 7,0 / 8,14 15,21
    0,0 0,13 5,20 11,17 13,12 13,0
    0,0 1,13 5,19 10,15 12,0* 12,15 15,20
    0,0 7,20* 14,0
    0,0 6,16* 12,0
    10,6 4,6 0,12 2,18 8,18 11,8* 11,18 13,20
    1,3 6,0 10,3 10,20 / 10,8 3,9 0,14 3,20 10,16
    10,2 5,0 0,6 1,14 6,16 10,11 10,1* 10,14 13,17
    11,10 5,8 0,13 3,20 10,18 / 11,0 11,20
    10,9 4,8 0,14 4,20 10,16 12,0* 11,16 14,20
    1,10 12,9 9,1 4,1 0,9 3,18 11,17
    0,11 8,8 7,1 2,3 1,13 6,20 13,16
    10,2 7,0 4,4 4,20 / 0,8 9,8
    2,12 9,4 7,0 5,4 5,18 3,22 1,19 8,12
    0,0 0,20 / 0,12 5,8 9,11 9,20
    0,14 6,6 6,1 3,2 2,20* 4,12 8,10 9,18 12,19
    0,2 0,20 / 0,8 6,1 11,6 11,20
    0,4 2,2 2,18* 4,6 9,2 11,8 11,17 14,18
    2,6 2,20 / 2,0 2.4,0.6* 2,0
    0,10 4,6* 4,17 7,20 10,15 / 4,0 4.4,0.5* 4,0
    6,5 6,18 3,22 0,20 / 6,0 6.4,.5* 6,0
    0,0 0,20 / 0,3 6,0 11,4 8,10 0,9
    0,8 4,2* 2,22* 4,5 9,3 10,9 4,11
    0,3 0,20 / 0,9 3,4 8,3
    0,8 4,2* 7,5* 6,16 9,19 12,15
    5,0 5,16 8,20 12,18 / 0,6 11,6
    5,0 5,20 / 0,6 10,6
    0,12 6,2* 5,16 9,20 13,14 / 1,7 12,6
    0,0 0,10 4,16 10,12* 11,0* 11,14 14,17
    0,0 12,14 / 12,0 0,14
    0,2 4,0 8,14 12,13 / 12,0 0,14
    0,0 6,10 / 13,0 2,20
    0,0 5,11 / 12,0 6,14 3,20 -1,20
    10,0 2,9 2,15* / 10,0 12,20 / 4,11 11,11
    0,16 8,0 12,20 / 3,10 13,9
    9,0 0,3* 8,10* 0,18* 10,20
    0,20 5,2* 9,20* 14,2* 17,20
    0,17 2,5* 6,15* 10,5* 13,15* 17,3
    14,2 8,14 3,15 0,9 3,3 8,5 12,15 15,13
    0,0 5,2 8,10 5,20 3,16 8,9 14,0
    0,0 4,1 12,20 / 6,8 0,20
    0,0 0,20 / 0,12 4,16 9,12* 10,0* 10,13 13,15
    0,3 15,3 / 4,3 3,20 / 11,3 12,20
    0,4 3,1 17,1 / 6,2 5,17 / 12,2 12,15 15,17
    12,0 0,0* 8,10* 0,20* 13,20
    0,20 5,20* 1,12 2,4 8,0 14,4 15,12 11,20* 16,20
    7,0 7,20 / 7,4 0,10 7,16 14,10 7,4
    0,20 0,0* 11,0
    0,20 7,0* 14,20
    0,0 14,0 / 2,9 12,9 / 0,18 14,18
    10,3 5,0 1,3 4,8* 0,12 3,18 10,17
    0,0 0,20* 13,0* 13,20
    0,0 0,18* 14,18 / 13,0 13,18* 14,18* 16,22
    0,0 0,20 / 0,10 6,10 / 10,0 6,6 6,14 10,20 15,14 15,6 10,0
    12,0 4,0 1,5 4,10 12,10 / 12,0* 12,20 / 8,10 0,20
    0,18 3,16 6,0* 13,0* 13,18 / -1,22 -1,18* 16,18* 16,22
    """
SIGNS = """
    5,0 1,5 0,10 1,15 5,20
    0,0 4,5 5,10 4,15 0,20
    5,0 0,0* 0,20* 5,20
    0,0 5,0* 5,20* 0,20
    6,0 3,2 3,8 0,10* 3,12 3,18 6,20
    0,0 3,2 3,8 6,10* 3,12 3,18 0,20
    0,0 12,0
    0,1 6,0 14,1
    0,4 4,0 9,4 14,0
    0,8 6,0* 12,8
    0,0 6,8* 12,0
    11,4 6,1 1,4 5,9 10,12 10,17 5,19 0,16 / 6,-1 6,21
    13,3 8,0 3,4 3,16 8,20 13,17 / 0,8 9,8 / 0,12 8,12
    11,3 7,0 4,4 5,12 1,20* 12,19 / 1,10 9,10
    2,2 2.5,2.5* 2,2 / 2,16 2.5,16.5* 2,16
    4,2 4.5,2.5* 4,2 / 4,14 5,15 2,20
    2,0 3,3 0,8
    0,0 0,8 / 6,0 6,8
    0,0 1,18 / 7,0 8,18
    0,10 3,9 6,20* 12,0* 20,0
    0,10 5,16* 14,0
    8,8 4,4 0,8 4,12 12,4 17,8 12,12 8,8
    8,0 5,1 5,18 2,20
    11,2 8,0 6,4 5,16 3,20 0,18
    0,0 14,0* 14,7
    12,2 4,2 0,8 4,14 12,14 / 1,8 11,8
    0,12 1,4 7,0 13,4 14,12
    0,0 1,8 7,12 13,8 14,0
    8,0 1,4 0,12 6,19 14,15 16,6 8,0 / 8,6 5,9 8,13 11,10 8,6
    8,0 1,4 0,12 6,19 14,15 16,6 8,0 / 8,9 8.6,9.6* 8,9
    8,0 1,4 0,12 6,19 14,15 16,6 8,0 / 8,0 8,19 / 0,9 16,9
    0,0 16,0* 16,10* 0,10* 0,0
    0,0 16,0* 16,18* 0,18* 0,0 / 8,0 8,18 / 0,9 16,9
    8,0 8,20 / 0,4 16,4* 16,13* 0,13* 0,4
    0,0 0,20* 12,20* 12,0* 0,0 / 0,10 12,10
    8,0 8,18 5,16 / 2,7 0,13 / 13,6 16,13
    8,0 6,10 0,20 / 7,8 12,16 16,20
    8,0 8,18 / 0,6 0,18* 16,18* 16,6
    8,0 8,18 / 8,8 15,8 / 0,18 16,18
    0,0 14,0 / 7,0 7,18 / 0,18 14,18
    6,0 0,8 / 6,0 14,0 13,8 3,20
    0,0 14,0 8,10 / 4,6 10,16
    0,0 12,20 / 4,0 16,20
    0,0 6,6* 0,12 / 6,0 12,6* 6,12
    """
_TURNED = {"mirrored": (3, 4, 6, 7, 9), "upside down": (3, 4, 7), "left": (2, 3, 4, 5, 7)}
"""Digits that are none after this; those turned to the left are turned to the right too."""
_DIRECTIONS = {
    "mirrored": (-1, 0, 0, 1),
    "upside down": (1, 0, 0, -1),
    "left": (0, 1, -1, 0),
    "right": (0, -1, 1, 0),
}
_BEGUN = (0, 2, 3, 5, 7, 8, 9)
Drawing = list[np.ndarray]


def draw_rejects(n: int, seed: object, variation: float = 1.0) -> Iterator[Drawing]:
    """Yield about ``n`` drawings, as strokes, of all families below."""
    rng = np.random.default_rng(seed)
    yield from draw_shapes(n * 10 // 100, [*parse_templates(LETTERS + SIGNS)], rng, variation)
    for drawing in draw_shapes(n * 58 // 100, shapes(held_out=False), rng, variation):
        yield restyled(drawing, rng)
    yield from draw_lines(n * 4 // 100, rng)
    yield from draw_commas(n * 5 // 100, rng)
    yield from _turned(n * 7 // 100, rng, variation)
    yield from _begun(n * 5 // 100, rng)
    yield from _side_by_side(n * 5 // 100, rng)
    yield from (_random_sign(rng) for _ in range(n * 6 // 100))


def draw_shapes(
    n: int, templates: Sequence[StrokeTemplate], rng: np.random.Generator, variation: float = 1.0
) -> Iterator[Drawing]:
    """Yield at least ``n`` drawings of the templates, as many of each."""
    style = STYLE.scaled(variation)
    for template in templates:
        ink = sample_paths(template, -(-n // len(templates)), rng, style)
        yield from (_arrays(drawing) for drawing in ink.strokes())


def _arrays(drawing: list) -> Drawing:
    return [np.asarray(stroke, np.float64) for stroke in drawing]


def _turned(n: int, rng: np.random.Generator, variation: float) -> Iterator[Drawing]:
    """Digits mirrored, upside down, or turned by a quarter."""
    kinds = [(way, digit) for way, digits in _TURNED.items() for digit in digits]
    kinds += [("right", digit) for digit in _TURNED["left"]]
    for way, digit in kinds:
        templates = digit_templates(digit)
        matrix = np.array(_DIRECTIONS[way]).reshape(2, 2)
        for at in rng.integers(0, len(templates), 8):
            style = STYLES[digit].scaled(variation)
            ink = sample_paths(templates[at], -(-n // len(kinds) // 8), rng, style)
            yield from ([s @ matrix for s in _arrays(drawing)] for drawing in ink.strokes())


def _begun(n: int, rng: np.random.Generator) -> Iterator[Drawing]:
    """The first fifth to two fifths of a digit; what is as narrow as a 1 is left out."""
    strokes, labels = draw_strokes(2 * n, rng.integers(1 << 30).item())
    for drawing, label in zip(strokes, labels, strict=True):
        first = np.asarray(drawing[0])
        part = first[: max(4, int(rng.uniform(0.2, 0.42) * len(first)))]
        width, height = np.ptp(part, axis=0)
        if label in _BEGUN and width > 0.7 * height:
            yield [part]


def _side_by_side(n: int, rng: np.random.Generator) -> Iterator[Drawing]:
    """Two digits, or three, in one drawing."""
    strokes, _ = draw_strokes(3 * n, rng.integers(1 << 30).item())
    for i in range(n):
        drawing: Drawing = []
        left = 0.0
        for j in range(3 if rng.random() < 0.2 else 2):
            digit = _arrays(strokes[3 * i + j])
            points = np.concatenate(digit)
            shift = [left - points[:, 0].min(), rng.normal(0, 0.06)]
            drawing += [stroke + shift for stroke in digit]
            left += np.ptp(points[:, 0]) + rng.uniform(0.08, 0.5)
        yield drawing


def _random_sign(rng: np.random.Generator) -> Drawing:
    """Two to four lines or arcs between points of a grid, as the signs of a script have them."""
    grid = np.array([(x / 2.5, y / 3) for x in range(3) for y in range(4)])
    drawing: Drawing = []
    for _ in range(int(rng.integers(2, 5))):
        start, end = grid[rng.choice(12, 2, replace=False)] + rng.normal(0, 0.03, (2, 2))
        t = np.linspace(0, 1, 16)[:, None]
        across = np.array([start[1] - end[1], end[0] - start[0]])
        bulge = rng.choice([0.0, 0.0, rng.normal(0, 0.5)])
        drawing.append(start + t * (end - start) + 4 * t * (1 - t) * bulge * across)
    return drawing
