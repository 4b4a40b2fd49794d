"""`trainpad.init` and the functions that mean the current run."""

import os
import shutil
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from trainpad import ending, place, ranks, supervised
from trainpad.about import describe_program
from trainpad.attached import Run
from trainpad.errors import RunError, warn
from trainpad.lock import take_run_lock
from trainpad.records import Record
from trainpad.text import sanitize

Resume = Literal["never", "allow", "must"]
_OFF = ("off", "disabled", "0", "false", "no")
_WORKER = (
    "nothing is recorded in this process, since the one that started it has a run; to record both, "
    "end that run before this process starts"
)
_current: Run | None = None
_unknown_seen: set[str] = set()
_lock = threading.RLock()  # a signal handler may begin a run while one is begun
"""Held while a run is begun: of several threads that do, each ends the run of the one before."""


def _in_child() -> None:
    global _lock  # noqa: PLW0603 - the thread that held it is not in the child
    _lock = threading.RLock()


os.register_at_fork(after_in_child=_in_child)


def init(
    project: str | None = None,
    name: str | None = None,
    config: object = None,
    *,
    steps: int | None = None,
    epochs: int | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002 - the name that wandb uses
    resume: Resume | None = "never",
    **unknown: object,
) -> Run:
    """Begin a run; return at once.

    A run that is still open in this process is finished first. With several processes only the
    first records. Set ``TRAINPAD_MODE=off`` to record nothing, and ``TRAINPAD_DIR`` to choose
    where.

    Args:
        project: What runs belong together; by default the name of the script.
        name: What this run is called; by default the time.
        config: Its settings: a dict, an ``argparse.Namespace`` or a data class.
        steps: How many steps are planned.
        epochs: How many epochs are planned.
        dir: The folder of all runs; by default one in the user's data directory.
        resume: ``never`` or None: a new run; ``allow``: go on in the newest run of this project
            (and name), where there is one; ``must``: that run has to exist.
        unknown: Keywords of similar libraries, which have no effect; said once.

    Raises:
        RunError: with ``resume="must"``, there is no such run, or another process writes it.

    Example:
        >>> run = trainpad.init("cifar", config={"batch": 128}, steps=20_000)
    """
    global _current  # noqa: PLW0603 - the current run is what the module is about
    mode = str(unknown.pop("mode", "") or os.environ.get("TRAINPAD_MODE", "")).lower()
    _warn_unknown("init", unknown)
    with _lock:
        if _current is not None:
            ending.end(_current, "done: another run was begun")
        run = _make_run(config)
        try:
            if mode not in _OFF and not ranks.rank() and not _is_worker():
                _record(run, project, name, dir, resume or "never", steps=steps, epochs=epochs)
        finally:  # not before it records: another thread may end it
            _current = run
    return run


def _is_worker() -> bool:
    """Return whether the parent of this process records; say so, once, in a sentence."""
    if not ranks.is_worker():
        return False
    if not ranks.is_importing() and _WORKER not in _unknown_seen:
        _unknown_seen.add(_WORKER)
        warn(_WORKER)
    return True


def _record(
    run: Run,
    project: str | None,
    name: str | None,
    dir: str | os.PathLike[str] | None,  # noqa: A002 - as of `init`
    resume: Resume,
    **planned: int | None,
) -> None:
    """Begin to record `run`; `planned` are its steps and epochs. See `init`."""
    try:
        root = place.absolute(dir) if dir else place.runs_dir()
        folder = root / place.project_name(project)
        about = {"project": place.project_name(project), **describe_program()}
        about |= {"label": None if name is None else sanitize(str(name), limit=200)}
        about |= {key: _count(value) for key, value in planned.items()}
        _open(run, folder, about, resume)
    except Exception as error:
        if resume == "must":
            raise error if isinstance(error, RunError) else RunError(str(error)) from error
        warn(f"nothing is recorded: {error}")


def _make_run(config: object) -> Run:
    try:
        return Run(config, processes=ranks.world_size())
    except Exception as error:  # noqa: BLE001 - the program's own object may raise anything
        warn(f"config is not recorded: {error}")
        return Run(processes=ranks.world_size())


def _open(run: Run, folder: Path, about: dict[str, Any], resume: str) -> None:
    if resume not in ("never", "allow", "must"):
        warn(f"resume must be 'never', 'allow' or 'must', not {resume!r}; this is a new run")
    label = about["label"]
    path = None
    if resume in ("allow", "must"):
        path = supervised.resumable(folder, label, about["project"])
    if path is not None:
        try:
            _reopen(run, path, about)
        except RunError as error:
            if resume == "must":
                raise
            warn(f"{error}; this is a new run")
        else:
            with suppress(OSError):
                if supervised.leave_for(path):
                    run.support("stop")  # the supervisor ends a program that does not follow
            if os.environ.get(supervised.VARIABLE):
                warn(f"it goes on in {path}, which `trainpad open` shows")
            return
    elif resume == "must":
        raise RunError(f"there is no run {label or ''} in {folder} to resume".replace("  ", " "))
    about["config"] = run.config.take()
    if _adopt(run, about):
        return
    path = place.make_run_dir(folder, place.file_name(label or "", folder.name), about)
    try:
        _begin(run, path, place.read_info(path), take_run_lock(path), 0)
    except BaseException:
        run.path = None
        shutil.rmtree(path, ignore_errors=True)
        raise
    if sys.stderr is not None and sys.stderr.isatty():
        warn(f"recording {path.name}; `trainpad open` in another terminal shows it")


def _adopt(run: Run, about: Mapping[str, Any]) -> bool:
    """Record in the directory that `trainpad run` made for this program, where it did."""
    claimed = supervised.claim()
    if claimed is None:
        return False
    path, lock = claimed
    try:
        info = supervised.adopted_info(path, about)
        place.write_info(path, info)
    except BaseException:
        os.close(lock)
        raise
    _begin(run, path, info, lock, 0)
    run.support("stop")  # the supervisor ends a program that does not follow
    return True


def _reopen(run: Run, path: Path, about: Mapping[str, Any]) -> None:
    """Go on in the directory of an earlier run."""
    lock = take_run_lock(path)
    try:
        before = _resumed_info(run, path, about)
        resumed = place.last_step(path) + 1
    except BaseException:
        os.close(lock)
        raise
    _begin(run, path, before, lock, resumed)


def _resumed_info(run: Run, path: Path, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write the `run.json` of a run that goes on; return what it holds."""
    before = place.read_info(path)
    earlier = before.get("config")
    if isinstance(earlier, dict):
        run.config.fill({key: value for key, value in earlier.items() if key not in run.config})
    info = {**before, **{key: value for key, value in about.items() if value is not None}}
    info["config"] = run.config.take()
    place.write_info(path, info)
    return info


def _begin(run: Run, path: Path, info: Mapping[str, Any], lock: int, resumed: int) -> None:
    """Begin to record; release the lock where that fails."""
    try:
        run.start_recording(path, info, lock, resumed)
    except BaseException:
        if run.is_open:
            run.abandon()
        else:
            os.close(lock)
        raise


def _count(value: object) -> int | None:
    try:
        return None if value is None else max(0, int(value))  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        warn(f"{value!r} is not a number of steps or epochs")
        return None


def _warn_unknown(call: str, names: Mapping[str, object]) -> None:
    new = sorted(set(names) - _unknown_seen)
    if new:
        _unknown_seen.update(new)
        warn(f"{call}: {', '.join(map(repr, new))} {'has' if len(new) == 1 else 'have'} no effect")


def current() -> Run | None:
    """Return the run that `init` began last in this process."""
    return _current


def log(
    values: Mapping[str, Any],
    step: int | None = None,
    *,
    commit: bool | None = True,
    **unknown: object,
) -> None:
    """Record numbers in the current run; see `Run.log`. Without a run, warn once."""
    if unknown:
        _warn_unknown("log", unknown)
    if _current is not None:
        _current.log(values, step, commit=commit)
    else:
        _no_run("log")


def finish(exit_code: int | None = None) -> None:
    """End the current run; see `Run.finish`."""
    if _current is not None:
        _current.finish(exit_code)


def config() -> Record:
    """Return the configuration of the current run."""
    return Record() if _current is None else _current.config


def _no_run(what: str) -> None:
    if what not in _unknown_seen and not ranks.is_worker():
        _unknown_seen.add(what)
        warn(f"{what} has no effect before init")
