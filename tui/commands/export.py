"""The command `export`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.cli.completion import run_names
from core.cli.flags import argument, flag
from trainpad.errors import UserError

if TYPE_CHECKING:
    from core.export.export import Export


@click.command()
@argument("runs", metavar="[RUN]...", nargs=-1, shell_complete=run_names)
@flag(
    "csv",
    metavar="FILE|-",
    default="",
    is_flag=False,
    flag_value="-",
    help="Every evaluation, every number of an attached run, or every trial; alone, on standard"
    " output.",
)
@click.option("--classes", is_flag=True, help="In --csv, a row for each class: recall, F1, ...")
@flag("losses", metavar="FILE|-", default="", help="The loss of every step, as CSV.")
@click.option("--json", is_flag=True, help="Print all but the losses, as JSON.")
@flag("png", metavar="FILE|-", default="", help="The charts as they are on the screen.")
@flag("svg", metavar="FILE|-", default="", help="The same picture as SVG.")
@flag(
    "theme",
    metavar="NAME",
    default="",
    help="Colours of the pictures, such as textual-light.  [the dashboard's]",
)
@flag("notebook", metavar="FILE|-", default="", help="A Jupyter notebook that plots it.")
@flag("keras", metavar="FILE.keras", default="", help="The network, for Keras; pixels 0 to 255.")
@flag("keras_script", metavar="FILE.py|-", default="", help="Plain Keras that trains it again.")
@click.option("--command", is_flag=True, help="Print a command that reproduces the run.")
@flag("importance", is_flag=True, help="Of a study: how much each hyperparameter matters.")
@flag(
    "checkpoint", metavar="best|last|FILE", default="best", help="Checkpoint for --keras.  [best]"
)
@flag("force", is_flag=True, help="Replace files that exist.")
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
def export(runs: tuple[str, ...], log_dir: Path | None, **options: Any) -> int:
    """Export a run for other programs: RUN is a path or a name, else the latest with numbers.

    --png, --svg and --notebook take several runs and compare them. Of a run of another program,
    --csv, --json, --png and --svg have all its numbers, and --losses those with loss in their name.

    A study has --csv and --json (its trials), --command (of the best one) and --importance.

    Example: trainpad export --csv - --png loss.png
    """
    from core.sweep.folder import find_study

    study = find_study(runs[0]) if len(runs) == 1 else None
    if study is not None:
        from core.cli.study_export import export_study

        messages = export_study(study, options)
    else:
        messages = _export_runs(runs, log_dir, options)
    for message in messages:
        click.echo(f"trainpad: {message}", err=True)
    return 0


def _export_runs(runs: tuple[str, ...], log_dir: Path | None, options: dict[str, Any]) -> list[str]:
    from core.export.options import ExportOptions, export_runs
    from core.rundir.resolve import newest_with_numbers, resolve_run
    from core.rundir.rundir import log_dir_from

    if options.pop("importance"):
        raise UserError("--importance is for a study: give its folder")
    folder, theme = log_dir_from(log_dir), options.pop("theme")
    found = [resolve_run(run, folder) for run in runs] or [newest_with_numbers(folder)]

    def draw(exports: "Sequence[Export]", file_format: str) -> bytes:
        from tui.curves.plot import plot  # with what draws, which the other formats need not load

        return plot(exports, file_format, theme)

    return export_runs(found, ExportOptions(**options), draw)
