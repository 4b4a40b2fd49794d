"""The actions on a run on disk: ask for confirmation or input, act, report the result."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.message import Message

from core.output.counted import counted
from core.run.hparams import SPECS
from core.rundir import notes, trash
from core.rundir.entry import RunEntry
from core.rundir.playback import MAX_SPEED, MIN_SPEED
from core.rundir.rundir import RunDir
from core.session.request import branch_request
from core.sweep.folder import StudyFolder
from core.sweep.optuna_installed import check_optuna
from trainpad.errors import UserError
from trainpad.text import sanitize
from tui.runs.dialogs import ConfirmDialog, FormDialog
from tui.runs.exporting import RunExport

if TYPE_CHECKING:
    from tui.dashboard.screen import DashboardScreen

STUDY_ACTIONS = ("open", "note", "hide")
"""What can be done with a study as with a run."""
Compared = Sequence[tuple[str, RunEntry]]


class RunActions:
    """The actions on runs; posts `RunsChanged` to its screen when files of a run have changed."""

    class RunsChanged(Message):
        """Files of a run have changed."""

    def __init__(self, screen: "DashboardScreen") -> None:
        self._screen = screen
        self._export = RunExport(screen)

    def perform(self, name: str, entry: RunEntry, compared: Compared) -> None:
        """Perform the action `name` on a run, or on the compared ones."""
        if entry.summary.is_study and name not in STUDY_ACTIONS:
            self._screen.host.toast(f"{entry.title} is a study: enter shows its trials")
            return
        actions: dict[str, Callable[[], None]] = {
            "open": lambda: self._open(entry),
            "replay": lambda: self._ask_speed(entry),
            "resume": lambda: self._resume(entry),
            "branch": lambda: self._branch(entry),
            "note": lambda: self._ask_note(entry),
            "export": lambda: self._export.ask(
                entry, [other for letter, other in compared if letter]
            ),
            "hide": lambda: self._hide(entry),
            "delete": lambda: self._ask_delete(entry),
        }
        self._try(actions[name])

    def _open(self, entry: RunEntry) -> None:
        """Show a run, or the trials of a study and the run that is chosen there."""
        host = self._screen.host
        if not entry.summary.is_study:
            host.open_run(entry.run)
            return
        check_optuna()
        from tui.study.screen import Closed, StudyScreen

        def on_close(result: Closed) -> None:
            if isinstance(result, RunDir):
                self._try(lambda: host.open_run(result))
            elif result is not None:
                host.toast(str(result))

        folder = StudyFolder(entry.run.path)
        self._screen.app.push_screen(StudyScreen(folder, read_only=host.read_only), on_close)

    def _try(self, act: Callable[[], None]) -> None:
        """Perform an action; report a user error as a notification."""
        try:
            act()
        except UserError as error:
            self._screen.host.toast(str(error))

    def _open_form(self, form: FormDialog, act: Callable[[list[str]], None]) -> None:
        """Show a form, and act on its values unless it is cancelled."""

        def on_close(values: list[str] | None) -> None:
            if values is not None:
                self._try(lambda: act(values))

        self._screen.app.push_screen(form, on_close)

    def _ask_speed(self, entry: RunEntry) -> None:
        title = f"Replay {entry.title}: at how many times the original speed?"
        self._open_form(
            FormDialog(title, [("speed", "10")]),
            lambda values: self._screen.host.open_run(entry.run, _speed(values[0])),
        )

    def _resume(self, entry: RunEntry) -> None:
        """Resume a run; ask for how many steps if all are done."""
        summary = entry.summary
        if summary.is_live:
            raise UserError(f"{entry.title} is already training; press enter to show it")
        self._check_can_train(entry, "--resume")
        if summary.steps < summary.max_steps:
            self._screen.host.resume_run(entry.run, {})
            return
        title = f"{entry.title} has done all its {summary.steps:,} steps: train on to how many?"
        self._open_form(
            FormDialog(title, [("max steps", str(2 * summary.steps))]),
            lambda values: self._screen.host.resume_run(
                entry.run, {"max_steps": SPECS["max_steps"].check(values[0].replace(",", ""))}
            ),
        )

    def _branch(self, entry: RunEntry) -> None:
        self._check_can_train(entry, "--branch")
        self._screen.host.start_training(branch_request(entry.run))
        self._screen.host.toast(
            f"a new run begins with the weights of {entry.title}; Q asks and stops it"
        )

    def _check_can_train(self, entry: RunEntry, flag: str) -> None:
        """Raise a `UserError` where this process trains a run already, or cannot train this one."""
        if entry.summary.is_attached:
            raise UserError(f"another program trained {entry.title}: start that program again")
        if not self._screen.host.can_start_training:
            command = f"trainpad {flag} {_quoted(entry)}"
            raise UserError(f"this window cannot train now; run `{command}` in a shell")

    def _ask_note(self, entry: RunEntry) -> None:
        note = entry.note
        fields = [("name", note.title), ("tags", " ".join(note.tags)), ("note", note.text)]

        def write(values: list[str]) -> None:
            title, tags, text = values
            made = notes.make_note(title, tags.replace(",", " ").split(), text)
            notes.write(entry.run, replace(made, hidden=note.hidden))
            self._screen.post_message(self.RunsChanged())

        self._open_form(FormDialog(entry.summary.name, fields), write)

    def _ask_delete(self, entry: RunEntry) -> None:
        def on_close(confirmed: bool | None) -> None:
            if confirmed:
                self._try(lambda: self._delete(entry))

        question = f"Move {entry.title}, {counted(entry.summary.steps, 'step')}, to the trash?"
        self._screen.app.push_screen(ConfirmDialog(question), on_close)

    def _delete(self, entry: RunEntry) -> None:
        log_dir = self._screen.host.log_dir
        trash.move_to_trash(entry.run, log_dir)
        trash.empty_trash(log_dir)
        self._screen.host.toast(f"{entry.title} is in the trash for 30 days; u brings it back")
        self._screen.post_message(self.RunsChanged())

    def undo_delete(self) -> None:
        """Bring the run back that was deleted last."""
        self._try(self._undo_delete)

    def _undo_delete(self) -> None:
        log_dir = self._screen.host.log_dir
        deleted = trash.trashed(log_dir)
        if not deleted:
            raise UserError("the trash is empty")
        restored = trash.restore(deleted[0], log_dir)
        self._screen.host.toast(f"{sanitize(restored.name)} is back")
        self._screen.post_message(self.RunsChanged())

    def _hide(self, entry: RunEntry) -> None:
        """Hide a run, or list it again."""
        note = replace(entry.note, hidden=not entry.note.hidden)
        notes.write(entry.run, note)
        said = "is hidden; H lists it, h brings it back" if note.hidden else "is listed again"
        self._screen.host.toast(f"{entry.title} {said}")
        self._screen.post_message(self.RunsChanged())


def _quoted(entry: RunEntry) -> str:
    return shlex.quote(str(entry.run.path))


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not MIN_SPEED <= speed <= MAX_SPEED:
        raise UserError(
            f"speed must be a number from {MIN_SPEED:g} to {MAX_SPEED:g}, not {text[:20]!r}"
        )
    return speed
