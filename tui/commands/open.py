"""The command `open`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.completion import run_names
from core.cli.flags import argument, ascii_flag, flag, pace_flags
from core.cli.hook_flags import hook_flags, take_hooks
from core.process.inherited import Inherited
from trainpad.errors import UserError
from tui.terminal.environment import Pace, configure_textual, has_screen, needs_ascii

if TYPE_CHECKING:
    from core.sweep.folder import StudyFolder


@click.command("open")
@argument("run", default="", shell_complete=run_names)
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@flag("read_only", is_flag=True, help="Show the run, but do not steer it.")
@hook_flags
@pace_flags
@ascii_flag
@click.pass_obj
def open_run(
    inherited: Inherited,
    /,
    run: str,
    log_dir: Path | None,
    read_only: bool,
    fps: float | None,
    bytes_per_second: float | None,
    ascii_only: bool,
    **hooks: Any,
) -> int:
    """Show a run in the dashboard, live or not: RUN is a path or a name, else the latest.

    The folder of a study shows its trials.

    A live run can be steered from any number of terminals, on any machine that shares its folder.
    It goes on when the dashboard is closed.

    Example: trainpad open
    """
    from core.rundir.rundir import log_dir_from
    from core.rundir.status import resolve_live_run
    from core.sweep.folder import find_study

    if not has_screen():
        raise UserError("standard output is not a terminal; `trainpad runs` lists the runs")
    if (study := find_study(run)) is not None:
        return _open_study(study, Pace.resolve(fps, bytes_per_second), ascii_only=ascii_only)
    chosen = resolve_live_run(run, log_dir_from(log_dir))
    words = take_hooks(hooks)
    from core.process.launcher import fork_launcher

    launcher = fork_launcher()
    configure_textual()
    from core.session.notifications import Notifications
    from tui.launch import run_viewer

    notifications = Notifications(words, inherited.environ, hooks["stall_seconds"])
    pace, plain = Pace.resolve(fps, bytes_per_second), ascii_only or needs_ascii()
    return run_viewer(
        chosen,
        launcher,
        pace,
        read_only=read_only,
        ascii_only=plain,
        notifications=notifications,
        says_what_goes_on=True,
    )


def _open_study(folder: "StudyFolder", pace: Pace, *, ascii_only: bool) -> int:
    from core.sweep.optuna_installed import check_optuna

    check_optuna()
    folder.description()
    from core.process.launcher import fork_launcher

    launcher = fork_launcher()
    configure_textual()
    from tui.commands.show_study import show_study

    return show_study(folder, launcher, pace, ascii_only=ascii_only or needs_ascii()).status
