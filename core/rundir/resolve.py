"""Find the run that a user names: by path, folder's name, title given with `n`, or project."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.rundir import notes
from core.rundir.rundir import RunDir, list_runs
from data.files import is_file
from trainpad.errors import RunError
from trainpad.files import RUN_FILE, size_of
from trainpad.place import absolute, read_info
from trainpad.text import sanitize


@dataclass(frozen=True, slots=True)
class Matches:
    """The runs that a word may mean, oldest first."""

    runs: Sequence[RunDir]
    is_group: bool = False
    """Whether it means the newest of a group: of all runs, or of those of a project."""
    is_name: bool = False
    """Whether it is the name of each of them, not a beginning or a title."""


def resolve_run(run: str, log_dir: Path) -> RunDir:
    """The run with this path, name, title or unique beginning of a name; without one the newest.

    The name of a project, or of a run of another program, gives the newest run that has it.

    Raises:
        RunError: there is no such run, or several are called so.
    """
    return only_match(run, find_matches(run, log_dir))


def only_match(run: str, matches: Matches) -> RunDir:
    """The run that is meant, the newest one where several have the name.

    Raises:
        RunError: it is the beginning of several names, or the title of several runs.
    """
    found = matches.runs
    if len(found) > 1 and not (matches.is_group or matches.is_name):
        names = ", ".join(sanitize(entry.name, limit=80) for entry in found[-3:])
        raise RunError(f"{run!r} is ambiguous: it matches {len(found)} runs, such as {names}")
    return found[-1]


def find_matches(run: str, log_dir: Path) -> Matches:
    """The runs with this path, name, title or beginning of a name, or of this project; at least 1.

    Raises:
        RunError: there is none.
    """
    if run and is_file(Path(run) / RUN_FILE):
        return Matches([RunDir(absolute(run).resolve())], is_name=True)
    runs = list_runs(log_dir)
    if not run and not runs:
        raise RunError(f"there is no run in {log_dir} yet; start one with `trainpad`")
    if not run:
        return Matches(runs, is_group=True)
    beginning = [entry for entry in runs if entry.name.startswith(run)]
    if exact := [entry for entry in beginning if entry.name == run]:
        return Matches(exact, is_name=True)
    if found := beginning or _titled(runs, run):
        return Matches(found)
    attached = [entry for entry in runs if entry.path.parent != log_dir]
    if project := [entry for entry in attached if entry.path.parent.name == run]:
        return Matches(project, is_group=True)
    if called := [entry for entry in attached if read_info(entry.path).get("label") == run]:
        return Matches(called, is_name=True)
    raise RunError(f"there is no run called {run!r} in {log_dir}")


def newest_with_numbers(log_dir: Path) -> RunDir:
    """The newest run that recorded a number; the newest of all where none has.

    Raises:
        RunError: there is no run.
    """
    newest = resolve_run("", log_dir)
    runs = reversed(list_runs(log_dir))
    return next((run for run in runs if size_of(run.losses) or size_of(run.metrics)), newest)


def _titled(runs: Sequence[RunDir], title: str) -> list[RunDir]:
    """The runs with this title, in letters of either case."""
    return [run for run in runs if notes.read(run).title.casefold() == title.strip().casefold()]
