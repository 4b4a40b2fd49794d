"""The flags that notify of what happens in a run."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from core.cli.flags import Decorator, flag
from core.options.options import load_options

HOOKS: Final = {
    "finish": "Once it is done or stopped: bell, osc9 (a message of the terminal) or a command.",
    "fail": "The same once it has failed.",
    "nan": "The same when a number becomes NaN or infinite.",
    "stall": "The same when nothing comes from it for a while.",
}
"""The kinds of notifications, and the help of their flags."""


def hook_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--on-finish`` and the like, and ``--stall_seconds``."""
    command = flag(
        "stall_seconds",
        type=click.FloatRange(min=1),
        metavar="N",
        help="Seconds of nothing after which --on-stall comes.  [600]",
    )(command)
    for kind, text in reversed(HOOKS.items()):
        add: Decorator = flag(
            f"on_{kind}",
            metavar="COMMAND",
            default="",
            help=text,
        )
        command = add(command)
    return command


def take_hooks(flags: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Remove the hooks from what a command was given; return the words of each, by its kind.

    What was not given is taken from the options, ``stall_seconds`` in `flags` too.

    Raises:
        UserError: one is no command, or an option is wrong; one sentence.
    """
    from core.process.hooks import parse_hook

    options = load_options()
    given: Mapping[str, str] = {
        kind: flags.pop(f"on_{kind}") or options.alerts.get(kind, "") for kind in HOOKS
    }
    flags["stall_seconds"] = flags.get("stall_seconds") or options.stall_seconds
    return {kind: parse_hook(f"--on-{kind}", text) for kind, text in given.items() if text}
