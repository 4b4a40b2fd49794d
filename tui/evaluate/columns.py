"""The figures of each class in columns: numbers, and bars and their course where there is room."""

import numpy as np

from core.run.metrics import Shares, mean_of_known
from tui.evaluate.report import Look
from tui.widgets.text_widget import Part, fit, right

BAR_PARTS, ASCII_BAR_PARTS = " ╸━", " #"
LEVELS, ASCII_LEVELS = "▁▂▃▄▅▆▇█", "_.-=+*%#"
NUMBER, SUPPORT, BAR = 6, 7, 12
PLAIN = 3 * NUMBER + SUPPORT
ROOMY = PLAIN + 2 * (BAR + 1)
LEAST_COURSE, MOST_COURSE = 10, 40


class FigureColumns:
    """Precision, recall, F1 and support of each class; what there is no room for is left out."""

    def __init__(self, look: Look, width: int, *, ascii_only: bool) -> None:
        self._look = look
        self._ascii = ascii_only
        self._shown = width >= PLAIN
        self._bars = width >= ROOMY
        left = width - ROOMY - 2
        self._course = min(MOST_COURSE, left) if left >= LEAST_COURSE else 0

    def head(self) -> list[Part]:
        """The names of the columns."""
        if not self._shown:
            return []
        first = (right("prec.", NUMBER), right("rec.", NUMBER))
        if self._bars:
            first = (fit(" precision", NUMBER + BAR + 1), fit(" recall", NUMBER + BAR + 1))
        course = fit("  F1 so far", 2 + self._course) if self._course else ""
        return [(f"{''.join(first)}{right('F1', NUMBER)}{right('images', SUPPORT)}{course}", "dim")]

    def row(self, row: int) -> list[Part]:
        """The figures of one class."""
        if not self._shown:
            return []
        figures = self._look.figures
        return [
            *self._share(figures.precision[row], "text"),
            *self._share(figures.recall[row], "text"),
            (right(ratio(figures.f1[row]), NUMBER), "text"),
            (right(f"{figures.support[row]:,}", SUPPORT), "dim"),
            *self._so_far(row),
        ]

    def means(self) -> list[Part]:
        """The means over the classes, and how many examples there are."""
        if not self._shown:
            return []
        figures = self._look.figures
        return [
            *self._share(mean_of_known(figures.precision), "dim"),
            *self._share(mean_of_known(figures.recall), "dim"),
            (right(ratio(mean_of_known(figures.f1)), NUMBER), "dim"),
            (right(f"{figures.support.sum():,}", SUPPORT), "dim"),
        ]

    def _share(self, value: float, role: str) -> list[Part]:
        number: Part = (right(ratio(value), NUMBER), role)
        if not self._bars:
            return [number]
        return [number, (" " + bar(value, BAR, ascii_only=self._ascii), "dim")]

    def _so_far(self, row: int) -> list[Part]:
        if not self._course:
            return []
        course = self._look.course[-self._course :]
        line = sparkline(course[:, row], course, ascii_only=self._ascii)
        return [("  " + line, "dim")]


def ratio(value: float) -> str:
    """A share with three places; a dash where there is none."""
    return "–" if np.isnan(value) else f"{value:.3f}"


def bar(value: float, width: int, *, ascii_only: bool) -> str:
    """A bar in ``width`` cells that is full at 1; no bar for NaN."""
    signs = ASCII_BAR_PARTS if ascii_only else BAR_PARTS
    parts = len(signs) - 1
    filled = 0 if np.isnan(value) else round(min(max(value, 0.0), 1.0) * width * parts)
    full, rest = divmod(filled, parts)
    return (signs[-1] * full + (signs[rest] if rest else "")).ljust(width)


def sparkline(values: Shares, among: Shares, *, ascii_only: bool) -> str:
    """A character for each value, blank for NaN; the scale is from least to greatest `among`."""
    levels = ASCII_LEVELS if ascii_only else LEVELS
    known = among[~np.isnan(among)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    scaled = (values - low) / (high - low) if high > low else np.where(np.isnan(values), values, 1)
    places = np.nan_to_num(scaled * (len(levels) - 1), nan=-1)
    return "".join(levels[round(place)] if place >= 0 else " " for place in places.tolist())
