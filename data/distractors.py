"""Distractors: drawings that are not digits, training examples of the reject class.

Letters and shapes that resemble a digit (O, I, l, S, Z, B, b, g, q, a circle, ...) are left out:
classifying them as one is not an error.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from data.dataset import Images
from data.pen import SIZE, Floats, PenPaths, WritingStyle, render, sample_paths
from data.templates import StrokeTemplate, parse_template

SPLINES = ("spline",)
"""Random curves."""

_SHAPES = {
    "triangle": "9,0* 0,17* 19,17* 9,0",
    "wedge": "0,0* 18,0* 9,16* 0,0",
    "square": "0,0* 0,18* 18,18* 18,0* 0,0",
    "crossed square": "0,0* 0,18* 18,18* 18,0* 0,0 / 0,0 18,18 / 18,0 0,18",
    "diamond": "9,0* 0,10* 9,20* 18,10* 9,0",
    "star": "4,20* 10,0* 16,20* 0,7.5* 20,7.5* 4,20",
    "rays": "10,0 10,20 / 0,10 20,10 / 3,3 17,17 / 17,3 3,17",
    "spiral": "10,10 12,9 12,12 8,13 7,8 11,5 16,8 16,14 10,18 3,15 2,7 8,1 17,2 21,9",
    "coil": "0,14 4,4 8,10 4,16 3,8 8,3 13,10 8,16 8,8 13,3 18,10 13,16 13,8 18,3 23,12",
    "zigzag": "0,12* 4,4* 8,14* 12,4* 16,14* 20,4* 24,12",
    "steps": "0,20* 0,14* 6,14* 6,8* 12,8* 12,2* 18,2",
    "wave": "0,6 3,3 6,6 9,9 12,6 15,3 18,6 21,9 24,6",
    "two waves": "0,3 4,0 8,3 12,6 16,3 20,0 / 0,11 4,8 8,11 12,14 16,11 20,8",
    "arrow right": "0,8 20,8 / 13,1 20,8* 13,15",
    "arrow left": "0,8 20,8 / 7,1 0,8* 7,15",
    "arrow both": "0,8 22,8 / 5,3 0,8* 5,13 / 17,3 22,8* 17,13",
    "heart": "9,5* 6,0 1,1 0,6 3,11 9,18* 15,11 18,6 17,1 12,0 9,5",
    "crown": "0,16* 0,2* 5,9* 10,0* 15,9* 20,2* 20,16* 0,16",
    "house": "0,20* 0,9* 9,0* 18,9* 18,20* 0,20",
    "cup": "0,0 1,10 5,14 10,14 14,10 15,0 / 15,3 19,4 19,9 14,10 / 0,0 15,0",
    "fence": "0,0 0,18 / 6,0 6,18 / 12,0 12,18 / 18,0 18,18",
    "grid": "0,6 18,6 / 0,12 18,12 / 6,0 6,18 / 12,0 12,18",
    "three dots": "0,8 1.5,8* 0,8 / 8,8 9.5,8* 8,8 / 16,8 17.5,8* 16,8",
    "five dots": "0,0 1,0* 0,0 / 14,0 15,0* 14,0 / 7,8 8,8* 7,8 / 0,16 1,16* 0,16 / 14,16 15,16",
    "face": "4,3 4,6 / 13,3 13,6 / 0,11 4,16 9,17 14,16 18,11",
    "fish": "18,0* 10,8 4,10 0,6 4,2 10,4 18,12* 18,0",
    "leaf": "0,16 2,6 8,1 17,0* 16,9 11,15 1,16* 10,7",
    "tree": "8,20 8,0 / 0,8 8,1* 16,8 / 0,15 8,8* 16,15",
    "bow": "0,0* 0,14* 20,0* 20,14* 0,0",
}
_SYMBOLS = {
    "A": "0,20 8,0* 16,20 / 3,13 13,13",
    "E": "12,0 0,0* 0,20* 12,20 / 0,10 10,10",
    "F": "12,0 0,0* 0,20 / 0,10 9,10",
    "H": "0,0 0,20 / 14,0 14,20 / 0,10 14,10",
    "K": "0,0 0,20 / 12,0 0,11* 12,20",
    "M": "0,20 2,0* 9,13* 16,0* 18,20",
    "N": "0,20 0,0* 14,20* 14,0",
    "P": "0,20 0,0* 8,0 12,5 8,10 0,10",
    "R": "0,20 0,0* 8,0 12,5 8,10 1,10* 13,20",
    "T": "0,0 16,0 / 8,0 8,20",
    "W": "0,0 5,20* 10,4* 15,20* 20,0",
    "X": "0,0 14,20 / 14,0 0,20",
    "Y": "0,0 7,10 / 14,0 7,10* 7,20",
    "k": "0,0 0,20 / 9,8 1,14* 9,20",
    "m": "0,6 0,18* 1,9 4,6 7,9 7,18* 8,9 11,6 14,9 14,18",
    "w": "0,4 1,13 4,16 8,12* 8,5* 8,13 12,16 16,12 17,4",
    "æ": "1,7 5,5 8,8 8,17* 3,18 0,15 3,12 8,12 15,11 15,7 11,5 8,9 9,16 13,18 17,15",
    "&": "16,18 4,5 6,0 10,1 10,5 2,11 1,16 5,20 10,18 15,11",
    "@": "13,7 9,5 5,9 6,13 10,13 13,7* 13,13 17,12 18,7 13,1 6,1 1,6 1,14 6,19 14,18",
    "?": "0,5 2,1 7,0 11,3 10,7 6,10 6,14 / 6,19 6.5,20* 6,19",
    "#": "6,0 3,20 / 13,0 10,20 / 0,6 16,6 / 0,14 16,14",
    "+": "8,0 8,16 / 0,8 16,8",
    "=": "0,0 16,0 / 0,7 16,7",
    "%": "16,0 0,20 / 3,1 1,4 4,7 6,4 3,1 / 13,13 10,16 13,20 16,16 13,13",
    "*": "8,0 8,16 / 1,4 15,12 / 15,4 1,12",
    "<": "14,0 0,9* 14,18",
    ">": "0,0 14,9* 0,18",
    "!": "2,0 2,13 / 2,18.5 2,20* 2,18.5",
    "÷": "0,9 18,9 / 9,2 9,3* 9,2 / 9,15 9,16* 9,15",
    "≠": "0,4 16,4 / 0,11 16,11 / 12,-2 4,17",
    "Ψ": "0,1 1,8 8,12 15,8 16,1 / 8,0 8,20",
    "Ж": "9,0 9,20 / 0,0 9,10* 0,20 / 18,0 9,10* 18,20",
    "Ш": "0,0 0,18* 18,18* 18,0 / 9,0 9,18",
    "ム": "7,0 0,15* 14,14 / 10,9 16,19",
    "木": "0,6 18,6 / 9,0 9,20 / 9,6 6,12 0,17 / 9,6 12,12 18,17",
    "大": "0,6 18,6 / 9,0 8,10 0,20 / 9,7 12,14 18,20",
}
SHAPES = tuple(_SHAPES)
SYMBOLS = tuple(_SYMBOLS)
KINDS = (*SPLINES, *SHAPES, *SYMBOLS)
"""All kinds; leave some out of training to measure how a network handles unseen ones."""

STYLE = WritingStyle(slant=0.08, slant_deviation=0.2, rotation=8.0)

_CHUNK = 64


def draw_distractors(
    n: int,
    seed: int | Sequence[int],
    variation: float = 1.0,
    kinds: Iterable[str] = KINDS,
) -> Images:
    """Draw ``n`` distractors, rendered as the digits are, shuffled.

    Splines, shapes and symbols are equally frequent, if ``kinds`` has them, and so are all kinds
    within each of the three.

    Returns:
        Images, uint8 ``[n, 28, 28]``.

    Raises:
        ValueError: ``n`` or ``variation`` is negative, or ``kinds`` is empty or has an unknown one.
    """
    requested = tuple(kinds)
    if n < 0 or not variation >= 0 or not requested or not set(requested) <= set(KINDS):
        raise ValueError(f"cannot draw {n} distractors of {requested} with variation {variation}")
    rng = np.random.default_rng(seed)
    style = STYLE.scaled(variation)
    images = np.empty((n, SIZE, SIZE), np.uint8)
    for kind, positions in _assign_kinds(rng.permutation(n), requested, rng):
        for at in range(0, len(positions), _CHUNK):
            batch = positions[at : at + _CHUNK]
            images[batch] = render(_ink(kind, len(batch), rng, style), rng, style)
    return images


def _assign_kinds(
    positions: npt.NDArray[np.int64], kinds: tuple[str, ...], rng: np.random.Generator
) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Assign the positions to the kinds at random, the three families equally often."""
    families = [[kind for kind in kinds if kind in family] for family in (SPLINES, SHAPES, SYMBOLS)]
    present = [family for family in families if family]
    weights = np.concatenate([np.full(len(f), 1 / len(f) / len(present)) for f in present])
    counts = rng.multinomial(len(positions), weights / weights.sum())
    flat = [kind for family in present for kind in family]
    yield from zip(flat, np.split(positions, np.cumsum(counts)[:-1]), strict=True)


def _ink(kind: str, n: int, rng: np.random.Generator, style: WritingStyle) -> PenPaths:
    if kind not in SPLINES:
        return sample_paths(_template(kind), n, rng, style)
    strokes = int(rng.integers(1, 4))
    template = _spline_template(strokes, int(rng.integers(3, 6)) + (4 if strokes == 1 else 0))
    controls: Floats = rng.random((n, len(template.control_points), 2), dtype=np.float32)
    return sample_paths(template, n, rng, style, controls)


@cache
def _template(kind: str) -> StrokeTemplate:
    return parse_template(_SHAPES.get(kind) or _SYMBOLS[kind])


@cache
def _spline_template(strokes: int, points: int) -> StrokeTemplate:
    """A template for random control points, spaced about as far apart as those are."""
    numbers = np.arange(strokes * points)
    return StrokeTemplate(
        control_points=tuple((0.75 * number, 0.0) for number in numbers.tolist()),
        strokes=tuple((tuple(stroke.tolist()),) for stroke in np.split(numbers, strokes)),
    )
