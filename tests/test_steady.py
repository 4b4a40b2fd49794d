"""What breaks while an app is being left."""

import pytest
from textual.screen import Screen

from tui.terminal.precise import PartialUpdateApp


class Half(Screen[None]):
    """A screen that misses what it would have composed."""

    def on_mount(self) -> None:
        self.query_one("#never")


class Hasty(PartialUpdateApp[str]):
    """Mounts a screen, and may be left at the same moment."""

    leaves = True

    def on_mount(self) -> None:
        self.push_screen(Half())
        if self.leaves:
            self.exit("lost")


async def test_a_screen_that_is_half_mounted_does_not_change_how_an_app_was_left() -> None:
    app = Hasty()
    assert await app.run_async(headless=True) == "lost"
    assert app.return_code == 0


async def test_what_breaks_before_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    app = Hasty()
    app.leaves = False
    assert await app.run_async(headless=True) is None
    assert app.return_code == 1
    assert "#never" in capsys.readouterr().err
