"""Find the run that a user names: by path, folder's name, title given with `n`, or project."""

from collections.abc import Sequence
from pathlib import Path

from core.rundir import notes
from core.rundir.rundir import RunDir, list_runs
from data.files import is_file
from trainpad.errors import RunError
from trainpad.files import RUN_FILE, size_of
from trainpad.place import absolute, read_info
from trainpad.text import sanitize


def resolve_run(run: str, log_dir: Path) -> RunDir:
    """The run with this path, name, title or unique beginning of a name; without one the newest.

    The name of a project, or of a run of another program, gives the newest run that has it.

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
    found = exact or beginning or _titled(runs, run)
    if not found and (called := _attached(runs, run, log_dir)):
        return called[-1]
    return _only(run, found, log_dir, exact=bool(exact))


def newest_with_numbers(log_dir: Path) -> RunDir:
    """The newest run that recorded a number; the newest of all where none has.

    Raises:
        RunError: there is no run.
    """
    newest = resolve_run("", log_dir)
    runs = reversed(list_runs(log_dir))
    return next((run for run in runs if size_of(run.losses) or size_of(run.metrics)), newest)


def _attached(runs: Sequence[RunDir], name: str, log_dir: Path) -> list[RunDir]:
    """The runs of the project of this name, or else those that their program called so."""
    attached = [run for run in runs if run.path.parent != log_dir]
    project = [run for run in attached if run.path.parent.name == name]
    return project or [run for run in attached if read_info(run.path).get("label") == name]


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
