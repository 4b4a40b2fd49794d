"""Errors of a command, and its exit statuses."""

from typing import Final

import click

from trainpad.text import sanitize

USER_ERROR: Final = 2
"""The exit status after an error that the user can fix."""
OUTPUT_ERROR: Final = 1
"""The exit status where standard output cannot be written."""
FAULT: Final = 1
"""The exit status after an error that nobody expected."""

_MOST_COMMANDS = 3
"""As many commands as a sentence names."""


def print_error(message: str) -> int:
    """Print one sentence on standard error; return `USER_ERROR`."""
    text = sanitize(message.rstrip("."), keep="\n", limit=4000)
    click.echo(f"trainpad: {text}", err=True)
    return USER_ERROR


def describe_missing_flag(error: click.NoSuchOption) -> str:
    """The sentence for a flag that no command has, with the names that are similar."""
    from core.cli.suggestions import similar_flags

    parameters = error.ctx.command.params if error.ctx else []
    flags = [name for parameter in parameters for name in parameter.opts]
    found = similar_flags(error.option_name, flags)
    others = "" if found else _commands_with(error)
    hint = f"did you mean {' or '.join(found)}?" if found else others or "`--help` lists all"
    return f"there is no flag {error.option_name}; {hint}"


def describe_usage(error: click.BadOptionUsage) -> str:
    """The sentence for a flag that is used in a wrong way."""
    if error.message.endswith("requires an argument."):
        return f"{error.option_name} needs a value after it; `--help` says which"
    return error.format_message()


def _commands_with(error: click.NoSuchOption) -> str:
    """Which other commands have the flag; empty if none or many have."""
    group = error.ctx.find_root().command if error.ctx else None
    if not isinstance(group, click.Group):
        return ""
    names = [
        f"`trainpad {name}`"
        for name, command in group.commands.items()
        if any(error.option_name in parameter.opts for parameter in command.params)
    ]
    has = "has it" if len(names) == 1 else "have it"
    return f"{' and '.join(names)} {has}" if 0 < len(names) <= _MOST_COMMANDS else ""
