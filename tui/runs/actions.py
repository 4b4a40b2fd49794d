"""What one can do with a run on the disk, from its key to the end: ask, do, say what came of it."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from core.export.options import ExportOptions, export_runs
from core.rundir import deletion, notes
from core.rundir.overview import RunEntry
from core.rundir.rundir import RunDir
from core.session.request import resume_request
from trainpad.errors import UserError
from tui.runs.dialogs import Form, Question
from tui.widgets.background import BackgroundJob

if TYPE_CHECKING:
    from tui.dashboard.screen import DashboardScreen

FORMATS = {".csv": "csv", ".png": "png", ".ipynb": "notebook"}
"""What a file's ending asks for."""
Compared = Sequence[tuple[str, RunEntry]]


class RunActions:
    """The actions on runs; posts `Done` to its screen when a run may be another than before."""

    class RunsChanged(Message):
        """Something on the disk changed."""

    def __init__(self, screen: "DashboardScreen") -> None:
        self._screen = screen
        self._export_job: BackgroundJob[list[str]] = BackgroundJob(screen, self._export_finished)

    def perform(self, name: str, entry: RunEntry, compared: Compared) -> None:
        """Do what the key called `name` is for with a run, or with those that are compared."""
        acts: dict[str, Callable[[], None]] = {
            "open": lambda: self._screen.host.open_run(entry.run),
            "replay": lambda: self._ask_speed(entry),
            "resume": lambda: self._begin(entry, branch=False),
            "branch": lambda: self._begin(entry, branch=True),
            "note": lambda: self._ask_note(entry),
            "export": lambda: self._ask_file(entry, compared),
            "delete": lambda: self._ask_delete(entry),
        }
        self._try(acts[name])

    def _try(self, act: Callable[[], None]) -> None:
        """Do it, or say why not."""
        try:
            act()
        except UserError as error:
            self._screen.host.toast(str(error))

    def _open_form(self, form: Form, act: Callable[[list[str]], None]) -> None:
        """Have a form filled in, and act on it unless it was left."""

        def answered(answer: list[str] | None) -> None:
            if answer is not None:
                self._try(lambda: act(answer))

        self._screen.app.push_screen(form, answered)

    def _ask_speed(self, entry: RunEntry) -> None:
        title = f"Replay {entry.title}: how many times as fast as it was?"
        self._open_form(
            Form(title, [("speed", "10")]),
            lambda answer: self._screen.host.open_run(entry.run, _speed(answer[0])),
        )

    def _begin(self, entry: RunEntry, *, branch: bool) -> None:
        app = self._screen.host
        command = f"trainpad {'--branch' if branch else '--resume'} {_quoted(entry)}"
        if not branch and entry.summary.is_live:
            raise UserError(f"{entry.title} is being trained already; enter shows it")
        if not branch and entry.summary.steps >= entry.summary.max_steps:
            more = f"{command} --max_steps {2 * entry.summary.steps}"
            raise UserError(f"{entry.title} has done all its steps; `{more}` goes on with it")
        if not app.can_start_training:
            raise UserError(f"this window cannot train it now; `{command}` at a prompt can")
        app.start_training(resume_request(entry.run, branch=branch))

    def _ask_note(self, entry: RunEntry) -> None:
        note = entry.note
        fields = [("name", note.title), ("tags", " ".join(note.tags)), ("note", note.text)]

        def write(answer: list[str]) -> None:
            title, tags, text = answer
            notes.write(entry.run, notes.make_note(title, tags.replace(",", " ").split(), text))
            self._screen.post_message(self.RunsChanged())

        self._open_form(Form(entry.summary.name, fields), write)

    def _ask_file(self, entry: RunEntry, compared: Compared) -> None:
        runs = [other.run for letter, other in compared if letter] or [entry.run]
        several = len(runs) > 1
        title = f"Export {len(runs)} runs" if several else f"Export {entry.title}"
        name = "runs.png" if several else f"{entry.summary.name}.csv"
        hint = ".png a picture, .ipynb a notebook" + ("" if several else ", .csv the evaluations")
        field = ("file; its ending says what it holds", str(Path.cwd() / name))
        self._open_form(
            Form(title, [field], f"{hint}\n"),
            lambda answer: self._export(runs, Path(answer[0].strip()).expanduser()),
        )

    def _export(self, runs: Sequence[RunDir], path: Path) -> None:
        if path.suffix not in FORMATS:
            known = ", ".join(FORMATS)
            raise UserError(f"{path.name} must end in {known}; `trainpad export` can do more")
        way = FORMATS[path.suffix]
        wanted = ExportOptions(**{way: str(path)})  # type: ignore[arg-type]  # none of WAYS is a flag
        self._export_job.submit(lambda: export_runs(runs, wanted), now=True)

    def _export_finished(self, result: list[str] | Exception) -> None:
        told = [str(result)] if isinstance(result, Exception) else result
        self._screen.host.toast("; ".join(told))

    def _ask_delete(self, entry: RunEntry) -> None:
        def answered(answer: bool | None) -> None:
            if answer:
                self._try(lambda: self._delete(entry))

        question = f"Delete {entry.title}, {entry.summary.steps:,} steps, for good?"
        self._screen.app.push_screen(Question(question), answered)

    def _delete(self, entry: RunEntry) -> None:
        staying = deletion.delete_run(entry.run)
        left = f"; {', '.join(staying[:3])} in it is not trainpad's and stays" if staying else ""
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
