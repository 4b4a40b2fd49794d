"""Change the strokes of a letter as hands and type do: serifs, corners, shaded lines, joins.

Strokes are arrays ``[n, 2]`` in heights of the drawing, y downward.
"""

from collections.abc import Callable, Sequence

import numpy as np

Stroke = np.ndarray
Generator = np.random.Generator


def restyled(strokes: Sequence[Stroke], rng: Generator) -> list[Stroke]:
    """The strokes unchanged (half of the time), or in one of the styles below."""
    drawing = list(strokes)
    return drawing if rng.random() < 0.5 else _STYLES[int(rng.integers(len(_STYLES)))](drawing, rng)


def _with_serifs(strokes: list[Stroke], rng: Generator) -> list[Stroke]:
    """Short level lines at some ends of the strokes."""
    serifs = []
    for stroke in strokes:
        for end in (stroke[0], stroke[-1]):
            if rng.random() < 0.5:
                left, right = rng.uniform(0.04, 0.16, 2)
                level = np.linspace(-left, right, 6)
                serifs.append(end + np.stack([level, np.zeros(6)], axis=1))
    return strokes + serifs


def _angular(strokes: list[Stroke], rng: Generator) -> list[Stroke]:
    """Straight lines between points of the strokes, a sixth to a third of a height apart."""
    changed = []
    for stroke in strokes:
        length = float(np.hypot(*np.diff(stroke, axis=0).T).sum())
        corners = max(2, 1 + round(length / rng.uniform(0.16, 0.34)))
        at = np.linspace(0, len(stroke) - 1, corners).round().astype(int)
        place = np.arange(len(stroke))
        changed.append(np.stack([np.interp(place, at, stroke[at, i]) for i in (0, 1)], axis=1))
    return changed


def _shaded(strokes: list[Stroke], rng: Generator) -> list[Stroke]:
    """The longest stroke doubled in its middle, as a broad nib writes it."""
    longest = max(strokes, key=len)
    part = np.linspace(0, 1, len(longest))[:, None]
    away = rng.uniform(0.03, 0.09) * np.sin(np.pi * part) * [1.0, rng.normal(0, 0.3)]
    return [*strokes, longest + away]


def _joined(strokes: list[Stroke], rng: Generator) -> list[Stroke]:
    """An upstroke to where the pen begins, or one from where it ends, or both."""
    changed = list(strokes)
    way = np.linspace(0, 1, 8)[:, None]
    which = int(rng.integers(3))
    if which != 1:
        begin = changed[0][0]
        start = begin + np.array([-rng.uniform(0.15, 0.4), rng.uniform(0.1, 0.6)])
        bent = start + way * (begin - start) + way * (1 - way) * rng.uniform(0, 0.4, 2)
        changed[0] = np.concatenate([bent[:-1], changed[0]])
    if which != 0:
        last = changed[-1][-1]
        end = last + np.array([rng.uniform(0.15, 0.4), -rng.uniform(0.05, 0.35)])
        bent = last + way * (end - last) + way * (1 - way) * rng.uniform(0, 0.4, 2)
        changed[-1] = np.concatenate([changed[-1], bent[1:]])
    return changed


_STYLES: tuple[Callable[[list[Stroke], Generator], list[Stroke]], ...] = (
    _with_serifs,
    _angular,
    _shaded,
    _joined,
)
