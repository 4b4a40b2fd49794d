"""The command `study`: what a study has found, and requests to it while it runs."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.flags import argument, flag
from trainpad.errors import UserError

if TYPE_CHECKING:
    from core.sweep.folder import StudyFolder

WITH_VALUES = ("trials", "queue", "narrow", "stop-trial")
NEW_RUNS = ("train", "branch")
VERBS = ("pause", "resume", "stop", *WITH_VALUES, *NEW_RUNS)


HELP = """Print the trials of a study, the best first; or make a request to it.

\b
STUDY: its folder, else the newest. Requests:
  pause, resume          begin no trials; begin them again
  stop                   stop all trials and end
  trials N               how many trials there shall be in all
  queue NAME=VALUE...    try this setting next
  narrow NAME=LOW..HIGH  sample from a part of a range
  stop-trial N           stop one trial
  train [N] [-- FLAGS]   train the best setting, or that of trial N, in a run of its own
  branch [N] [-- FLAGS]  the same, from that trial's weights

Example: trainpad study queue learning_rate=0.3 optimizer=sgd
"""


@click.command(help=HELP)
@argument("arguments", metavar="[STUDY] [VERB ...]", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a trial.")
@flag("csv", is_flag=True, help="The trials as CSV.")
@flag("command", is_flag=True, help="The command line of the best trial.")
@flag("importance", is_flag=True, help="How much each hyperparameter matters.")
def study(
    arguments: tuple[str, ...], as_json: bool, csv: bool, command: bool, importance: bool
) -> int:
    """Print the trials of a study, or make a request to it."""
    from core.sweep.optuna_installed import check_optuna

    check_optuna()
    folder, request = _folder_and_request(arguments)
    if request and request[0] in NEW_RUNS:
        return _begin_run(folder, request[0], request[1:])
    if request:
        return _request(folder, request[0], request[1:])
    from core.sweep import results
    from core.sweep.study import Study

    opened = Study(folder, folder.description())
    if csv:
        click.echo(results.as_csv(opened), nl=False)
    elif command:
        click.echo(results.best_command_of(opened))
    elif importance:
        click.echo("\n".join(results.as_importance(opened)))
    else:
        for line in results.as_json_lines(opened) if as_json else results.as_table(opened):
            click.echo(line)
    return 0


def _folder_and_request(arguments: Sequence[str]) -> "tuple[StudyFolder, Sequence[str]]":
    from core.sweep.folder import StudyFolder, find_study, newest_study
    from trainpad.place import absolute

    if not arguments or arguments[0] in VERBS:
        return newest_study(), arguments
    folder = find_study(arguments[0]) or StudyFolder(absolute(Path(arguments[0])))
    folder.description()
    if len(arguments) > 1 and arguments[1] not in VERBS:
        raise UserError(f"{arguments[1]!r} is no request; there are {', '.join(VERBS)}")
    return folder, arguments[1:]


def _request(folder: "StudyFolder", verb: str, values: Sequence[str]) -> int:
    from core.sweep.study_requests import StudyRequests

    requests, text = StudyRequests(folder), " ".join(values)
    if bool(values) != (verb in WITH_VALUES):
        raise UserError(f"{verb} {'takes no value' if values else 'needs a value'}")
    actions: Mapping[str, Callable[[], str]] = {
        "pause": lambda: requests.pause(paused=True),
        "resume": lambda: requests.pause(paused=False),
        "stop": requests.stop,
        "trials": lambda: requests.set_trials(text),
        "queue": lambda: requests.queue(text),
        "narrow": lambda: requests.narrow(text),
        "stop-trial": lambda: requests.stop_trial(_number(text)),
    }
    click.echo(f"{folder.path.name}: {actions[verb]()}")
    return 0


def _begin_run(folder: "StudyFolder", verb: str, values: Sequence[str]) -> int:
    """Become the training of a trial's setting, in this terminal."""
    from core.sweep.new_run import branch_words, train_words
    from core.sweep.process import trainpad_command

    has_number = bool(values) and not values[0].startswith("-")
    number = _number(values[0]) if has_number else None
    words_of = train_words if verb == "train" else branch_words
    command = [*trainpad_command(), *words_of(folder, number, values[has_number:])]
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - ours


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise UserError(f"{text[:40]!r} is no trial")
    return int(text)
