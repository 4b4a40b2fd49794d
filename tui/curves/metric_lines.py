"""The lines of the chart of one quantity."""

from typing import Final

from core.run.state import RunState
from tui.chart.traces import Line
from tui.curves.grouping import ROLES, Quantity

STYLES: Final = {role: number for number, role in enumerate(ROLES)}
"""The number of the colour of a line, by what its values are of."""


def lines_of(quantity: Quantity, run: RunState) -> list[Line]:
    """A line for each of its metrics; those of training are below the others."""
    return [
        Line(
            role or quantity.title,
            run.metrics[name],
            STYLES.get(role, 0),
            timeline=run.metrics.timeline,
            epochs=run.program.epochs,
            layer=role != "training",
        )
        for role, name in quantity.metrics
    ]
