"""The command `sweep`."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from core.cli.flags import flag

EPILOG = """Any other flag is one of `trainpad train`, or of the program after --: a range
(0.001..1, 0.001..1:log), choices (sgd|adam), or one value. Ctrl+c saves and ends; the same command
with --study FOLDER goes on."""


class SweepCommand(click.Command):
    """A command that leaves the flags of the training and the program after ``--`` as they are."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the program off before click removes the ``--``."""
        place = args.index("--") if "--" in args else len(args)
        ctx.meta["program"] = args[place + 1 :]
        return super().parse_args(ctx, args[:place])


@click.command(
    cls=SweepCommand,
    epilog=EPILOG,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
@flag("study", type=Path, metavar="FOLDER", help="The study's folder; an existing one goes on.")
@flag("trials", type=click.IntRange(1), metavar="N", help="How many trials in all.  [40]")
@flag("time", metavar="30m", help="Begin no trial after this time.")
@flag("jobs", metavar="N|auto", help="Trials at the same time; auto: one on each GPU.  [auto]")
@flag("goal", metavar="METRIC", help="What counts.  [accuracy/validation]")
@flag("direction", type=click.Choice(["maximize", "minimize"]), help="Which values are good.")
@flag("sampler", type=click.Choice(["tpe", "random", "grid"]), help="What chooses.  [tpe]")
@flag("pruner", type=click.Choice(["median", "hyperband", "none"]), help="What stops.  [median]")
@flag("seeds", type=click.IntRange(1, 100), metavar="N", help="Runs of each setting.  [1]")
@flag("seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Of sampler and runs.  [0]")
@click.option("--from", "file", type=Path, metavar="FILE.toml", help="Read all this from a file.")
@click.pass_context
def sweep(ctx: click.Context, /, file: Path | None, **options: Any) -> int:
    """Try hyperparameters: many runs, chosen by Optuna; the bad ones are stopped early.

    Example: trainpad sweep --learning_rate 0.001..1 --optimizer 'sgd|adam' --trials 20
    """
    from core.sweep.extra import check_optuna

    check_optuna()
    from core.sweep.launch import run_sweep
    from core.sweep.request import read_file

    values, program = {}, ctx.meta["program"]
    if file is not None:
        values = read_file(file)
        program = program or values.pop("program", [])
    flags = {**values.pop("fixed", {}), **values.pop("space", {})}
    of_program = bool(program) or _is_of_program(options["study"])
    flags |= _program_flags(ctx.args) if of_program else _train_flags(ctx, ctx.args)
    given = {name: value for name, value in options.items() if value is not None}
    return run_sweep({**values, **given}, flags, program, _say)


def _train_flags(ctx: click.Context, arguments: Sequence[str]) -> dict[str, Any]:
    """The flags of `trainpad train` that were given, by name, as they were given."""
    group = ctx.find_root().command
    if not isinstance(group, click.Group):
        return {}
    train = group.commands["train"]
    with click.Context(train, info_name="sweep", parent=ctx.parent) as context:
        values, left, _ = train.make_parser(context).parse_args(list(arguments))
    if left:
        raise click.UsageError(f"unexpected argument {left[0]!r}; a program follows after --")
    return values


def _is_of_program(study: Path | None) -> bool:
    """Whether an existing study runs a program."""
    from core.sweep.folder import StudyFolder
    from trainpad.place import absolute

    folder = StudyFolder(absolute(study)) if study else None
    return folder is not None and folder.is_study() and bool(folder.description().program)


def _program_flags(arguments: Sequence[str]) -> dict[str, str]:
    from core.sweep.request import pairs_of

    return pairs_of(arguments)


def _say(text: str) -> None:
    clock = time.strftime("%H:%M:%S") if sys.stdout.isatty() else ""
    click.echo(f"{clock}  {text}" if clock else text)
