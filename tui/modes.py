"""The five screens of the dashboard, each imported before it is first shown.

Only the Train screen is needed for the first paint, which should come soon after the command was
typed. The others are imported after it on a thread, and mounted once training is under way, so
that the key for one of them does not have to wait either.
"""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

from textual.screen import Screen

from core.process.threads import freeze_gc
from tui.terminal.textual_private import PatchedApp, mark_styles_current
from tui.train.screen import TrainScreen
from tui.widgets.screens import SCREENS

MOUNT_INTERVAL = 0.5
"""Seconds between two screens that are mounted ahead: each takes the time of a few frames."""


def _with_current_styles(screen: Screen[None]) -> Screen[None]:
    """`screen`, marked as up to date: mounting it computes its styles, and once is enough."""
    mark_styles_current(screen)
    return screen


def _train() -> Screen[None]:
    return _with_current_styles(TrainScreen())


def _metrics() -> Screen[None]:
    from tui.metrics.screen import MetricsScreen

    return _with_current_styles(MetricsScreen())


def _evaluate() -> Screen[None]:
    from tui.evaluate.screen import EvaluateScreen

    return _with_current_styles(EvaluateScreen())


def _logged_evaluate() -> Screen[None]:
    from tui.evaluate.logged_screen import LoggedEvaluateScreen

    return _with_current_styles(LoggedEvaluateScreen())


def _logged_weights() -> Screen[None]:
    from tui.weights.logged_screen import LoggedWeightsScreen

    return _with_current_styles(LoggedWeightsScreen())


def _weights() -> Screen[None]:
    from tui.weights.screen import WeightsScreen

    return _with_current_styles(WeightsScreen())


def _runs() -> Screen[None]:
    from tui.runs.screen import RunsScreen

    return _with_current_styles(RunsScreen())


def _pad() -> Screen[None]:
    from tui.pad.screen import PadScreen

    return _with_current_styles(PadScreen())


MODES: Mapping[str, Callable[[], Screen[None]]] = {
    "train": _train,
    "metrics": _metrics,
    "evaluate": _evaluate,
    "logged_evaluate": _logged_evaluate,
    "weights": _weights,
    "logged_weights": _logged_weights,
    "runs": _runs,
    "pad": _pad,
}
"""The factory of each screen; of those that show our runs by the names in `tui.widgets.screens`."""
OF_ATTACHED: Mapping[str, str] = {
    "train": "metrics",
    "evaluate": "logged_evaluate",
    "weights": "logged_weights",
}
"""The screens that show attached runs in place of ours."""
MODULES = (
    "tui.train.screen", "tui.metrics.screen", "tui.evaluate.screen", "tui.evaluate.logged_screen",
    "tui.weights.screen", "tui.weights.logged_screen", "tui.runs.screen", "tui.pad.screen",
)  # fmt: skip
"""The modules of all screens."""


def mode_of(screen: str, *, attached: bool) -> str:
    """The mode that shows the screen called `screen`, of an attached run or one of ours."""
    return OF_ATTACHED.get(screen, screen) if attached else screen


def import_in_background() -> None:
    """Import all screens on a thread."""
    threading.Thread(target=_import_all, name="screens", daemon=True).start()


def _import_all() -> None:
    for module in MODULES:
        import_module(module)


class MountAhead:
    """Mounts an app's screens before they are first shown, one after another."""

    def __init__(self, app: PatchedApp[Any], is_busy: Callable[[], bool]) -> None:
        """Mount the screens of `app` while it is not busy."""
        self._app = app
        self._is_busy = is_busy
        self._has_begun = False

    def start(self, *, attached: bool) -> None:
        """Begin with the screens for runs of this kind, unless it has begun already."""
        if not self._has_begun:
            self._has_begun = True
            self._mount_next(attached)

    def _mount_next(self, attached: bool) -> None:
        app = self._app
        if not app.is_running:
            return  # Textual is removing the screens
        modes = (mode_of(screen.name, attached=attached) for screen in SCREENS)
        missing = [name for name in modes if not app.has_mounted_mode(name)]
        if missing:
            if not self._is_busy():
                app.mount_mode(missing[0])
            app.set_timer(MOUNT_INTERVAL, partial(self._mount_next, attached))
        else:
            freeze_gc()
