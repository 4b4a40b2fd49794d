"""Writes docs/keys.md, docs/command-line.md, core/options/key_names.py: `python docs/generate.py`.

They come from what the program itself goes by, its bindings and its click commands, so that they
cannot say anything else; a test holds them to it.
"""

import asyncio
import importlib
import pkgutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widget import Widget

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import tui  # noqa: E402
from core.run.events import Event, Tick  # noqa: E402
from main import cli  # noqa: E402
from tui.app import TrainpadApp  # noqa: E402
from tui.evaluate.logged_screen import LoggedEvaluateScreen  # noqa: E402
from tui.metrics.knobs import KnobPanel  # noqa: E402
from tui.metrics.screen import MetricsScreen  # noqa: E402
from tui.terminal.command_palette import own_key_label, screen_bindings  # noqa: E402
from tui.weights.logged_screen import LoggedWeightsScreen  # noqa: E402
from tui.widgets.help import GO_ACTION  # noqa: E402
from tui.widgets.screens import SCREENS  # noqa: E402

COMMON_ACTIONS = ("app.", "copy(", "save(")
"""How the actions of the keys of every screen begin."""
ATTACHED: dict[str, tuple[type[Widget], ...]] = {
    "1 Train": (MetricsScreen, KnobPanel),
    "2 Evaluate": (LoggedEvaluateScreen,),
    "3 Weights": (LoggedWeightsScreen,),
}
"""What shows a run of another program in place of our own."""
MADE = "<!-- Made by docs/generate.py; edit that, or what it reads. -->"
WIDTH = 96
"""Columns of the help texts in the page."""


def main() -> None:
    """Write both pages."""
    (ROOT / "docs" / "command-line.md").write_text(command_line())
    (ROOT / "docs" / "keys.md").write_text(asyncio.run(keys()))
    (ROOT / "core" / "options" / "key_names.py").write_text(key_names())


def command_line() -> str:
    """The page on the command line: each command's own help."""
    parts = [
        "# The command line",
        MADE,
        "Without a command, `train` is meant. Flags may be written with `_` or with `-`.",
    ]
    for name, command in cli.commands.items():
        settings = command.context_settings
        with click.Context(command, info_name=f"trainpad {name}", **settings) as context:
            context.max_content_width = context.terminal_width = WIDTH
            parts += [f"## trainpad {name}", f"```\n{command.get_help(context)}\n```"]
    return "\n\n".join(parts) + "\n"


async def keys() -> str:
    """The page on the keys: every screen's bindings, with what they do."""
    parts = [
        "# Keys",
        MADE,
        "`?` shows those of the screen that is up; `ctrl+p` finds them by name.",
        "Those with a name can be changed in [`trainpad.toml`](options.md).",
    ]
    app = TrainpadApp(nothing(), viewer=True)
    async with app.run_test(size=(160, 45)) as pilot:
        everywhere = _rows(app, common=True)
        parts += ["## On every screen", *_table(everywhere)]
        for place in SCREENS:
            await pilot.press(place.key)
            await pilot.pause()
            rows = [row for row in _rows(app, common=False) if row not in everywhere]
            parts += [f"## {place.key} {place.title}", f"{place.purpose}.", *_table(rows)]
        for name, kinds in ATTACHED.items():
            rows = [row for kind in kinds for row in _declared(app, kind)]
            parts += [f"## {name}, of a run of another program", *_table(rows)]
        app.exit("quit")
    return "\n\n".join(parts) + "\n"


def nothing() -> Iterator[Event]:
    """A source to which nothing ever happens."""
    while True:
        yield Tick()
        time.sleep(0.05)


def key_names() -> str:
    """The module with the names of all keys, as `trainpad.toml` takes them."""
    lines = "".join(f'        "{name}",\n' for name in sorted(binding_ids()))
    return (
        '"""The names of all keys, for `trainpad.toml`. Made by docs/generate.py."""\n\n'
        "from typing import Final\n\n"
        f"KEY_NAMES: Final = frozenset(\n    {{\n{lines}    }}\n)\n"
    )


def binding_ids() -> set[str]:
    """The ids of the bindings of all screens, widgets and apps."""
    for module in pkgutil.walk_packages(tui.__path__, "tui."):
        importlib.import_module(module.name)
    kinds, found = [DOMNode], set[str]()
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.__module__.startswith("tui."):
            bindings = Binding.make_bindings(kind.__dict__.get("BINDINGS", ()))
            found |= {binding.id for binding in bindings if binding.id}
    return found


def _rows(app: TrainpadApp, *, common: bool) -> list[tuple[str, str, str]]:
    """Key, meaning and name of the bindings that all screens have, or of the others."""
    return [
        (own_key_label(app, binding), binding.tooltip, binding.id or "")
        for _node, binding in screen_bindings(app.screen)
        if (binding.action.startswith((GO_ACTION, *COMMON_ACTIONS))) is common
    ]


def _declared(app: TrainpadApp, kind: type[Widget]) -> list[tuple[str, str, str]]:
    """Key, meaning and name of the bindings that a screen or widget declares itself."""
    declared: dict[str, Binding] = {}
    for binding in Binding.make_bindings(kind.BINDINGS):
        declared.setdefault(binding.action, binding)
    return [
        (own_key_label(app, found), found.tooltip, found.id or "") for found in declared.values()
    ]


def _table(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    lines = ["| key | what it does | name |", "|---|---|---|"]
    lines += [f"| `{key}` | {meaning} | {name and f'`{name}`'} |" for key, meaning, name in rows]
    yield "\n".join(line.replace("| `|`", "| `\\|`") for line in lines)


if __name__ == "__main__":
    main()
