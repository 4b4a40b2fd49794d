"""What the user's settings keep of the view of each kind of chart."""

from typing import Any

from tui.chart.axes import Axis
from tui.chart.chart import SMOOTHINGS
from tui.chart.scene import Scene
from tui.terminal.settings import Settings

KEY = "charts"
"""The name in the settings: for each kind of chart its view."""


def save_view(settings: Settings, kind: str, scene: Scene) -> None:
    """Save the scale, the smoothing and the kind of x axis of a chart."""
    view = {
        "log": scene.logarithmic,
        "smoothing": scene.smoothing,
        "error_rate": scene.error_rate,
        "axis": scene.axis.value,
    }
    settings.set(KEY, settings.get(KEY, {}) | {kind: view})


def restore_view(settings: Settings, kind: str, scene: Scene, *, fractions: bool = False) -> None:
    """Show a chart, of fractions or not, as it was when it was saved; its title says so."""
    saved = settings.get(KEY, {}).get(kind)
    view: dict[str, Any] = saved if isinstance(saved, dict) else {}
    smoothing, axis = view.get("smoothing"), view.get("axis")
    scene.logarithmic = view.get("log") is True
    scene.smoothing = smoothing if smoothing in SMOOTHINGS else 0.0
    scene.error_rate = fractions and view.get("error_rate") is True
    scene.axis = Axis(axis) if axis in list(Axis) else Axis.STEP
