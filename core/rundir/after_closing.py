"""The sentence that says what becomes of a live run when the screen that shows it is closed."""

from core.rundir.attached import control_of
from core.rundir.rundir import RunDir
from trainpad.errors import RunError, UserError
from trainpad.text import sanitize


def after_closing(run: RunDir) -> str:
    """Return what a live run does now, and the commands that show and stop it."""
    name = sanitize(run.name)
    command = sanitize(run.quoted)
    try:
        desired = control_of(run).poll()
    except (RunError, UserError):  # a file of another user, or a damaged one
        return f"{name} goes on; `trainpad open {command}` shows it"
    if desired.stop:
        return f"{name} is being stopped; `trainpad status {command}` says when it has ended"
    return (
        f"{name} {'is paused' if desired.pause_at is not None else 'keeps running'}; "
        f"`trainpad open {command}` shows it, `trainpad stop {command}` stops it"
    )
