"""Plot the numbers of attached runs: a diagram for each kind, such as the losses of all splits."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.export.export import Export
from core.export.figure import SIZE, label, render
from core.rundir.metrics import Metric
from trainpad.errors import RunError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_DIAGRAMS = 12
"""How many diagrams one plot has."""
MAX_ROWS = 3
"""Diagrams in one column; with more there are two columns."""
ROW_INCHES = 2.4
MAX_MARKED = 60
"""Points of a line, up to which each has a mark."""


def kind_of(name: str) -> str:
    """What a number measures: ``loss`` for ``loss``, ``val/loss`` and ``val_loss``."""
    last = name.rpartition("/")[2]
    for split in ("train_", "val_", "valid_", "validation_", "test_", "eval_"):
        last = last.removeprefix(split)
    return last or name


def plot_metrics(
    exports: Sequence[Export], metrics: Sequence[dict[str, Metric]], file_format: str = "png"
) -> bytes:
    """Return a PNG or SVG of the numbers by name of each run, over steps.

    Raises:
        RunError: matplotlib is not installed, or there are no numbers.
    """
    kinds = list(dict.fromkeys(kind_of(name) for found in metrics for name in found))
    if not kinds:
        raise RunError(f"{exports[0].directory.name} has no numbers to plot")
    shown = kinds[:MAX_DIAGRAMS]
    columns = 1 if len(shown) <= MAX_ROWS else 2
    rows = -(-len(shown) // columns)

    def draw(figure: "Figure", names: Sequence[str]) -> None:
        places = figure.subplots(rows, columns, squeeze=False).ravel()
        for kind, axes in zip(shown, places, strict=False):
            for name, found in zip(names, metrics, strict=True):
                _plot_kind(axes, kind, found, "" if len(names) == 1 else f"{name} ")
            _describe(axes, kind)
        for axes in places[len(shown) :]:
            axes.remove()
        title = names[0] if len(names) == 1 else f"{len(names)} runs"
        left = f" ({len(shown)} of {len(kinds)} kinds of numbers)" if shown != kinds else ""
        figure.suptitle(title + left, fontsize="medium")

    return render(draw, exports, file_format, (SIZE[0], max(SIZE[1], ROW_INCHES * rows)))


def _plot_kind(axes: "Axes", kind: str, metrics: dict[str, Metric], prefix: str) -> None:
    for name, metric in metrics.items():
        if kind_of(name) == kind:
            marker = "o" if len(metric.steps) <= MAX_MARKED else ""
            text = prefix + label(name)
            axes.plot(metric.steps, metric.values, marker=marker, markersize=3, label=text)


def _describe(axes: "Axes", kind: str) -> None:
    axes.set(xlabel="step", ylabel=label(kind))
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
