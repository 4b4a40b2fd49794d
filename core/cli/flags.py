"""The flags of the command line, and the group of its commands; `main.py` says what each does.

A hyperparameter's flag is made from its declaration, so that flag, panel and check are one.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from core.run.hparams import SPECS

CONTEXT_SETTINGS: Final[Mapping[str, Any]] = {
    "max_content_width": 100,
    "help_option_names": ["--help", "-h"],
}
"""What holds for the help of every command."""
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class DefaultGroup(click.Group):
    """A group whose command `train` need not be named."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, context_settings=dict(CONTEXT_SETTINGS), **options)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `train` first where neither a command, mistyped or not, nor help is asked for."""
        if args:
            wants_group = not args[0].startswith("-") or args[0] in ("--help", "-h", "--version")
        else:
            wants_group = ctx.resilient_parsing  # a shell asks what may come first
        return super().parse_args(ctx, args if wants_group else ["train", *args])

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Take a command on, and have its help look like the group's."""
        cmd.context_settings = {**CONTEXT_SETTINGS, **cmd.context_settings}
        super().add_command(cmd, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Every command with the whole of its first sentence, however narrow the terminal is."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, self.commands[name].get_short_help_str(limit=1000))
                    for name in self.list_commands(ctx)
                ]
            )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What may come first: a command, or a flag of `train`."""
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            found += self.commands["train"].shell_complete(ctx, incomplete)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Do as asked; that whoever read our output has left is no error."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Python's own farewell would complain on the way out.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return 0


def flag(name: str, **options: Any) -> Decorator:
    """An option that may be written ``--max_steps`` or ``--max-steps``."""
    spellings = dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}"))
    return click.option(*spellings, name, **options)


def run_names(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The runs that a shell may complete a name to, newest first."""
    from core.rundir.rundir import default_log_dir, list_runs

    names = [run.name for run in reversed(list_runs(default_log_dir()))]
    return [name for name in names if name.startswith(incomplete)]


def hyperparameter_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """A flag for each declared hyperparameter; the value is checked by its declaration."""
    for declared in reversed(list(SPECS.values())):
        shown = (
            declared.format(declared.default).replace(", ", "|").replace(",", "").replace("|", ",")
        )
        command = flag(
            declared.name,
            metavar="|".join(declared.choices) or ("N,N" if declared.kind is tuple else "N"),
            help=f"{declared.help}  [{shown}]",
        )(command)
    return command


def pace_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """How much a dashboard may send."""
    command = flag(
        "bytes_per_second",
        type=click.FloatRange(min=100),
        metavar="N",
        help="What following the numbers may send.  [3600 over SSH]",
    )(command)
    return flag(
        "fps",
        type=click.FloatRange(0.1, 60),
        metavar="N",
        help="How often the screen follows them.  [8; 4 over SSH]",
    )(command)


ascii_flag = click.option("--ascii", "ascii_only", is_flag=True, help="Only ASCII characters.")
