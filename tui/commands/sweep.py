"""The command `sweep`."""

import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.flags import ascii_flag, flag, pace_flags
from core.cli.nonempty import NonEmptyOption
from tui.terminal.environment import Pace, configure_textual, has_screen, needs_ascii

if TYPE_CHECKING:
    from core.process.launcher import Launcher
    from core.sweep.launch import Prepared

EPILOG = """Any other flag is one of `trainpad train`, or of the program after --: a range
(0.001..1, 0.001..1:log), choices (sgd|adam), or one value. On a terminal its screen is shown, and q
asks whether the trials shall go on without it; --headless prints lines. The same command with
--study FOLDER goes on."""


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
@flag("headless", is_flag=True, help="No screen: print a line for each trial; ctrl+c ends it.")
@flag("detach", is_flag=True, help="No screen: return to the prompt; `trainpad open` shows it.")
@pace_flags
@ascii_flag
@click.option(
    "--from",
    "file",
    cls=NonEmptyOption,
    type=Path,
    metavar="FILE.toml",
    help="Read all this from a file.",
)
@click.pass_context
def sweep(
    ctx: click.Context,
    /,
    file: Path | None,
    headless: bool,
    detach: bool,
    fps: float | None,
    bytes_per_second: float | None,
    ascii_only: bool,
    **options: Any,
) -> int:
    """Try hyperparameters: many runs, chosen by Optuna; the bad ones are stopped early.

    Example: trainpad sweep --learning_rate 0.001..1 --optimizer 'sgd|adam' --trials 20
    """
    from core.sweep.optuna_installed import check_optuna

    check_optuna()
    shows = not (headless or detach) and has_screen()
    launcher = _launcher() if shows else None  # forked while there is one thread
    from core.sweep.launch import prepare, run_sweep
    from core.sweep.request import read_file

    values, program = {}, ctx.meta["program"]
    if file is not None:
        values = read_file(file)
        program = program or values.pop("program", [])
    flags = {**values.pop("fixed", {}), **values.pop("space", {})}
    of_program = bool(program) or _is_of_program(options["study"])
    flags |= _program_flags(ctx.args) if of_program else _train_flags(ctx, ctx.args)
    given = {name: value for name, value in options.items() if value is not None}
    prepared = prepare({**values, **given}, flags, program)
    if launcher is not None:
        pace = Pace.resolve(fps, bytes_per_second)
        return _show(prepared, given, launcher, pace, ascii_only=ascii_only or needs_ascii())
    if detach:
        return _detach(prepared, given)
    return run_sweep(prepared, _say)


def _launcher() -> "Launcher":
    from core.process.launcher import fork_launcher

    return fork_launcher()


def _flags_of(given: dict[str, Any]) -> list[str]:
    """What the process that runs the trials needs to be given beside the study."""
    names = ("trials", "time", "jobs")
    return [f"--{name}={given[name]}" for name in names if name in given]


def _detach(prepared: "Prepared", given: dict[str, Any]) -> int:
    from core.sweep.background import start_in_background

    start_in_background(prepared.folder, _flags_of(given))
    click.echo(str(prepared.folder.path))
    _say_that_it_goes_on(prepared)
    return 0


def _show(
    prepared: "Prepared",
    given: dict[str, Any],
    launcher: "Launcher",
    pace: Pace,
    *,
    ascii_only: bool,
) -> int:
    """Run the trials in the background, and show them until the screen is closed."""
    from core.session.headless import GOES_ON
    from core.sweep.background import last_line, start_in_background
    from core.sweep.launch import say_end
    from core.sweep.study import Study
    from core.sweep.study_requests import StudyRequests

    folder = prepared.folder
    process = start_in_background(folder, _flags_of(given))
    configure_textual()
    from tui.commands.show_study import show_study

    left = show_study(
        folder, launcher, pace, ascii_only=ascii_only, is_running=lambda: process.poll() is None
    )
    if left.stops and process.poll() is None:
        click.echo(f"trainpad: {StudyRequests(folder).stop()}", err=True)
        process.wait()
    if process.poll() is None:
        _say_that_it_goes_on(prepared)
        return left.status or GOES_ON
    if not say_end(Study(folder, folder.description()), _say):
        click.echo(f"trainpad: {last_line(folder)}", err=True)
    return process.returncode


def _say_that_it_goes_on(prepared: "Prepared") -> None:
    path = shlex.quote(str(prepared.folder.path))
    click.echo(
        f"trainpad: the trials go on; `trainpad open {path}` shows them, "
        f"`trainpad study {path} stop` stops them",
        err=True,
    )


def _train_flags(ctx: click.Context, arguments: Sequence[str]) -> dict[str, Any]:
    """The flags of `trainpad train` that were given, by name, as they were given."""
    group = ctx.find_root().command
    if not isinstance(group, click.Group):
        return {}
    train = group.commands["train"]
    with click.Context(train, info_name="sweep", parent=ctx.parent) as context:
        values, left, _ = train.make_parser(context).parse_args(list(arguments))
        for parameter in train.params:
            if isinstance(parameter, NonEmptyOption):
                parameter.refuse_empty(context, values.get(parameter.name))
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
    from core.sweep.request import flag_pairs

    return flag_pairs(arguments)


def _say(text: str) -> None:
    clock = time.strftime("%H:%M:%S") if sys.stdout.isatty() else ""
    click.echo(f"{clock}  {text}" if clock else text)
