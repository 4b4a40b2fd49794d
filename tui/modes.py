"""The five screens of the dashboard, each imported when it is first shown.

Only the Train screen is needed for the first paint, and that is what somebody waits for who has
just typed the command. The others are imported soon after, on a thread, so that a key that asks
for one does not wait either.
"""

import threading
from collections.abc import Callable, Mapping
from importlib import import_module

from textual.screen import Screen

from tui.train_screen import TrainScreen


def _evaluate() -> Screen[None]:
    from tui.evaluate_screen import EvaluateScreen

    return EvaluateScreen()


def _weights() -> Screen[None]:
    from tui.weights_screen import WeightsScreen

    return WeightsScreen()


def _runs() -> Screen[None]:
    from tui.runs_screen import RunsScreen

    return RunsScreen()


def _pad() -> Screen[None]:
    from tui.pad_screen import PadScreen

    return PadScreen()


MODES: Mapping[str, Callable[[], Screen[None]]] = {
    "train": TrainScreen,
    "evaluate": _evaluate,
    "weights": _weights,
    "runs": _runs,
    "pad": _pad,
}
"""What makes each screen, by the names in `tui.screens`."""


def prepare() -> None:
    """Import all screens, on a thread of their own."""
    threading.Thread(target=_import_all, name="screens", daemon=True).start()


def _import_all() -> None:
    for name in MODES:
        import_module(f"tui.{name}_screen")
