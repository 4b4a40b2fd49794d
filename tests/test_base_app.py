"""The base of the apps: signals and hang-up on a real terminal, toasts, theme."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.terminal import Terminal, trainpad
from tests.helpers.waiting import LONG
from tui.pad.app import PadApp
from tui.terminal.base_app import BaseApp
from tui.terminal.settings import Settings

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(300)]


@pytest.fixture(params=["pad", "watch"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    more = [tmp_path] if request.param == "watch" else []
    terminal = Terminal(trainpad(request.param, *more))
    terminal.wait_for("Quit")
    yield terminal
    terminal.end()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_restores_the_terminal(
    terminal: Terminal, number: signal.Signals, status: int
) -> None:
    os.kill(terminal.process.pid, number)
    assert terminal.process.wait(LONG) == status
    assert terminal.attributes() == terminal.before
    for mode in (1049, 1000, 1003, 2004):
        on, off = (b"\x1b[?%d%c" % (mode, letter) for letter in b"hl")
        assert terminal.sent.rfind(off) > terminal.sent.rfind(on) >= 0


def test_a_hangup_ends_the_app(terminal: Terminal) -> None:
    terminal.hang_up()
    assert terminal.process.wait(LONG) == 0


class Notes(BaseApp[None]):
    """Keeps the texts of its notifications."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self.texts: list[str] = []

    def notify(self, message: str, **options: object) -> None:  # type: ignore[override]
        self.texts.append(message)


async def test_a_toast_is_shown_once_at_a_time() -> None:
    app = Notes()
    async with app.run_test():
        for text in ("saving …", "saving …", "", "saved", "saving …"):
            app.toast(text)
        assert app.texts == ["saving …", "saved", "saving …"]
        app.clear_notifications()
        app.toast("saving …")
        assert app.texts[3:] == ["saving …"]


async def test_a_toast_is_ascii_where_the_terminal_is() -> None:
    app = Notes(ascii_only=True)
    async with app.run_test():
        app.toast("0.01 → 0.02 …")
        assert app.texts == ["0.01 > 0.02 ~"]


async def test_the_pad_has_the_theme_of_the_settings_and_saves_a_new_one(tmp_path: Path) -> None:
    Settings().set("theme", "textual-light")
    app = PadApp(log_dir=tmp_path)
    async with app.run_test() as pilot:
        assert app.theme == "textual-light"
        app.theme = "nord"
        await pilot.pause()
    assert Settings().get("theme", "") == "nord"


async def test_ctrl_c_quits() -> None:
    app = Notes()
    async with app.run_test() as pilot:
        await pilot.press("ctrl+c")
        await pilot.pause()
    assert app.return_code == 0
