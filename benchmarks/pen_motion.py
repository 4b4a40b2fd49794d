"""Vary strokes as a hand and a terminal do: speed, hooks, gaps, lifted pens, cells, lost reports.

Strokes are arrays ``[n, 2]`` in heights of the drawing, y downward, about 26 points to a height, as
`data.drawn.draw_strokes` gives them.
"""

from collections.abc import Sequence

import numpy as np

Stroke = np.ndarray
Generator = np.random.Generator


def moved_by_hand(strokes: Sequence[Stroke], rng: Generator) -> list[Stroke]:
    """The strokes of a drawing as a hand in a hurry, or without practice, makes them."""
    strokes = [np.asarray(stroke, np.float64) for stroke in strokes]
    if len(strokes) > 1:
        strokes = [stroke + rng.normal(0, 0.025, 2) for stroke in strokes]
        if rng.random() < 0.06:
            strokes = _joined(strokes)
    if rng.random() < 0.5:
        strokes = [_with_other_ends(stroke, rng) for stroke in strokes]
    if rng.random() < 0.35:
        width = rng.uniform(0.3, 2.2)
        strokes = [_rounded(stroke, width) for stroke in strokes]
    if rng.random() < 0.25:
        strokes = [_hooked(stroke, rng) for stroke in strokes]
    if rng.random() < 0.06:
        strokes = _lifted(strokes, rng)
    if rng.random() < 0.04:
        strokes = _retraced(strokes, rng)
    if rng.random() < 0.01:
        strokes = [*strokes, _stray_dot(strokes, rng)]
    if rng.random() < 0.5:
        strokes = [_at_speed(stroke, rng) for stroke in strokes]
    return strokes


def _joined(strokes: list[Stroke]) -> list[Stroke]:
    """Two strokes in one: the pen was not lifted."""
    return [np.concatenate(strokes[:2]), *strokes[2:]]


def _with_other_ends(stroke: Stroke, rng: Generator) -> Stroke:
    """Start and end a little earlier or later, so that loops stay open or overlap."""
    count = len(stroke)
    most = max(1, int(0.1 * count))
    for _ in range(2):
        change = round(rng.normal(0, 0.5) * most)
        if 0 < change < len(stroke) - 3:
            stroke = stroke[:-change]
        elif change < 0 and len(stroke) > 3:
            step = (stroke[-1] - stroke[-4]) / 3
            further = np.arange(1, -change + 1)[:, None]
            turn = rng.normal(0, 0.05) * further**2 * np.array([-step[1], step[0]])
            stroke = np.concatenate([stroke, stroke[-1] + further * step + turn])
        stroke = stroke[::-1]
    return stroke


def _rounded(stroke: Stroke, width: float) -> Stroke:
    """Corners cut and loops made smaller: a Gaussian of this many points along the way."""
    if len(stroke) < 5:
        return stroke
    reach = int(3 * width) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    kernel /= kernel.sum()
    # Mirrored about the ends, which stay where they are.
    index = np.arange(-reach, len(stroke) + reach)
    inside = np.abs(index)
    last = len(stroke) - 1
    inside = np.where(inside > last, np.maximum(2 * last - inside, 0), inside)
    padded = stroke[inside]
    before, after = index < 0, index > last
    padded[before] = 2 * stroke[0] - padded[before]
    padded[after] = 2 * stroke[-1] - padded[after]
    return np.stack([np.convolve(padded[:, i], kernel, "valid") for i in (0, 1)], axis=1)


def _hooked(stroke: Stroke, rng: Generator) -> Stroke:
    """A short hook where the pen lands or leaves."""
    if len(stroke) < 6:
        return stroke
    at_start = rng.random() < 0.5
    way = stroke[::-1] if at_start else stroke
    step = way[-1] - way[-4]
    step = step / max(np.hypot(*step), 1e-6) * rng.uniform(0.03, 0.11)
    angle = np.radians(rng.choice([-1, 1]) * rng.uniform(80, 175))
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ step
    way = np.concatenate([way, way[-1] + np.linspace(0.34, 1, 3)[:, None] * turned])
    return way[::-1] if at_start else way


def _lifted(strokes: list[Stroke], rng: Generator) -> list[Stroke]:
    """One stroke in two, with a small gap: the pen was lifted, or skipped."""
    which = int(np.argmax([len(stroke) for stroke in strokes]))
    stroke = strokes[which]
    at = int(rng.uniform(0.2, 0.8) * len(stroke))
    gap = int(rng.integers(1, 3))
    parts = [stroke[:at], stroke[at + gap :] + rng.normal(0, 0.015, 2)]
    return [*strokes[:which], *(part for part in parts if len(part)), *strokes[which + 1 :]]


def _retraced(strokes: list[Stroke], rng: Generator) -> list[Stroke]:
    """A part of a stroke drawn a second time, not quite on the first."""
    stroke = strokes[int(rng.integers(len(strokes)))]
    length = max(3, int(rng.uniform(0.2, 0.6) * len(stroke)))
    start = int(rng.integers(max(1, len(stroke) - length)))
    return [*strokes, stroke[start : start + length] + rng.normal(0, 0.02, 2)]


def _stray_dot(strokes: list[Stroke], rng: Generator) -> Stroke:
    """A touch of the pen beside the drawing."""
    points = np.concatenate(strokes)
    place = points.min(axis=0) + rng.uniform(-0.3, 1.3, 2) * np.ptp(points, axis=0)
    return place + rng.normal(0, 0.01, (3, 2))


def _at_speed(stroke: Stroke, rng: Generator) -> Stroke:
    """Fewer points, as a fast pen leaves them."""
    if len(stroke) < 8:
        return stroke
    step = int(rng.integers(2, 5))
    kept = np.arange(0, len(stroke), step)
    return stroke[np.append(kept, len(stroke) - 1)] if kept[-1] != len(stroke) - 1 else stroke[kept]


# -- the terminal ----------------------------------------------------------------------------------


def on_a_pad(strokes: Sequence[Stroke], rng: Generator) -> list[Stroke]:
    """The strokes as they are (four in ten), or as the cells that a terminal's mouse reports.

    The drawing is 5 to 26 rows high; of the reports of some all but each second to fourth are lost.
    """
    strokes = [np.asarray(stroke, np.float64) for stroke in strokes]
    if rng.random() < 0.4:
        return strokes
    points = np.concatenate(strokes)
    rows = np.exp(rng.uniform(np.log(5), np.log(26)))
    row = np.ptp(points, axis=0).max() / rows
    cell = np.array([row / 2, row])
    offset = rng.random(2) * cell
    every = int(rng.choice([1, 2, 3, 4], p=[0.6, 0.2, 0.08, 0.12]))
    if rows < 8:
        every = min(every, 2)
    return [_reports(_dense(stroke, row / 4), cell, offset, every) for stroke in strokes]


def _dense(stroke: Stroke, spacing: float) -> Stroke:
    """Points on the straight lines between those given, at most this far apart."""
    steps = np.hypot(*np.diff(stroke, axis=0).T)
    place = np.concatenate([[0.0], np.cumsum(steps)])
    if place[-1] <= 0:
        return stroke
    at = np.linspace(0, place[-1], max(2, int(place[-1] / spacing) + 2))
    return np.stack([np.interp(at, place, stroke[:, i]) for i in (0, 1)], axis=1)


def _reports(stroke: Stroke, cell: np.ndarray, offset: np.ndarray, every: int) -> Stroke:
    """The middles of the cells that the pen enters; the first and the last are never lost."""
    way = np.floor((stroke + offset) / cell)
    entered = np.concatenate([[True], np.any(way[1:] != way[:-1], axis=1)])
    reports = way[entered]
    arrived = np.arange(len(reports)) % every == 0
    arrived[-1] = True
    return (reports[arrived] + 0.5) * cell
