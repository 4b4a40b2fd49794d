"""Wait for a condition, on a screen or elsewhere; read what a screen shows."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.strip import Strip

LONG = 90.0
"""Seconds; the limit for anything that comes as soon as it can, on a busy machine too."""
INTERVAL = 0.02
"""Seconds between two checks of a condition."""


def strips_of(app: App[Any]) -> list[Strip]:
    """The rows of the screen, with their styles."""
    return app.screen._compositor.render_strips()


def text_of(app: App[Any]) -> str:
    """The text of the screen, a line for each row."""
    return "\n".join(strip.text.rstrip() for strip in strips_of(app))


def toasts_of(app: App[Any]) -> list[str]:
    """The texts of the toasts on the screen, the newest last."""
    return [notification.message for notification in app._notifications]


async def until(pilot: Pilot[Any], condition: Callable[[], object], timeout: float = LONG) -> None:
    """Wait until `condition` holds.

    Raises:
        AssertionError: it did not hold within `timeout` seconds; with the text of the screen.
    """
    deadline = time.monotonic() + timeout
    await pilot.pause(INTERVAL)
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s; there is\n{text_of(pilot.app)}")
        await pilot.pause(INTERVAL)


async def until_handled(pilot: Pilot[Any]) -> None:
    """Wait until every event and message that was posted has been handled."""
    app = pilot.app

    def is_idle() -> bool:
        nodes = (app, app.screen, *app.screen.query("*"))
        in_flight = getattr(app, "_in_flight", None) or getattr(app, "_queued", ())
        return not in_flight and all(node._message_queue.empty() for node in nodes)

    await until(pilot, is_idle)
    await pilot.pause()


async def until_true(condition: Callable[[], object], timeout: float = LONG) -> None:
    """Wait until `condition` holds, where no app runs.

    Raises:
        AssertionError: it did not hold within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s")
        await asyncio.sleep(INTERVAL / 4)


async def shown(pilot: Pilot[Any], app: App[Any], *texts: str) -> str:
    """Wait until the screen shows all `texts`; return its text."""
    screen = ""

    def has_all() -> bool:
        nonlocal screen
        screen = text_of(app)
        return all(text in screen for text in texts)

    try:
        await until(pilot, has_all)
    except AssertionError as error:
        raise AssertionError(f"{texts}: {error}") from None
    return screen


def wait_until(
    condition: Callable[[], object], timeout: float = LONG, problem: Callable[[], str] = str
) -> None:
    """Wait until `condition` holds.

    Raises:
        AssertionError: it did not hold within `timeout` seconds; with the text of `problem`.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(problem())
        time.sleep(INTERVAL)
