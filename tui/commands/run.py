"""The command `run`: any program, in the dashboard, on standard output, or detached."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli import completion
from core.cli.errors import print_error
from core.cli.flags import ascii_flag, flag, pace_flags
from core.cli.hook_flags import hook_flags, take_hooks
from core.process.inherited import Inherited
from core.process.stdio import print_message
from trainpad.text import sanitize
from tui.terminal.environment import Pace, configure_textual, has_screen, needs_ascii

if TYPE_CHECKING:
    from core.program.start import ProgramRequest


@click.command("run", context_settings={"allow_interspersed_args": False})
@click.argument(
    "command", metavar="PROGRAM [ARGUMENT]...", nargs=-1, required=True,
    type=click.UNPROCESSED, shell_complete=completion.files,
)  # fmt: skip
@flag("name", metavar="NAME", default="", help="What the run is called.")
@flag("project", metavar="NAME", default="", help="What it belongs to.  [the script's name]")
@flag("parse", metavar="PATTERN", multiple=True, help="Where numbers are in its lines; see above.")
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@flag("headless", is_flag=True, help="No screen: print what the program prints.")
@flag("detach", is_flag=True, help="No screen: return to the prompt; `trainpad open` shows it.")
@hook_flags
@pace_flags
@ascii_flag
@click.pass_obj
def run_program(inherited: Inherited, /, command: Sequence[str], **flags: Any) -> int:
    r"""Start any program, and show its output and the numbers that it prints.

    It goes on when the dashboard is closed with q; Q asks and stops it: SIGTERM, and SIGKILL after
    30 seconds. Its exit status is passed on; 75 says that it goes on without the dashboard. A
    program that uses trainpad records its run itself.

    Numbers are found in the lines of Keras, tqdm, Hugging Face, TensorFlow's tutorials, and in
    `name: number` or `name=number` beside a step or an epoch. A PATTERN is a regular expression
    with a group for each number: --parse 'it (?P<step>\d+) err (?P<error>\S+)'.

    Example: trainpad run python train.py --epochs 10
    """
    from core.program.command import StartError

    try:
        return _run(inherited, command, flags)
    except StartError as error:
        print_error(str(error))
        return error.status


def _run(inherited: Inherited, command: Sequence[str], flags: dict[str, Any]) -> int:
    from core.output.pattern import Pattern
    from core.program.start import ProgramRequest
    from core.rundir.occasions import STALL_SECONDS
    from core.rundir.rundir import log_dir_from

    request = ProgramRequest(
        command=command,
        inherited=inherited,
        log_dir=log_dir_from(flags["log_dir"]),
        name=flags["name"],
        project=flags["project"],
        patterns=[Pattern(text) for text in flags["parse"]],
        hooks=take_hooks(flags),
        stall_seconds=flags["stall_seconds"] or STALL_SECONDS,
    )
    if flags["detach"]:
        return _detached(request)
    if flags["headless"] or not has_screen():
        return _headless(request)
    return _dashboard(request, flags)


def _detached(request: "ProgramRequest") -> int:
    from core.process.hooks import check_without_terminal
    from core.program.start import make_run, supervise_in_background

    check_without_terminal(request.hooks)
    run = make_run(request)
    supervise_in_background(request, run, None)
    click.echo(sanitize(run.name))
    click.echo("trainpad: it keeps running; `trainpad open` shows it", err=True)
    return 0


def _headless(request: "ProgramRequest") -> int:
    """Run the program in the foreground: its output, its signals and its exit status."""
    from core.process.hooks import ring_stderr
    from core.program.foreground import Foreground
    from core.program.start import make_run, supervise
    from core.program.terminal import size_of_terminal

    run = make_run(request)
    print_message(f"the run is {run.path}")
    foreground = Foreground()
    return supervise(
        request,
        run,
        say=print_message,
        stdin=subprocess.DEVNULL if os.isatty(0) else 0,
        size=size_of_terminal(1),
        echo=foreground.echo,
        on_start=foreground.begin,
        ring=ring_stderr,
    )


def _dashboard(request: "ProgramRequest", flags: dict[str, Any]) -> int:
    """Run the program under a supervisor of its own, and show it until the dashboard is closed."""
    from core.process.launcher import fork_launcher

    launcher = fork_launcher()
    from core.program.start import exit_status_of, make_run, supervise_in_background
    from core.program.terminal import size_of_terminal
    from core.rundir.after_closing import after_closing

    run = make_run(request)
    supervisor = supervise_in_background(request, run, size_of_terminal(1))
    configure_textual()
    from core.session.headless import GOES_ON
    from core.session.notifications import Notifications
    from tui.launch import run_viewer

    pace = Pace.resolve(flags["fps"], flags["bytes_per_second"])
    plain = flags["ascii_only"] or needs_ascii()
    notifications = Notifications(
        request.hooks, request.inherited.environ, request.stall_seconds, commands=False
    )
    run_viewer(run, launcher, pace, read_only=False, ascii_only=plain, notifications=notifications)
    status = exit_status_of(supervisor)
    if status is None:
        print_message(after_closing(run))
        return GOES_ON
    return status
