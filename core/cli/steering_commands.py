"""The commands that steer a run from the shell, and tell what it does."""

from pathlib import Path

import click

from core.cli.completion import run_names
from core.cli.flags import argument, flag

WAIT_HELP = "Wait for the run's answer; exit status 1 where none came."
EPILOG = "The run: a path or a name, else the latest that is live. Exit status 2: there is none."


class _Seconds(click.FloatRange):
    name = "number of seconds"  # as an error message calls it


def add_steering_commands(group: click.Group) -> None:
    """Add the commands that make requests, and ``set``, ``status`` and ``tail``."""
    for name, text in (
        ("pause", "Pause a run."),
        ("resume", "Resume a paused run."),
        ("stop", "Stop a run: it saves and ends."),
        ("save", "Ask a run to save a checkpoint now."),
        ("evaluate", "Ask a run to evaluate now."),
    ):
        group.add_command(_verb_command(name, text), name)
    for command in (set_values, status, tail):
        group.add_command(command)


def _verb_command(name: str, text: str) -> click.Command:
    @click.command(name, help=f"{text}\n\n{EPILOG}\n\nExample: trainpad {name} --wait 5")
    @argument("run", default="", shell_complete=run_names)
    @flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
    @flag("wait", type=_Seconds(0), metavar="SECONDS", default=0.0, help=WAIT_HELP)
    def command(run: str, log_dir: Path | None, wait: float) -> int:
        from core.cli.steer import VERBS, steer

        (verb,) = (verb for verb in VERBS if verb.name == name)
        return steer(verb, run, log_dir, wait, click.echo)

    return command


@click.command("set")
@argument("arguments", metavar="[RUN] NAME=VALUE...", nargs=-1)
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@flag("wait", type=_Seconds(0), metavar="SECONDS", default=0.0, help=WAIT_HELP)
def set_values(arguments: tuple[str, ...], log_dir: Path | None, wait: float) -> int:
    """Change values of a run while it trains; `trainpad status --json` lists them.

    Example: trainpad set learning_rate=0.01 --wait 5
    """
    from core.cli.steer import set_values as change

    return change(arguments, log_dir, wait, click.echo)


@click.command()
@argument("run", default="", shell_complete=run_names)
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object a line.")
@flag("watch", is_flag=True, help="Print it again when it changes, until the run ends.")
def status(run: str, log_dir: Path | None, as_json: bool, watch: bool) -> int:
    """Print what a run does, how far it is, and its last values.

    Example: trainpad status --json
    """
    from core.cli.report import watch_status
    from core.rundir.rundir import log_dir_from
    from core.rundir.status import resolve_live_run

    found = resolve_live_run(run, log_dir_from(log_dir))
    for line in watch_status(found, as_json=as_json, watch=watch):
        click.echo(line)
    return 0


@click.command()
@argument("run", default="", shell_complete=run_names)
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@click.option("-n", "--lines", type=click.IntRange(0), default=10, help="How many at first.  [10]")
@click.option("--follow/--no-follow", default=True, help="Go on until the run ends.  [on]")
def tail(run: str, log_dir: Path | None, lines: int, follow: bool) -> int:
    """Print the numbers and events of a run as they come.

    Example: trainpad tail
    """
    from core.cli.report import tail as read_lines
    from core.rundir.rundir import log_dir_from
    from core.rundir.status import resolve_live_run

    found = resolve_live_run(run, log_dir_from(log_dir))
    for line in read_lines(found, lines, follow=follow):
        click.echo(line)
    return 0
