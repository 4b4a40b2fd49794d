"""The command `train`: in the dashboard, on standard output, or detached."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from core.cli.flags import ascii_flag, flag, hyperparameter_flags, pace_flags
from core.cli.hook_flags import hook_flags, take_hooks
from core.process.inherited import Inherited
from core.run.presets import PRESETS
from core.training.cluster import STRATEGIES
from tui.terminal.environment import Pace, configure_textual, has_screen, needs_ascii

if TYPE_CHECKING:
    from core.session.notifications import Notifications

QUICK: Final = 1.0
"""Seconds that the end waits for a command that notifies; its failure is then reported."""


@click.command()
@click.pass_obj
@hyperparameter_flags
@flag("hidden1", metavar="N", help="Units of the first hidden layer, as in the lab.  [128]")
@flag("hidden2", metavar="N", help="Units of the second hidden layer, as in the lab.  [32]")
@flag("model", metavar="FILE.py[:FUNCTION]", help="A Keras model of your own: build(hp).")
@flag("hp", multiple=True, metavar="NAME=VALUE", help="A value that it asks for with hp.")
@flag("preset", type=click.Choice(sorted(PRESETS)), help="Defaults for the other flags.")
@flag("dataset", metavar="NAME|FOLDER", help="Training data.  [mnist]")
@flag("size", metavar="WxH", help="Scale and crop a folder's pictures to this size, as 64x48.")
@flag("input_data_dir", type=Path, metavar="FOLDER", help="Folder of MNIST's four files.")
@flag("fake_data", is_flag=True, help="Train on 1,000 drawn digits, to try things out.")
@flag(
    "eval_data",
    metavar="NAME|FOLDER",
    type=Path,
    help="Test on this data's test split; mine: on your digits.",
)
@flag("fingerprint", metavar="HEX", help="Refuse data with another fingerprint.")
@flag("variation", type=click.FloatRange(0, 3), help="Variation of drawn digits.  [0.7]")
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@flag("device", metavar="auto|cpu|gpu:N", help="Device to train on.  [auto]")
@flag(
    "strategy",
    type=click.Choice(STRATEGIES),
    help="Distribute over the GPUs here, or the machines in TF_CONFIG.  [none]",
)
@click.option("--xla/--no-xla", default=None, help="Compile with XLA.  [where it gains]")
@flag("headless", is_flag=True, help="No screen: print the lab's lines.")
@click.option("--json", "as_json", is_flag=True, help="No screen: print the events as JSON.")
@flag(
    "detach", is_flag=True, help="No screen: return to the prompt; reattach with `trainpad open`."
)
@pace_flags
@ascii_flag
@flag("offline", is_flag=True, help="Never use the network.")
@flag(
    "resume",
    metavar="RUN|CHECKPOINT",
    help="Resume a run exactly where it saved last, or begin it again.",
)
@flag("branch", metavar="RUN|CHECKPOINT", help="Start a new run from another's weights.")
@flag("profile", type=click.IntRange(1, 10000), metavar="STEPS", help="Profile this many steps.")
@flag("change", multiple=True, metavar="STEP:NAME=VALUE", help="Change a hyperparameter at a step.")
@hook_flags
def train(
    inherited: Inherited,
    /,
    headless: bool,
    as_json: bool,
    detach: bool,
    fps: float | None,
    bytes_per_second: float | None,
    ascii_only: bool,
    **flags: Any,
) -> int:
    """Train in the dashboard, or print lines if standard output is not a terminal.

    Example: trainpad --learning_rate 0.05 --max_steps 10000
    """
    from core.process.hooks import check_without_terminal
    from core.session.notifications import Notifications
    from core.session.request import request_from

    words, stall_seconds = take_hooks(flags), flags.pop("stall_seconds")
    request = request_from(flags)
    notifications = Notifications(words, inherited.environ, stall_seconds)
    if _is_worker(request):
        return _worker(request)
    if detach:
        check_without_terminal(words)
        return _detached(request, notifications)
    if headless or as_json or not has_screen():
        return _headless(request, notifications, as_json=as_json)
    pace, plain = Pace.resolve(fps, bytes_per_second), ascii_only or needs_ascii()
    return _dashboard(request, notifications, pace, ascii_only=plain)


AFTER_KILL = (
    "`trainpad runs` lists the run, `trainpad --resume RUN` trains on from its last checkpoint"
)


def _is_worker(request: Any) -> bool:
    if request.strategy != "multi_worker":
        return False
    from core.training.cluster import is_chief

    return not is_chief()


def _worker(request: Any) -> int:
    """Train as a worker that is not the chief: print one line, and write no files."""
    from core.session.headless import exit_status
    from core.session.session import worker_session
    from core.session.signals import FollowerSignals
    from core.training.cluster import task_name

    FollowerSignals().install()
    click.echo(f"trainpad: {task_name()} follows the chief", err=True)
    status = 1
    for event in worker_session(request):
        status = exit_status(event, status)
    return status


def _headless(request: Any, notifications: "Notifications", *, as_json: bool) -> int:
    import dataclasses

    from core.process.hooks import ring_stderr
    from core.process.redirect import redirectable_stdio
    from core.session.headless import run_headless
    from core.session.session import session
    from core.session.signals import Signals

    signals = Signals()
    signals.install()
    notifications.hooks.ring = ring_stderr
    with redirectable_stdio() as (out, on_open):
        source = session(dataclasses.replace(request, on_open=on_open))
        status = run_headless(notifications.wrap(source), out, json=as_json, signals=signals)
        notifications.hooks.wait(QUICK)
        return status


def _detached(request: Any, notifications: "Notifications") -> int:
    from core.process.launcher import fork_launcher

    launcher = fork_launcher()
    from core.session.detached import run_detached

    return run_detached(request, launcher, notifications)


def _dashboard(
    request: Any, notifications: "Notifications", pace: Pace, *, ascii_only: bool
) -> int:
    from core.process.launcher import fork_launcher

    launcher = fork_launcher(AFTER_KILL)
    configure_textual()
    from tui.launch import run_dashboard

    return run_dashboard(
        request, launcher, pace, ascii_only=ascii_only, notifications=notifications
    )
