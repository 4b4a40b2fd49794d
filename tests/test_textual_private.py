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
from rich.segment import Segment
from textual._compositor import ChopsUpdate
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.css.model import RuleSet
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
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
    assert sent < 0.55 * usual  # 0.498, unless two changes are one frame


class Dot(Widget):
    """A widget of dots that counts the rows it is asked for."""

    DEFAULT_CSS = "Dot { width: 10; height: 5; }"

    def __init__(self) -> None:
        super().__init__()
        self.rendered: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.rendered.append(y)
        return Strip([Segment("." * self.size.width)])


class Dots(PatchedApp[None]):
    """Two widgets side by side in a container; keeps the last update."""

    update: Any = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Dot()
            yield Dot()

    def _display(self, screen: Screen[object], renderable: Any) -> None:
        self.update = renderable or self.update
        super()._display(screen, renderable)


async def test_a_changed_cell_renders_one_row_of_one_widget(monkeypatch: Any) -> None:
    app = Dots()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        asked: list[tuple[Widget, Region]] = []
        render = Widget.render_lines

        def render_lines(widget: Widget, crop: Region) -> list[Strip]:
            asked.append((widget, crop))
            return render(widget, crop)

        monkeypatch.setattr(Widget, "render_lines", render_lines)
        left, right = app.query(Dot)
        left.refresh(Region(3, 1, 1, 1))
        await pilot.pause()
        assert asked == [(left, Region(0, 1, 10, 1))]
        asked.clear()
        left.refresh(Region(0, 1, 2, 1), Region(9, 2, 1, 1))
        right.refresh(Region(0, 4, 10, 1))
        await pilot.pause()
        assert sorted(crop for _, crop in asked) == [Region(0, 1, 10, 2), Region(0, 4, 10, 1)]


async def test_what_is_behind_the_changed_cells_is_rendered_where_it_is_seen() -> None:
    app, console = Dots(), Console(force_terminal=True, color_system="256", width=40)
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        app.screen.refresh(Region(8, 4, 20, 2))  # a row of the dots, and one below them
        await pilot.pause()
        update = partial_update(app.update)
        assert isinstance(update, ChopsUpdate)
        screen = pyte.Screen(40, 10)
        pyte.Stream(screen).feed(update.render_segments(console))
        assert screen.display[4].rstrip() == " " * 8 + "." * 12
        assert screen.buffer[5][27].bg == screen.buffer[4][27].bg != "default"
        assert screen.buffer[5][28].bg == "default"
