"""The run that a callback records in: the one that is given, the one that is open, or a new one."""

from collections.abc import Mapping
from typing import Any

from trainpad import api
from trainpad.attached import Run
from trainpad.errors import warn
from trainpad.values import text_of

_said: set[str] = set()


def joined_run(given: Run | None, init: Mapping[str, Any]) -> Run | None:
    """Return the run that a callback joins; None where it is to begin one.

    Args:
        given: The run that the callback was given, if any.
        init: The keywords for `trainpad.init` that it was given: that some have no effect is said.
    """
    run = given
    if run is None and (current := api.current()) is not None and current.is_open:
        run = current
    if run is not None and run.is_open:
        ignored = [
            f"{name}={text_of(value, 40)!r}"
            for name, value in init.items()
            if not _holds(run, name, value)
        ]
        _say(run, ignored)
    return run


def _holds(run: Run, name: str, value: object) -> bool:
    try:
        return run.is_begun_with(name, value)
    except Exception:  # noqa: BLE001 - the program's own object may raise anything
        return False


def _say(run: Run, ignored: list[str]) -> None:
    """Warn, once for each run, of keywords that have no effect."""
    if not ignored or str(run.path) in _said:
        return
    _said.add(str(run.path))
    have = "has" if len(ignored) == 1 else "have"
    warn(
        f"{', '.join(ignored)} of the callback {have} no effect, since it records in the run "
        f"{run.name} that is open: give them to trainpad.init, or end that run first"
    )
