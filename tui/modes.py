"""The five screens of the dashboard, each imported when it is first shown.

Only the Train screen is needed for the first paint, and that is what somebody waits for who has
just typed the command. The others are imported soon after, on a thread, and mounted when training
is under way, so that a key that asks for one does not wait either.
"""

import threading
from collections.abc import Callable, Mapping
from importlib import import_module

from textual.screen import Screen

from tui.train.screen import TrainScreen


def _fresh(screen: Screen[None]) -> Screen[None]:
    """`screen`, whose styles are found as it is mounted: no need to find those of all once more."""
    screen._css_update_count = screen.app._css_update_count  # noqa: SLF001 - Textual's own mark
    return screen


def _train() -> Screen[None]:
    return _fresh(TrainScreen())


def _evaluate() -> Screen[None]:
    from tui.evaluate.screen import EvaluateScreen

    return _fresh(EvaluateScreen())


def _weights() -> Screen[None]:
    from tui.weights.screen import WeightsScreen

    return _fresh(WeightsScreen())


def _runs() -> Screen[None]:
    from tui.runs.screen import RunsScreen

    return _fresh(RunsScreen())


def _pad() -> Screen[None]:
    from tui.pad.screen import PadScreen

    return _fresh(PadScreen())


MODES: Mapping[str, Callable[[], Screen[None]]] = {
    "train": _train,
    "evaluate": _evaluate,
    "weights": _weights,
    "runs": _runs,
    "pad": _pad,
}
"""What makes each screen, by the names in `tui.widgets.screens`."""


def import_in_background() -> None:
    """Import all screens, on a thread of their own."""
    threading.Thread(target=_import_all, name="screens", daemon=True).start()


def _import_all() -> None:
    for name in MODES:
        import_module(f"tui.{name}.screen")
