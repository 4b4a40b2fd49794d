"""Where attached runs are kept: one folder for each project, below the folder of all runs."""

import json
import os
import pwd
import re
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainpad.errors import RunError
from trainpad.files import RUN_FILE, make_folder, open_plain, read_plain, write_atomic

LIMIT = 4 * 1024 * 1024
"""Bytes of a `run.json` that are read at most."""
SEARCHED = 200
"""How many lines are searched for the greatest step."""
BLOCK, MAX_TAIL = 1 << 16, 1 << 25
"""Bytes of the end of a `metrics.jsonl` that are read at first, and at most, to find a step."""
_UNSAFE = re.compile(r"[^\w.+-]+")


def runs_dir() -> Path:
    """Return the folder of all runs: ``$TRAINPAD_DIR``, or one in the user's data directory.

    Raises:
        RunError: this process has no such folder.
    """
    if given := os.environ.get("TRAINPAD_DIR", "").strip():
        return absolute(given)
    data = os.environ.get("XDG_DATA_HOME", "").strip()
    if not os.path.isabs(data):  # noqa: PTH117 - a text that may be empty
        mac = sys.platform == "darwin"
        data = with_home("~/Library/Application Support" if mac else "~/.local/share")
    if not os.path.isabs(data):  # noqa: PTH117
        raise RunError(
            "this user has no home folder for runs; set HOME or TRAINPAD_DIR, or give --log_dir"
        )
    return Path(data) / "trainpad" / "runs"


def with_home(path: str) -> str:
    """Return a path with ``~`` and ``~name`` replaced, if there are such home folders.

    An empty or relative HOME counts as none, and is that of the list of users; Python takes an
    empty one for ``/``.
    """
    is_usable = os.path.isabs(os.environ.get("HOME", "/"))  # noqa: PTH117 - a text that may be empty
    if is_usable or path.partition("/")[0] != "~":
        return os.path.expanduser(path)  # noqa: PTH111 - never raises
    try:
        return pwd.getpwuid(os.getuid()).pw_dir + path[1:]
    except KeyError:
        return path


def expanded(path: str | os.PathLike[str]) -> Path:
    """Return a path that the user gave, with ``~`` and ``~name`` replaced.

    Raises:
        RunError: there is no such user, or he has no home folder.
    """
    found = with_home(os.fspath(path))
    if found.startswith("~"):
        raise RunError(f"{os.fspath(path)}: there is no such home folder; give its path")
    return Path(found)


def absolute(path: str | os.PathLike[str]) -> Path:
    """Return an absolute path that the user gave, with ``~`` and ``~name`` replaced.

    Raises:
        RunError: it has no home folder, or is below the current folder, which was removed.
    """
    try:
        return expanded(path).absolute()
    except OSError as error:
        raise RunError(
            f"{os.fspath(path)}: the current folder was removed; `cd` to another one"
        ) from error


def file_name(text: str, fallback: str) -> str:
    """Return `text` as the name of one file: never a path, never hidden, at most 60 characters."""
    name = _UNSAFE.sub("-", text).strip("-.")
    return name[:60].rstrip("-.") or fallback


def project_name(given: object) -> str:
    """Return the name of a project's folder; without one it is named after the script.

    It is never ``trainpad``: such a folder beside a script would hide the package of that name.
    """
    script = Path(sys.argv[0] if sys.argv else "").stem
    if script in ("", "-", "-c", "ipykernel_launcher", "__main__"):
        script = "python"
    name = file_name("" if given is None else str(given), file_name(script, "python"))
    return "trainpad-runs" if name.lower() == "trainpad" else name


def make_run_dir(project: Path, name: str, info: Mapping[str, Any]) -> Path:
    """Make the folder of a new run, mode 0700, with its `run.json`; return its path.

    Args:
        project: The project's folder; it is made where it does not exist.
        name: What the run is called; the folder's name begins with the time.
        info: The rest of `run.json`.

    Raises:
        OSError: as the system says.
    """
    project.mkdir(mode=0o700, parents=True, exist_ok=True)
    head = {"kind": "attached", "created": time.time(), "host": socket.gethostname()}
    begin = f"{time.strftime('%Y%m%d-%H%M%S')}-{name}"

    def content(made: str) -> bytes:
        return _encoded({"name": made, **head, **info})

    return make_folder(project, begin, RUN_FILE, content, sync=False)  # a program waits for it


def write_info(path: Path, info: Mapping[str, Any]) -> None:
    """Replace the `run.json` of the run directory `path`.

    Raises:
        OSError: as the system says.
    """
    write_atomic(path / RUN_FILE, _encoded(info), sync=False)


def _encoded(info: Mapping[str, Any]) -> bytes:
    return json.dumps(info, indent=1).encode()


def read_info(path: Path) -> dict[str, Any]:
    """Return what the `run.json` of a run directory holds; nothing where it cannot be read."""
    try:
        info = json.loads(read_plain(path / RUN_FILE, LIMIT))
    except (OSError, ValueError, RecursionError):
        return {}
    return info if isinstance(info, dict) else {}


def newest_run(folder: Path, name: str | None, project: str = "") -> Path | None:
    """Return the newest run in `folder` that a program recorded itself.

    Args:
        folder: The folder of a project.
        name: What the run is called, or None.
        project: What it belongs to, where that may differ from its folder.
    """
    try:
        folders = sorted(folder.iterdir(), key=lambda path: path.name, reverse=True)
    except OSError:
        return None
    for path in folders:
        info = {} if path.name.startswith(".") else read_info(path)
        if info.get("kind") != "attached" or (info.get("supervised") and "adopted" not in info):
            continue
        if project and info.get("project") != project:
            continue
        if name is None or name in (info.get("label"), path.name):
            return path
    return None


def last_step(path: Path) -> int:
    """Return the greatest step of the last lines of a run's `metrics.jsonl`; -1 without any.

    Steps may be logged in any order. Where a resumed part begins, the steps from there on that were
    logged before it do not count.
    """
    try:
        with open_plain(path / "metrics.jsonl") as file:
            size = file.seek(0, os.SEEK_END)
            length = BLOCK
            while True:
                start = max(0, size - length)
                file.seek(start)
                lines = file.read(size - start).split(b"\n")
                step = _last_step(lines[1:] if start else lines)
                if step >= 0 or not start or length >= MAX_TAIL:
                    return step
                length *= 8
    except OSError:
        return -1


def _last_step(lines: list[bytes]) -> int:
    """The greatest step of the last `SEARCHED` of these lines that have one; -1 where none has."""
    greatest, end, found = -1, 2**53, 0
    for line in reversed(lines):
        try:
            row = json.loads(line)
            step = row["step"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if not isinstance(step, int) or isinstance(step, bool) or not 0 <= step < 2**53:
            continue
        if step < end:
            greatest = max(greatest, step)
        if row.keys() <= {"step", "time"}:  # a resumed part begins
            end = min(end, step)
        found += 1
        if found >= SEARCHED:
            break
    return greatest
