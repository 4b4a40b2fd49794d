"""Private names of Textual: that they exist, that no other file uses them, what they are for."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyte
import pytest
from rich.console import Console
from textual._compositor import ChopsUpdate
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.css.model import RuleSet
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.widget import Widget

from core.run.series import Series
from tests.helpers.waiting import strips_of
from tui.chart.chart import Chart, Line
from tui.terminal.textual_private import PRIVATE_NAMES, PatchedApp, partial_update

TUI = Path(__file__).resolve().parent.parent / "tui"
HOME = TUI / "terminal" / "textual_private.py"
WIDTH, HEIGHT = 100, 24


# -- the names -----------------------------------------------------------------------------------


def sources(owner: type) -> str:
    """The source of a class of Textual and of its bases."""
    bases = [base for base in owner.__mro__ if base.__module__.startswith("textual")]
    return "".join(inspect.getsource(base) for base in bases)


@pytest.mark.parametrize(
    ("owner", "name"), [(owner, name) for owner, names in PRIVATE_NAMES for name in names]
)
def test_each_private_name_exists(owner: type, name: str) -> None:
    assert hasattr(owner, name) or f"self.{name}" in sources(owner), (
        f"Textual's {owner.__name__} has no {name} any more: adapt tui/terminal/textual_private.py"
    )


def private_names() -> set[str]:
    """The private attributes of Textual's classes, without the handlers that anybody may define."""
    names = {name for owner in (App, Screen, Widget, LinuxDriver) for name in dir(owner)}
    names |= set(vars(App())) | set(vars(Screen())) | set(vars(Widget()))
    return {n for n in names if n[0] == "_" != n[1] and not n.startswith("_on_")}


def uses(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of every attribute, method and import from a private module of Textual."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=value, attr=name) if ast.unparse(value) != "os":
                yield node.lineno, name
            case ast.ClassDef(body=body):
                defined = (n for n in body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
                yield from ((function.lineno, function.name) for function in defined)
            case ast.ImportFrom(module=str(module)) if module.startswith("textual._"):
                yield node.lineno, module


def test_a_rule_is_hashed_by_its_identity_without_a_method_in_python() -> None:
    first, second = RuleSet(), RuleSet()
    assert len({first, second, first}) == 2
    assert "__hash__" in vars(RuleSet)
    assert RuleSet.__hash__ is object.__hash__


def test_no_other_file_uses_or_overrides_private_names_of_textual() -> None:
    private = private_names()
    found = [
        f"{path.relative_to(TUI)}:{line} {name}"
        for path in TUI.rglob("*.py")
        if path != HOME and "textual" in (text := path.read_text())
        for line, name in uses(ast.parse(text))
        if name in private or name.startswith("textual._")
    ]
    assert found == []


# -- errors while exiting ------------------------------------------------------------------------


class IncompleteScreen(Screen[None]):
    """A screen that looks for a missing widget in `on_mount`."""

    def on_mount(self) -> None:
        self.query_one("#missing")


class ExitingApp(PatchedApp[str]):
    """Mounts a screen, and may exit at the same moment."""

    exits = True

    def on_mount(self) -> None:
        self.push_screen(IncompleteScreen())
        if self.exits:
            self.exit("lost")


async def test_an_error_while_exiting_does_not_change_the_result() -> None:
    app = ExitingApp()
    assert await app.run_async(headless=True) == "lost"
    assert app.return_code == 0
    assert app.unhandled_exception is None


async def test_an_error_before_ends_the_app(capsys: pytest.CaptureFixture[str]) -> None:
    app = ExitingApp()
    app.exits = False
    assert await app.run_async(headless=True) is None
    assert app.return_code == 1
    assert app.unhandled_exception is not None
    assert "#missing" in capsys.readouterr().err


# -- partial row updates -------------------------------------------------------------------------


class Charts(PatchedApp[None]):
    """Two charts side by side; keeps every update."""

    def __init__(self) -> None:
        super().__init__()
        self.updates: list[Any] = []

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Chart("left")
            yield Chart("right")

    def _display(self, screen: Screen[object], renderable: Any) -> None:
        self.updates.append(renderable)
        super()._display(screen, renderable)


def terminal_rows(updates: list[Any], console: Console) -> list[str]:
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for update in updates:
        stream.feed(update.render_segments(console).replace("\n", ""))
    return screen.display


async def test_partial_updates_show_the_same_for_a_fraction_of_the_bytes() -> None:
    app, console = Charts(), Console(force_terminal=True, color_system="256", width=WIDTH)
    series = [Series(), Series()]
    rng = np.random.default_rng(0)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await pilot.pause()
        for part in range(40):
            for chart, curve in zip(app.query(Chart), series, strict=True):
                curve.extend(np.exp(-part / 10) + 0.3 + rng.normal(0, 0.05, 50))
                chart.show([Line("train", curve)], planned_steps=2000)
            await pilot.pause()
        shown = [strip.text for strip in strips_of(app)]
    updates = [update for update in app.updates if hasattr(update, "render_segments")]
    assert terminal_rows([partial_update(update) for update in updates], console) == shown
    chops = [update for update in updates if type(update) is ChopsUpdate][5:]
    usual = sum(len(update.render_segments(console).encode()) for update in chops)
    partial = [partial_update(update) for update in chops]
    sent = sum(len(update.render_segments(console).encode()) for update in partial)
    assert sent < usual / 2
