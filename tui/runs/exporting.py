"""Export runs from the Runs screen: ask for the file until it can be written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.export.export import Export, check_target
from core.export.options import ExportOptions, export_runs
from core.rundir.entry import RunEntry
from core.rundir.rundir import RunDir
from data.places import working_folder
from trainpad.errors import UserError
from trainpad.place import expanded
from tui.runs.dialogs import FormDialog
from tui.widgets.background import BackgroundJob

if TYPE_CHECKING:
    from tui.dashboard.screen import DashboardScreen

FORMATS = {
    ".csv": "csv", ".png": "png", ".svg": "svg", ".ipynb": "notebook", ".keras": "keras",
    ".py": "keras_script",
}  # fmt: skip
"""Export format by file extension."""
ONE_RUN = ".png or .svg plot, .csv evaluations, .ipynb notebook, .keras network, .py Keras"
ATTACHED = ".png or .svg plot, .csv numbers"
SEVERAL = ".png or .svg plot, .ipynb notebook"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the dialog asks for: the file for some runs, and what was wrong with the last one."""

    title: str
    runs: Sequence[RunDir]
    formats: str
    target: str
    problem: str = ""
    exists: bool = False
    """Whether the file exists: the same one once more replaces it."""


class RunExport:
    """Asks for a file, and writes it on a thread; a failure is shown in the dialog again."""

    def __init__(self, screen: "DashboardScreen") -> None:
        self._screen = screen
        self._job: BackgroundJob[Callable[[], None]] = BackgroundJob(screen, self._finished)

    def ask(self, entry: RunEntry, compared: Sequence[RunEntry]) -> None:
        """Ask for the file of the compared runs, or else of `entry`."""
        if len(compared) == 1:
            (entry,) = compared
        if len(compared) > 1:
            title, name, formats = f"Export {len(compared)} runs", "runs.png", SEVERAL
        else:
            title, name = f"Export {entry.title}", f"{entry.summary.name}.csv"
            formats = ATTACHED if entry.summary.is_attached else ONE_RUN
        runs = [other.run for other in compared] or [entry.run]
        self._show(Asked(title, runs, formats, str(working_folder() / name)))

    def _show(self, asked: Asked) -> None:
        hint = f"{asked.problem or asked.formats}\n"
        form = FormDialog(asked.title, [("file; its extension is the format", asked.target)], hint)

        def on_close(values: list[str] | None) -> None:
            if values is not None:
                self._submit(replace(asked, target=values[0].strip()), before=asked)

        self._screen.app.push_screen(form, on_close)

    def _submit(self, asked: Asked, before: Asked) -> None:
        """Export, or ask again with what is wrong."""
        force = before.exists and asked.target == before.target
        try:
            options = _options(asked.target, force=force)
        except FileExistsError as error:
            problem = f"{error}; enter once more replaces it"
            self._show(replace(asked, problem=problem, exists=True))
        except UserError as error:
            self._show(replace(asked, problem=str(error), exists=False))
        else:
            self._job.submit(lambda: self._export(asked, options), now=True)

    def _export(self, asked: Asked, options: ExportOptions) -> Callable[[], None]:
        """On a thread: write the file; return what is to be done on the screen's thread."""
        try:
            messages = export_runs(asked.runs, options, _draw)
        except UserError as error:
            again = replace(asked, problem=str(error), exists=False)
            return lambda: self._ask_again(again)
        return lambda: self._screen.host.toast("; ".join(messages))

    def _ask_again(self, asked: Asked) -> None:
        """Show what went wrong in the dialog, unless another screen is shown by now."""
        if self._screen.is_current:
            self._show(asked)
        else:
            self._screen.host.toast(asked.problem)

    def _finished(self, result: Callable[[], None] | Exception) -> None:
        if isinstance(result, Exception):
            self._screen.host.toast(str(result))
        else:
            result()


def _draw(exports: Sequence[Export], file_format: str) -> bytes:
    from tui.curves.plot import plot  # with the first picture

    return plot(exports, file_format)


def _options(target: str, *, force: bool) -> ExportOptions:
    """Return the export to this file.

    Raises:
        FileExistsError: there is such a file, and `force` is not given.
        UserError: its extension is unknown, or it is a file of a run.
    """
    path = expanded(target)
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"{path.name} must end in {', '.join(FORMATS)}")
    check_target(str(path), force=force)
    file_format = FORMATS[path.suffix.lower()]
    return ExportOptions(**{file_format: str(path)}, force=True)  # type: ignore[arg-type]
