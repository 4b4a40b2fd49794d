"""The earlier run in which a program goes on that `trainpad run` started."""

import os
from contextlib import suppress
from pathlib import Path

from core.run.state import RunState
from core.rundir.attached import is_attached
from core.rundir.rundir import RunDir
from trainpad.errors import RunError
from trainpad.supervised import CONTINUES


def earlier_run(run: RunState) -> RunDir | None:
    """The run that `run` says its program goes on in, where it is another run of the same user."""
    named = run.info.get(CONTINUES)
    if not isinstance(named, str) or not run.directory or not Path(named).is_absolute():
        return None
    earlier = RunDir(Path(named))
    with suppress(OSError, RunError, ValueError):
        of_same_user = os.stat(named).st_uid == os.stat(run.directory).st_uid  # noqa: PTH116
        if of_same_user and earlier.path != Path(run.directory) and is_attached(earlier):
            return earlier
    return None
