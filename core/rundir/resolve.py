"""Find the run that a user names: by its path, its folder's name, or the title given with `n`."""

from collections.abc import Sequence
from pathlib import Path

from core.rundir import notes
from core.rundir.rundir import RunDir, list_runs
from data.files import is_file
from trainpad.errors import RunError
from trainpad.files import RUN_FILE
from trainpad.place import absolute
from trainpad.text import sanitize


def resolve_run(run: str, log_dir: Path) -> RunDir:
    """The run with this path, name, title or unique beginning of a name; without one the newest.

    Raises:
        RunError: there is no such run, or several are called so.
    """
    if run and is_file(Path(run) / RUN_FILE):
        return RunDir(absolute(run).resolve())
    runs = list_runs(log_dir)
    if not run and not runs:
        raise RunError(f"there is no run in {log_dir} yet; start one with `trainpad`")
    if not run:
        return runs[-1]
    beginning = [entry for entry in runs if entry.name.startswith(run)]
    exact = [entry for entry in beginning if entry.name == run]
    return _only(run, exact or beginning or _titled(runs, run), log_dir, exact=bool(exact))


def _titled(runs: Sequence[RunDir], title: str) -> list[RunDir]:
    """The runs with this title, in letters of either case."""
    return [run for run in runs if notes.read(run).title.casefold() == title.strip().casefold()]


def _only(named: str, found: Sequence[RunDir], log_dir: Path, *, exact: bool) -> RunDir:
    if not found:
        raise RunError(f"there is no run called {named!r} in {log_dir}")
    if len(found) > 1 and not exact:
        names = ", ".join(sanitize(entry.name, limit=80) for entry in found[-3:])
        raise RunError(f"{named!r} is ambiguous: it matches {len(found)} runs, such as {names}")
    return found[-1]
