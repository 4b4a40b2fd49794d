"""Flags and arguments that refuse an empty value.

A script that writes ``--log_dir "$RUNS"`` gives one where the variable is not set. A `Path` of it
is the current folder, and for most values it is the same as none.
"""

from typing import Any

import click
from click.core import ParameterSource


class _NonEmpty(click.Parameter):
    """A parameter that may be left out, but is not empty where it is given."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Convert what was given.

        Raises:
            click.UsageError: it is empty, or one of several values is.
        """
        if ctx.get_parameter_source(self.name or "") is ParameterSource.COMMANDLINE:
            self.refuse_empty(ctx, value)
        return super().type_cast_value(ctx, value)

    def refuse_empty(self, ctx: click.Context, value: Any) -> None:
        """Check a value that was given, or several.

        Raises:
            click.UsageError: it is empty, or one of several values is.
        """
        values = value if isinstance(value, list | tuple) else (value,)
        if "" in values and not ctx.resilient_parsing:
            advice = "give it a value" + ("" if self.required else " or leave it out")
            raise click.UsageError(f"{self._shown()} is empty; {advice}", ctx)

    def _shown(self) -> str:
        return self.opts[0] if isinstance(self, click.Option) else "an argument"


class NonEmptyOption(_NonEmpty, click.Option):
    """A flag whose value is not empty."""


class NonEmptyArgument(_NonEmpty, click.Argument):
    """An argument that is not empty."""
