"""Plot loss and precision @ 1 of trainpad's own runs to a PNG or SVG."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.export.export import Export
from core.export.figure import render
from core.run.state import RunState
from data.dataset import SPLITS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_COLUMNS = 1500
"""Maximum number of columns into which losses are grouped; each shows their mean and range."""


def plot(exports: Sequence[Export], file_format: str = "png") -> bytes:
    """Return a PNG or SVG of one run or several: loss above, precision @ 1 below, over steps.

    Raises:
        RunError: matplotlib is not installed.
    """

    def draw(figure: "Figure", names: Sequence[str]) -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _plot_losses(above, exports, names)
        _plot_accuracy(below, exports, names)
        figure.suptitle(names[0] if len(names) == 1 else f"{len(names)} runs", fontsize="medium")

    return render(draw, exports, file_format)


def _plot_losses(axes: "Axes", exports: Sequence[Export], names: Sequence[str]) -> None:
    for export, name in zip(exports, names, strict=True):
        run = export.run
        losses = run.losses
        width = max(1, min(len(losses), MAX_COLUMNS))
        edges = np.linspace(0, len(losses), width + 1)
        columns = losses.columns(edges)
        batch, evaluated = _loss_names(run, name, alone=len(exports) == 1)
        (line,) = axes.plot(edges[:-1], columns.mean, linewidth=1, label=batch)
        colour = line.get_color()
        if width < len(losses):
            shade: dict[str, Any] = {"color": colour, "alpha": 0.25, "linewidth": 0}
            axes.fill_between(edges[:-1], columns.low, columns.high, **shade)
        points = run.evaluated_loss["validation"]
        if len(points):
            style: dict[str, Any] = {"linestyle": "--", "marker": "o", "markersize": 3}
            colour = "C1" if len(exports) == 1 else colour
            axes.plot(points.steps, points.values, color=colour, label=evaluated, **style)
    axes.set_ylabel("loss")
    axes.grid(alpha=0.3)
    if len(exports) > 1 or len(exports[0].run.evaluated_loss["validation"]):
        axes.legend(fontsize="small")


def _loss_names(run: RunState, name: str, *, alone: bool) -> tuple[str, str]:
    """What the loss of each step and that of the evaluations are called in the legend."""
    start = "" if alone else f"{name}, "
    if run.hparams.l2:
        return f"{start}each batch, with the L2 penalty", f"{start}validation, without it"
    return f"{start}each batch", f"{start}validation"


def _plot_accuracy(axes: "Axes", exports: Sequence[Export], names: Sequence[str]) -> None:
    splits = SPLITS if len(exports) == 1 else ("validation",)
    for export, name in zip(exports, names, strict=True):
        for split in splits:
            points = export.run.accuracy[split]
            label = split if len(exports) == 1 else name
            axes.plot(points.steps, points.values, marker="o", markersize=3, label=label)
    axes.set_xlabel("steps")
    axes.set_ylabel("precision @ 1" if len(exports) == 1 else "precision @ 1 on validation")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
