"""The keys of charts, the same on every screen that has some."""

from collections.abc import Container
from typing import Literal, NamedTuple

from textual.binding import Binding

ChartAction = Literal[
    "zoom", "move", "stop_cursor", "show_all", "follow",
    "toggle_cursor", "toggle_log", "toggle_error_rate", "next_axis", "next_smoothing",
]  # fmt: skip
"""What can be done to a chart, by the name of `Chart`'s method."""


class _Key(NamedTuple):
    keys: str
    action: str
    """The arguments of the screen's `action_chart`."""
    name: str
    """What the binding's id ends in."""
    description: str
    tooltip: str
    display: str | None = None


KEYS = (
    _Key("l", "'toggle_log'", "log", "Log", "Logarithmic or linear y axis"),
    _Key("y", "'toggle_error_rate'", "error_rate", "Error rate",
         "Error rate: 1 minus a precision or accuracy"),
    _Key("x", "'next_axis'", "axis", "Axis", "x axis: step, epoch, elapsed time, or clock time"),
    _Key("m", "'next_smoothing'", "smooth", "Smooth", "Smoothing: none, 0.6, 0.9, 0.97"),
    _Key("plus,equals_sign", "'zoom', 0.5", "zoom_in", "Zoom in", "Zoom in", "+"),
    _Key("minus", "'zoom', 2.0", "zoom_out", "Zoom out", "Zoom out", "-"),
    _Key("left", "'move', -1", "earlier", "Earlier",
         "Move the cursor or the view to earlier steps"),
    _Key("right", "'move', 1", "later", "Later", "Move the cursor or the view to later steps"),
    _Key("i", "'toggle_cursor'", "cursor", "Cursor", "Show a cursor with the values at a step"),
    _Key("comma", "'stop_cursor', -1", "stop_before", "Stop before",
         "Cursor to the evaluation, mark or NaN before", ","),
    _Key("full_stop", "'stop_cursor', 1", "stop_after", "Stop after",
         "Cursor to the next evaluation, mark or NaN", "."),
    _Key("0", "'show_all'", "whole", "Whole", "Show all steps so far; again, all planned steps"),
    _Key("end", "'follow'", "newest", "Newest", "Show the newest tenth and follow it"),
)  # fmt: skip


def chart_bindings(
    prefix: str, *, omit: Container[str] = (), in_footer: Container[str] = ()
) -> list[Binding]:
    """The bindings of a screen with `action_chart(name, *arguments)`, which calls `Chart.act`.

    Args:
        prefix: What the ids of the bindings begin with: the name of the screen.
        omit: Names of keys that the screen uses otherwise.
        in_footer: Names of keys that the row of keys shows.
    """
    return [
        Binding(
            key.keys,
            f"chart({key.action})",
            key.description,
            show=key.name in in_footer,
            key_display=key.display,
            id=f"{prefix}.{key.name}",
            tooltip=key.tooltip,
        )
        for key in KEYS
        if key.name not in omit
    ]
