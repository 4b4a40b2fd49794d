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
    hint = f"did you mean {' or '.join(found)}?" if found else "`--help` lists all"
    return f"there is no flag {error.option_name}; {hint}"
