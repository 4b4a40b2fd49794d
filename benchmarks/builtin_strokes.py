"""Draw single strokes that are no digit, for the recipe of the built-in weights.

A straight line is a 1 as far as it leans as a 1 does. Of MNIST's 6,179 training digits 1 one in 180
leans to the left by more than 20 degrees and one in 260 to the right by more than 45; of the 520
of the twenty writers of `benchmarks/pen_writers.py` one and one. Lines that lean further are no
digit. A comma is drawn as a 9 is, an opening quotation mark as a 6, with a head of less than a
quarter of the height, filled or open: with larger ones, 9s with a small head were refused.
"""

from collections.abc import Iterator

import numpy as np

LEANS_BACK = (20.0, 80.0)
"""Degrees to the left of upright; further is a dash."""
LEANS_FORWARD = (46.0, 80.0)
"""Degrees to the right."""
HEAD = (0.06, 0.11)
"""Radius of a comma's head, in heights of the drawing."""
_POINTS = 26
Drawing = list[np.ndarray]


def draw_lines(n: int, rng: np.random.Generator) -> Iterator[Drawing]:
    """Yield straight lines, two thirds leaning to the left and one to the right."""
    for _ in range(n):
        back = rng.random() < 2 / 3
        degrees = rng.uniform(*LEANS_BACK) if back else -rng.uniform(*LEANS_FORWARD)
        part = np.linspace(-0.5, 0.5, _POINTS)
        bend = rng.normal(0, 0.03) * (1 - 4 * part**2) + rng.normal(0, 0.008, _POINTS)
        yield [_turned(np.stack([bend, part], axis=1), degrees)]


def draw_commas(n: int, rng: np.random.Generator) -> Iterator[Drawing]:
    """Yield commas and quotation marks, a third of them double."""
    for _ in range(n):
        mark = _comma(rng)
        if rng.random() < 0.5:
            mark = [-stroke for stroke in mark]
        if rng.random() < 0.25:
            mark = [stroke * [-1, 1] for stroke in mark]
        if rng.random() < 1 / 3:
            offset = [rng.uniform(0.4, 0.7), rng.normal(0, 0.03)]
            mark += [stroke + offset for stroke in mark]
        yield mark


def _comma(rng: np.random.Generator) -> Drawing:
    """A head, and a tail from its right that ends below it on the left."""
    radius = rng.uniform(*HEAD)
    turns = rng.choice([1.0, 1.0, 2.5])
    angle = np.linspace(0, -2 * np.pi * turns, round(turns * 12))
    # A pen fills a head from its middle outwards, or draws it as a ring.
    reach = radius * np.linspace(0.2, 1, len(angle)) if turns > 1 else np.full(len(angle), radius)
    wide, high = np.exp(rng.normal(0, 0.15, 2))
    head = np.stack([wide * reach * np.cos(angle), high * reach * np.sin(angle)], axis=1)
    start = head[-1]
    end = np.array([rng.uniform(-0.4, 0.05), 1 - radius])
    bulge = np.array([rng.uniform(0.0, 0.3), rng.uniform(0.1, 0.5)])
    part = np.linspace(0, 1, 18)[:, None]
    tail = (1 - part) ** 2 * start + 2 * part * (1 - part) * (start + bulge) + part**2 * end
    joined = np.concatenate([head, tail[1:]])
    return [_turned(joined if rng.random() < 0.7 else joined[::-1], rng.normal(0, 8))]


def _turned(stroke: np.ndarray, degrees: float) -> np.ndarray:
    """The stroke with its upper end moved to the left."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned: np.ndarray = stroke @ turn
    return turned
