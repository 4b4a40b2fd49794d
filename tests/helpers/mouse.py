"""Mouse events as a terminal reports them, which `Pilot` does not: moves with a button held."""

from textual.events import Event, MouseDown, MouseMove, MouseUp
from textual.pilot import Pilot
from textual.widget import Widget


def mouse(kind: type[Event], x: int, y: int, button: int = 1) -> Event:
    """A mouse event at a cell of the screen."""
    return kind(None, x, y, 0, 0, button, False, False, False, screen_x=x, screen_y=y)


def press(x: int, y: int) -> Event:
    """The left button goes down."""
    return mouse(MouseDown, x, y)


def move(x: int, y: int, button: int = 1) -> Event:
    """The mouse moves, with the left button held."""
    return mouse(MouseMove, x, y, button)


def hover(x: int, y: int) -> Event:
    """The mouse moves without a button."""
    return mouse(MouseMove, x, y, 0)


def release(x: int, y: int) -> Event:
    """The left button goes up."""
    return mouse(MouseUp, x, y)


async def drag_to(
    pilot: Pilot[None], widget: type[Widget], offset: tuple[int, int], button: int = 1
) -> None:
    """Move the mouse to a cell of a widget, with a button held."""
    corner = pilot.app.screen.query_one(widget).region.offset
    pilot.app.post_message(move(corner.x + offset[0], corner.y + offset[1], button))
    await pilot.pause()
