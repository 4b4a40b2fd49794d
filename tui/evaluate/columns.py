"""Per-class metrics as columns beside the confusion matrix, with bars and history if they fit."""

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
    """Precision, recall, F1 and support of each class, in as many columns as fit."""

    def __init__(self, evaluation: EvaluationSlice, width: int, *, ascii_only: bool) -> None:
        self._slice = evaluation
        self._ascii = ascii_only
        self._has_room = width >= PLAIN_WIDTH
        self._has_bars = width >= WIDTH_WITH_BARS
        left = width - WIDTH_WITH_BARS - 2
        self._history_width = min(MAX_HISTORY, left) if left >= MIN_HISTORY else 0

    def header(self) -> list[Span]:
        """The header row."""
        if not self._has_room:
            return []
        first = (align_right("prec.", NUMBER_WIDTH), align_right("rec.", NUMBER_WIDTH))
        if self._has_bars:
            first = (
                fit(" precision", NUMBER_WIDTH + BAR_WIDTH + 1),
                fit(" recall", NUMBER_WIDTH + BAR_WIDTH + 1),
            )
        history = fit("  F1 history", 2 + self._history_width) if self._history_width else ""
        return [
            (
                "".join(first)
                + align_right("F1", NUMBER_WIDTH)
                + align_right("images", SUPPORT_WIDTH)
                + history,
                "dim",
            )
        ]

    def row(self, row: int) -> list[Span]:
        """The metrics of one class."""
        if not self._has_room:
            return []
        report = self._slice.report
        return [
            *self._metric(report.precision[row], "text"),
            *self._metric(report.recall[row], "text"),
            (align_right(format_ratio(report.f1[row]), NUMBER_WIDTH), "text"),
            (align_right(f"{report.support[row]:,}", SUPPORT_WIDTH), "dim"),
            *self._f1_history(row),
        ]

    def averages(self) -> list[Span]:
        """The macro averages and the number of examples."""
        if not self._has_room:
            return []
        report = self._slice.report
        return [
            *self._metric(macro_average(report.precision), "dim"),
            *self._metric(macro_average(report.recall), "dim"),
            (align_right(format_ratio(macro_average(report.f1)), NUMBER_WIDTH), "dim"),
            (align_right(f"{report.support.sum():,}", SUPPORT_WIDTH), "dim"),
        ]

    def _metric(self, value: float, role: str) -> list[Span]:
        number: Span = (align_right(format_ratio(value), NUMBER_WIDTH), role)
        if not self._has_bars:
            return [number]
        return [number, (" " + bar(value, BAR_WIDTH, ascii_only=self._ascii), "dim")]

    def _f1_history(self, row: int) -> list[Span]:
        if not self._history_width:
            return []
        history = self._slice.f1_history[-self._history_width :]
        line = sparkline(history[:, row], history, ascii_only=self._ascii)
        return [("  " + line, "dim")]


def same_columns(width: int, less: int) -> bool:
    """Whether the metrics in `less` cells are the same, but for their history, as in `width`."""
    return less >= 0 and all(
        (width >= needed) == (less >= needed) for needed in (PLAIN_WIDTH, WIDTH_WITH_BARS)
    )


def format_ratio(value: float) -> str:
    """A ratio with three decimals; a dash for NaN."""
    return "–" if np.isnan(value) else f"{value:.3f}"


def bar(value: float, width: int, *, ascii_only: bool) -> str:
    """A bar of ``width`` cells that is full at 1; blank for NaN."""
    characters = ASCII_BAR_PARTS if ascii_only else BAR_PARTS
    parts = len(characters) - 1
    filled = 0 if np.isnan(value) else round(min(max(value, 0.0), 1.0) * width * parts)
    full, rest = divmod(filled, parts)
    return (characters[-1] * full + (characters[rest] if rest else "")).ljust(width)


def sparkline(values: Float64s, scale: Float64s, *, ascii_only: bool) -> str:
    """One character per value, blank for NaN, scaled to the range of `scale`."""
    levels = ASCII_SPARK_LEVELS if ascii_only else SPARK_LEVELS
    finite = scale[~np.isnan(scale)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    scaled = (values - low) / (high - low) if high > low else np.where(np.isnan(values), values, 1)
    indices = np.nan_to_num(scaled * (len(levels) - 1), nan=-1)
    return "".join(levels[round(index)] if index >= 0 else " " for index in indices.tolist())
