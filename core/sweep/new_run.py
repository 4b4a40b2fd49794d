"""A trial's setting as a run of its own, outside of the study."""

import shlex
import subprocess
from collections.abc import Sequence
from typing import Final

from core.sweep.folder import STUDIES, StudyFolder
from core.sweep.plan import best_command
from core.sweep.process import trainpad_command
from core.sweep.results import Row, rows_of
from core.sweep.study import Study, best_first
from trainpad.errors import RunError, UserError
from trainpad.text import sanitize

SECONDS: Final = 60
"""How long a training may take to start."""


def setting_of(folder: StudyFolder, number: int | None) -> Row:
    """The trial with this number, or the best one.

    Raises:
        UserError: there is none.
    """
    study = Study(folder, folder.description())
    trials = study.trials()
    found = best_first(study, trials) if number is None else trials[number : number + 1]
    if not found:
        raise UserError("no trial is complete yet" if number is None else f"no trial {number}")
    return rows_of(found[:1])[0]


def train_words(folder: StudyFolder, number: int | None, flags: Sequence[str]) -> list[str]:
    """What follows `trainpad` to train with a trial's setting and more flags, from the beginning.

    Raises:
        UserError: there is no such trial.
    """
    command = best_command(folder.description(), setting_of(folder, number).params)
    return words_of(folder, [*shlex.split(command), *flags])


def branch_words(folder: StudyFolder, number: int | None, flags: Sequence[str]) -> list[str]:
    """What follows `trainpad` to go on from a trial's weights in a run of its own.

    Raises:
        UserError: there is no such trial, it has no run, or a program of the user's own ran it.
    """
    if folder.description().program:
        raise UserError("a program that trainpad did not train cannot be branched; use train")
    row = setting_of(folder, number)
    runs = folder.runs(row.number)
    if not runs:
        raise UserError(f"the run of trial {row.number} is gone; use train")
    return words_of(folder, ["trainpad", "--branch", str(runs[-1].path), *flags])


def words_of(folder: StudyFolder, command: Sequence[str]) -> list[str]:
    """What follows `trainpad` to run a command beside the study: `trainpad ...`, or a program."""
    is_beside = folder.path.parent.name == STUDIES
    log_dir = ["--log_dir", str(folder.path.parent.parent)] if is_beside else []
    if folder.description().program:
        return ["run", *log_dir, "--", *command]
    return ["train", *log_dir, *command[1:]]


def start_detached(folder: StudyFolder, line: str) -> str:
    """Start the command in `line` in the background; return what its run is called.

    Raises:
        UserError: it is no command line, or it does not start.
    """
    try:
        command = shlex.split(line)
    except ValueError as error:
        raise UserError(f"{line[:60]!r} is no command line: {error}") from error
    if not command or (command[0] != "trainpad" and not folder.description().program):
        raise UserError("it must begin with trainpad")
    verb, *words = words_of(folder, command)
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command
            [*trainpad_command(), verb, "--detach", *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunError(f"it does not start: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise RunError(sanitize("".join(said).removeprefix("trainpad: "), limit=200))
    return sanitize(done.stdout.strip().partition("\n")[0], limit=100)
