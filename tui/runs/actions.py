"""The actions on a run on disk: ask for confirmation or input, act, report the result."""

import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from core.export.export import check_target
from core.export.options import ExportOptions, export_runs
from core.run.hparams import SPECS
from core.rundir import deletion, notes
from core.rundir.overview import RunEntry
from core.rundir.rundir import RunDir
from core.session.request import branch_request
from data.places import working_folder
from trainpad.errors import UserError
from trainpad.place import expanded
from tui.runs.dialogs import ConfirmDialog, FormDialog
from tui.widgets.background import BackgroundJob

if TYPE_CHECKING:
    from tui.dashboard.screen import DashboardScreen

FORMATS = {
    ".csv": "csv", ".png": "png", ".svg": "svg", ".ipynb": "notebook", ".keras": "keras"
}  # fmt: skip
"""Export format by file extension."""
Compared = Sequence[tuple[str, RunEntry]]


class RunActions:
    """The actions on runs; posts `RunsChanged` to its screen when files of a run have changed."""

    class RunsChanged(Message):
        """Files of a run have changed."""

    def __init__(self, screen: "DashboardScreen") -> None:
        self._screen = screen
        self._export_job: BackgroundJob[list[str]] = BackgroundJob(screen, self._export_finished)

    def perform(self, name: str, entry: RunEntry, compared: Compared) -> None:
        """Perform the action `name` on a run, or on the compared ones."""
        actions: dict[str, Callable[[], None]] = {
            "open": lambda: self._screen.host.open_run(entry.run),
            "replay": lambda: self._ask_speed(entry),
            "resume": lambda: self._resume(entry),
            "branch": lambda: self._branch(entry),
            "note": lambda: self._ask_note(entry),
            "export": lambda: self._ask_file(entry, compared),
            "delete": lambda: self._ask_delete(entry),
        }
        self._try(actions[name])

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

    def _check_can_train(self, entry: RunEntry, flag: str) -> None:
        """Raise a `UserError` where this process trains a run already."""
        if not self._screen.host.can_start_training:
            command = f"trainpad {flag} {_quoted(entry)}"
            raise UserError(f"this window cannot train now; run `{command}` in a shell")

    def _ask_note(self, entry: RunEntry) -> None:
        note = entry.note
        fields = [("name", note.title), ("tags", " ".join(note.tags)), ("note", note.text)]

        def write(values: list[str]) -> None:
            title, tags, text = values
            notes.write(entry.run, notes.make_note(title, tags.replace(",", " ").split(), text))
            self._screen.post_message(self.RunsChanged())

        self._open_form(FormDialog(entry.summary.name, fields), write)

    def _ask_file(self, entry: RunEntry, compared: Compared) -> None:
        runs = [other.run for letter, other in compared if letter] or [entry.run]
        is_multiple = len(runs) > 1
        name = "runs.png" if is_multiple else f"{entry.summary.name}.csv"
        title = f"Export {len(runs)} runs" if is_multiple else f"Export {entry.title}"
        self._ask_target(title, runs, str(working_folder() / name))

    def _ask_target(
        self, title: str, runs: Sequence[RunDir], target: str, problem: str = ""
    ) -> None:
        """Ask for the file; what is wrong with it is said in the form, which keeps the path."""
        single = "" if len(runs) > 1 else ", .csv evaluations, .keras network"
        hint = f"{problem}\n" if problem else f".png or .svg plot, .ipynb notebook{single}\n"
        form = FormDialog(title, [("file; its extension is the format", target)], hint)

        def on_close(values: list[str]) -> None:
            given = values[0].strip()
            try:
                # The same file once more confirms that it is to be replaced.
                self._export(runs, given, force=bool(problem) and given == target)
            except FileExistsError as error:
                self._ask_target(title, runs, given, f"{error}; enter once more replaces it")
            except UserError as error:
                self._ask_target(title, runs, given, str(error))

        self._open_form(form, on_close)

    def _export(self, runs: Sequence[RunDir], given: str, *, force: bool) -> None:
        path = expanded(given)
        if path.suffix not in FORMATS:
            raise UserError(f"{path.name} must end in {', '.join(FORMATS)}")
        check_target(str(path), force=force)
        file_format = FORMATS[path.suffix]
        options = ExportOptions(**{file_format: str(path)}, force=True)  # type: ignore[arg-type]
        self._export_job.submit(lambda: export_runs(runs, options), now=True)

    def _export_finished(self, result: list[str] | Exception) -> None:
        messages = [str(result)] if isinstance(result, Exception) else result
        self._screen.host.toast("; ".join(messages))

    def _ask_delete(self, entry: RunEntry) -> None:
        def on_close(confirmed: bool | None) -> None:
            if confirmed:
                self._try(lambda: self._delete(entry))

        question = f"Delete {entry.title}, {entry.summary.steps:,} steps, permanently?"
        self._screen.app.push_screen(ConfirmDialog(question), on_close)

    def _delete(self, entry: RunEntry) -> None:
        kept = deletion.delete_run(entry.run)
        left = f"; {', '.join(kept[:3])} not written by trainpad: kept" if kept else ""
        self._screen.host.toast(f"deleted {entry.title}{left}")
        self._screen.post_message(self.RunsChanged())


def _quoted(entry: RunEntry) -> str:
    return shlex.quote(str(entry.run.path))


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1e9:
        raise UserError(f"speed must be a number from 0 to 1e9, such as 10, not {text[:20]!r}")
    return speed
