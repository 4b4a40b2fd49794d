"""The run that `trainpad run` began for this program, and which this program may record itself.

`trainpad run` names the run's directory in the environment, and keeps its `lock`. The program that
records numbers and events keeps `writer.lock`, so that the supervisor writes neither meanwhile; in
`run.json` it says that it did, so that one program records the run and no other after it.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from trainpad import place
from trainpad.errors import RunError
from trainpad.lock import RUN_LOCK, is_locked, lock, open_lock

VARIABLE = "TRAINPAD_RUN"
"""The environment variable that holds the run directory."""
ADOPTED = "adopted"
"""The key of `run.json` with the id of the process that records the run itself."""
CONTINUES = "continues"
"""The key of `run.json` with the directory of an earlier run in which the program goes on."""
WRITER_LOCK = "writer.lock"
ATTEMPTS, WAIT = 100, 0.02
"""How often, and every how many seconds, that lock is tried: the supervisor has it for moments."""


def claim() -> tuple[Path, int] | None:
    """Become the writer of the run of this program; return its directory and the lock's descriptor.

    None where `trainpad run` did not start the program, or another process records the run.

    Raises:
        OSError: the lock cannot be opened.
    """
    given = os.environ.get(VARIABLE, "")
    path = Path(given)
    if not given or not path.is_absolute() or not _is_free(path):
        return None
    if not is_locked(path / RUN_LOCK):  # an environment that outlived its run, as in tmux
        return None
    descriptor = open_lock(path / WRITER_LOCK)
    is_mine = True
    with suppress(OSError):
        is_mine = lock(descriptor, attempts=ATTEMPTS, wait=WAIT)
    if is_mine and _is_free(path):
        return path, descriptor
    os.close(descriptor)
    return None


def leave_for(earlier: Path) -> bool:
    """Record in the run of this program that the program goes on in `earlier`; whether it has one.

    Raises:
        OSError: the run cannot be written.
    """
    path = Path(os.environ.get(VARIABLE, ""))
    if not path.is_absolute() or not _is_free(path) or not is_locked(path / RUN_LOCK):
        return False
    descriptor = open_lock(path / WRITER_LOCK)
    try:
        with suppress(OSError):
            lock(descriptor, attempts=ATTEMPTS, wait=WAIT)
        place.write_info(path, {**place.read_info(path), CONTINUES: str(earlier)})
    finally:
        os.close(descriptor)
    return True


def resumable(folder: Path, name: str | None, project: str) -> Path | None:
    """Return the newest run of a project that this program may go on with, or None.

    Args:
        folder: The project's folder; `trainpad run` may have named another one after the script.
        name: What the run is called, or None.
        project: The project.
    """
    found = [place.newest_run(folder, name)]
    given = Path(os.environ.get(VARIABLE, ""))
    if given.is_absolute():
        found.append(place.newest_run(given.parent, name, project))
    return max(filter(None, found), key=lambda path: path.name, default=None)


def _is_free(path: Path) -> bool:
    info = place.read_info(path)
    return info.get("supervised") is True and ADOPTED not in info


def adopted_info(path: Path, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `run.json` of a run that this program records from now on.

    What was given to `trainpad run` stays: its command, and the name and project where they were
    named.

    Raises:
        RunError: the file cannot be read.
    """
    before = place.read_info(path)
    if not before:
        raise RunError(f"{path} cannot be read")
    given = {key: value for key, value in about.items() if value is not None}
    kept: dict[str, Any] = {}
    for key in ("command", "folder", "git", *before.get("given", ())):
        kept[key] = before.get(key)
    return {**before, **given, **kept, ADOPTED: os.getpid()}
