"""The command `study`: what a study has found, and requests to it while it runs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.flags import flag
from trainpad.errors import UserError

if TYPE_CHECKING:
    from core.sweep.folder import StudyFolder
    from core.sweep.study import Study

WITH_VALUES = ("trials", "queue", "narrow", "stop-trial")
VERBS = ("pause", "resume", "stop", *WITH_VALUES)


HELP = """Print the trials of a study, the best first; or make a request to it.

\b
STUDY: its folder, else the newest. Requests:
  pause, resume          begin no trials; begin them again
  stop                   stop all trials and end
  trials N               how many trials there shall be in all
  queue NAME=VALUE...    try this setting next
  narrow NAME=LOW..HIGH  sample from a part of a range
  stop-trial N           stop one trial

Example: trainpad study queue learning_rate=0.3 optimizer=sgd
"""


@click.command(help=HELP)
@click.argument("arguments", metavar="[STUDY] [VERB ...]", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a trial.")
@flag("csv", is_flag=True, help="The trials as CSV.")
@flag("command", is_flag=True, help="The command line of the best trial.")
@flag("importance", is_flag=True, help="How much each hyperparameter matters.")
def study(
    arguments: tuple[str, ...], as_json: bool, csv: bool, command: bool, importance: bool
) -> int:
    """Print the trials of a study, or make a request to it."""
    from core.sweep.extra import check_optuna

    check_optuna()
    folder, request = _folder_and_request(arguments)
    if request:
        return _request(folder, request[0], request[1:])
    from core.sweep import results
    from core.sweep.study import Study

    opened = Study(folder, folder.description())
    if csv:
        click.echo(results.as_csv(opened), nl=False)
    elif command:
        click.echo(_best_command(opened))
    elif importance:
        _print_importance(opened)
    else:
        for line in results.as_json_lines(opened) if as_json else results.as_table(opened):
            click.echo(line)
    return 0


def _folder_and_request(arguments: Sequence[str]) -> "tuple[StudyFolder, Sequence[str]]":
    from core.sweep.folder import StudyFolder, newest_study
    from trainpad.place import absolute

    if not arguments or arguments[0] in VERBS:
        return newest_study(), arguments
    folder = StudyFolder(absolute(Path(arguments[0])))
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


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise UserError(f"{text[:40]!r} is no trial")
    return int(text)


def _best_command(opened: "Study") -> str:
    from core.sweep.plan import best_command
    from core.sweep.study import best_first

    best = best_first(opened, opened.trials())
    if not best:
        raise UserError("no trial is complete yet")
    return best_command(opened.description, best[0].params)


def _print_importance(opened: "Study") -> None:
    from core.sweep.study import importances

    for name, share in importances(opened).items():
        click.echo(f"{share:6.1%}  {name}")
