"""The figures of each class in columns: numbers, and bars and their course where there is room."""

import numpy as np

from core.run.metrics import Float64s, macro_average
from tui.evaluate.report import EvaluationSlice
from tui.widgets.text_widget import Span, align_right, fit

BAR_PARTS, ASCII_BAR_PARTS = " ╸━", " #"
SPARK_LEVELS, ASCII_SPARK_LEVELS = "▁▂▃▄▅▆▇█", "_.-=+*%#"
NUMBER_WIDTH, SUPPORT_WIDTH, BAR_WIDTH = 6, 7, 12
PLAIN_WIDTH = 3 * NUMBER_WIDTH + SUPPORT_WIDTH
WIDTH_WITH_BARS = PLAIN_WIDTH + 2 * (BAR_WIDTH + 1)
MIN_HISTORY, MAX_HISTORY = 10, 40


class MetricColumns:
    """Precision, recall, F1 and support of each class; what there is no room for is left out."""

    def __init__(self, look: EvaluationSlice, width: int, *, ascii_only: bool) -> None:
        self._slice = look
        self._ascii = ascii_only
        self._has_room = width >= PLAIN_WIDTH
        self._has_bars = width >= WIDTH_WITH_BARS
        left = width - WIDTH_WITH_BARS - 2
        self._history_width = min(MAX_HISTORY, left) if left >= MIN_HISTORY else 0

    def header(self) -> list[Span]:
        """The names of the columns."""
        if not self._has_room:
            return []
        first = (align_right("prec.", NUMBER_WIDTH), align_right("rec.", NUMBER_WIDTH))
        if self._has_bars:
            first = (
                fit(" precision", NUMBER_WIDTH + BAR_WIDTH + 1),
                fit(" recall", NUMBER_WIDTH + BAR_WIDTH + 1),
            )
        course = fit("  F1 so far", 2 + self._history_width) if self._history_width else ""
        return [
            (
                "".join(first)
                + align_right("F1", NUMBER_WIDTH)
                + align_right("images", SUPPORT_WIDTH)
                + course,
                "dim",
            )
        ]

    def row(self, row: int) -> list[Span]:
        """The figures of one class."""
        if not self._has_room:
            return []
        figures = self._slice.report
        return [
            *self._metric(figures.precision[row], "text"),
            *self._metric(figures.recall[row], "text"),
            (align_right(format_ratio(figures.f1[row]), NUMBER_WIDTH), "text"),
            (align_right(f"{figures.support[row]:,}", SUPPORT_WIDTH), "dim"),
            *self._f1_history(row),
        ]

    def averages(self) -> list[Span]:
        """The means over the classes, and how many examples there are."""
        if not self._has_room:
            return []
        figures = self._slice.report
        return [
            *self._metric(macro_average(figures.precision), "dim"),
            *self._metric(macro_average(figures.recall), "dim"),
            (align_right(format_ratio(macro_average(figures.f1)), NUMBER_WIDTH), "dim"),
            (align_right(f"{figures.support.sum():,}", SUPPORT_WIDTH), "dim"),
        ]

    def _metric(self, value: float, role: str) -> list[Span]:
        number: Span = (align_right(format_ratio(value), NUMBER_WIDTH), role)
        if not self._has_bars:
            return [number]
        return [number, (" " + bar(value, BAR_WIDTH, ascii_only=self._ascii), "dim")]

    def _f1_history(self, row: int) -> list[Span]:
        if not self._history_width:
            return []
        course = self._slice.f1_history[-self._history_width :]
        line = sparkline(course[:, row], course, ascii_only=self._ascii)
        return [("  " + line, "dim")]


def format_ratio(value: float) -> str:
    """A share with three places; a dash where there is none."""
    return "–" if np.isnan(value) else f"{value:.3f}"


def bar(value: float, width: int, *, ascii_only: bool) -> str:
    """A bar in ``width`` cells that is full at 1; no bar for NaN."""
    signs = ASCII_BAR_PARTS if ascii_only else BAR_PARTS
    parts = len(signs) - 1
    filled = 0 if np.isnan(value) else round(min(max(value, 0.0), 1.0) * width * parts)
    full, rest = divmod(filled, parts)
    return (signs[-1] * full + (signs[rest] if rest else "")).ljust(width)


def sparkline(values: Float64s, scale: Float64s, *, ascii_only: bool) -> str:
    """A character for each value, blank for NaN; the scale is from least to greatest `among`."""
    levels = ASCII_SPARK_LEVELS if ascii_only else SPARK_LEVELS
    known = scale[~np.isnan(scale)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    scaled = (values - low) / (high - low) if high > low else np.where(np.isnan(values), values, 1)
    places = np.nan_to_num(scaled * (len(levels) - 1), nan=-1)
    return "".join(levels[round(place)] if place >= 0 else " " for place in places.tolist())
