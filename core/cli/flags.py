"""The flags of the command line, and the class of the group of its commands.

A hyperparameter's flag is generated from its declaration, as the panel and the validation are. None
takes an empty value.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from core.cli import completion
from core.cli.nonempty import NonEmptyArgument, NonEmptyOption
from core.process.stdio import discard_stdout
from core.run.hparams import FORMER_NAMES, SPECS

CONTEXT_SETTINGS: Final[Mapping[str, Any]] = {
    "max_content_width": 100,
    "help_option_names": ["--help", "-h"],
}
"""Click settings of every command."""
COMPLETIONS: Final[Mapping[str, completion.Complete]] = {
    **dict.fromkeys(("log_dir", "input_data_dir", "eval_data"), completion.folders),
    **dict.fromkeys(
        ("csv", "losses", "png", "svg", "notebook", "keras", "export"), completion.files
    ),
    **dict.fromkeys(("resume", "branch"), completion.runs_and_files),
    "model": completion.files,
    "run": completion.run_names,
    "dataset": completion.datasets_and_folders,
    "checkpoint": completion.checkpoint_names,
    "device": completion.words("auto", "cpu", "gpu"),
}
"""How a shell completes the value of each flag that has one."""
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class DefaultGroup(click.Group):
    """A group of commands in which `train` is the default."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, context_settings=dict(CONTEXT_SETTINGS), **options)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert `train`, unless the first argument is a command (or a typo) or asks for help."""
        if args:
            wants_group = not args[0].startswith("-") or args[0] in ("--help", "-h", "--version")
        else:
            wants_group = ctx.resilient_parsing  # a shell completes the first argument
        return super().parse_args(ctx, args if wants_group else ["train", *args])

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command, with the group's settings for its help."""
        cmd.context_settings = {**CONTEXT_SETTINGS, **cmd.context_settings}
        super().add_command(cmd, name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List every command with its whole first sentence, however narrow the terminal is."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, self.commands[name].get_short_help_str(limit=1000))
                    for name in self.list_commands(ctx)
                ]
            )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the first argument: a command, or a flag of `train`."""
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            found += self.commands["train"].shell_complete(ctx, incomplete)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe at standard output is not an error."""
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            discard_stdout()  # Python would report the broken pipe when it flushes at exit
            return 0
        return status


def flag(name: str, *others: str, **options: Any) -> Decorator:
    """Return an option that may be written ``--max_steps`` or ``--max-steps``, or as `others`."""
    names = (name, *others)
    spellings = dict.fromkeys(s for n in names for s in (f"--{n}", f"--{n.replace('_', '-')}"))
    settings = {"shell_complete": COMPLETIONS.get(name), "cls": NonEmptyOption, **options}
    return click.option(*spellings, name, **settings)


def argument(name: str, **options: Any) -> Decorator:
    """Return an argument that is not empty."""
    return click.argument(name, cls=NonEmptyArgument, **options)


def hyperparameter_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add a flag for each declared hyperparameter."""
    for spec in reversed(list(SPECS.values())):
        shown = spec.format(spec.default).replace(", ", "|").replace(",", "").replace("|", ",")
        command = flag(
            spec.name,
            *(name for name, today in FORMER_NAMES.items() if today == spec.name),
            metavar="|".join(spec.choices) or ("N" if spec.canonical is None else "LAYERS"),
            help=f"{spec.help}  [{shown}]",
            shell_complete=completion.words(*spec.choices),
        )(command)
    return command


def pace_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags that limit what a dashboard sends."""
    command = flag(
        "bytes_per_second",
        type=click.FloatRange(min=100),
        metavar="N",
        help="Limit of the bytes that live updates send.  [3600 over SSH]",
    )(command)
    return flag(
        "fps",
        type=click.FloatRange(0.1, 60),
        metavar="N",
        help="Screen updates per second.  [up to 8; 4 over SSH]",
    )(command)


ascii_flag = click.option("--ascii", "ascii_only", is_flag=True, help="Only ASCII characters.")
