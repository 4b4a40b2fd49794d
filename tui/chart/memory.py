"""What the user's settings keep of the view of each kind of chart."""

from typing import Any

from tui.chart.axes import Axis
from tui.chart.chart import SMOOTHINGS, Chart
from tui.terminal.settings import Settings

KEY = "charts"
"""The name in the settings: for each kind of chart its view."""


def remember(settings: Settings, kind: str, chart: Chart) -> None:
    """Save the scale, the smoothing and the kind of x axis of a chart."""
    scene = chart.scene
    view = {
        "log": scene.logarithmic,
        "smoothing": scene.smoothing,
        "error_rate": scene.error_rate,
        "axis": scene.axis.value,
    }
    settings.set(KEY, settings.get(KEY, {}) | {kind: view})


def restore(settings: Settings, kind: str, chart: Chart) -> None:
    """Show a chart as it was when it was saved; its title says so."""
    saved = settings.get(KEY, {}).get(kind)
    view: dict[str, Any] = saved if isinstance(saved, dict) else {}
    scene, smoothing, axis = chart.scene, view.get("smoothing"), view.get("axis")
    scene.logarithmic = view.get("log") is True
    scene.smoothing = smoothing if smoothing in SMOOTHINGS else 0.0
    scene.error_rate = chart.shows_fractions and view.get("error_rate") is True
    scene.axis = Axis(axis) if axis in list(Axis) else Axis.STEP
