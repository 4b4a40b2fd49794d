"""The command `pad`."""

from pathlib import Path

import click

from core.cli.completion import run_names
from core.cli.flags import argument, ascii_flag, flag
from trainpad.errors import UserError
from tui.terminal.environment import configure_textual, has_screen, needs_ascii


@click.command()
@argument("run", required=False, shell_complete=run_names)
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@flag("export", type=Path, metavar="FILE.png|json", help="Write the drawing to this file on exit.")
@flag("force", is_flag=True, help="Replace a file that exists.")
@ascii_flag
def pad(
    run: str | None, log_dir: Path | None, export: Path | None, force: bool, ascii_only: bool
) -> int:
    """Draw digits and see them classified, by the weights of RUN or the built-in ones.

    Example: trainpad pad --export digit.png
    """
    from core.rundir.rundir import optional_log_dir

    if not has_screen():
        raise UserError("standard output is not a terminal; `trainpad classify` reads files")
    folder = optional_log_dir(log_dir)
    configure_textual()
    from core.export.export import check_targets
    from core.network.classifier import load_classifier
    from core.own.network import any_network
    from tui.pad.app import run_pad

    if export is not None:
        check_targets([str(export)], force=force)
    from core.rundir.status import resolve_live_run

    classifier = None if run is None else load_classifier(run, folder, any_network)
    found = None if run is None else resolve_live_run(run, folder)
    return run_pad(classifier, folder, export, ascii_only=ascii_only or needs_ascii(), run=found)
