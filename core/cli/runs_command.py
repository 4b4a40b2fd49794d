"""The command `runs`."""

import os
from pathlib import Path

import click

from core.cli.flags import flag
from trainpad.text import sanitize


@click.command()
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def runs(log_dir: Path | None, as_json: bool) -> int:
    """List the runs: data, state, steps, precision @ 1, and in what they differ.

    Of runs of other programs best and last are those of the metric that is named, on validation
    where there is one.

    In a terminal the newest is first; in a pipe, and with --json, the oldest.
    Runs that cannot be read are named on standard error.

    Example: trainpad runs --json
    """
    from core.cli.runs import READING, READING_ALL, as_json_lines, as_table, load_entries
    from core.rundir.overview import Overview
    from core.rundir.rundir import listed_log_dir
    from core.rundir.unreadable import unreadable_text
    from data import places

    overview = Overview(folder := listed_log_dir(log_dir), places.cache())
    is_table = not as_json and os.isatty(1)
    entries = load_entries(overview, READING if is_table else READING_ALL)
    if not entries and not overview.unreadable:
        click.echo(f"there is no run in {sanitize(str(folder))} yet", err=True)
    width = os.get_terminal_size(1).columns if os.isatty(1) else 0
    table = as_table(entries, width, newest_first=width > 0)
    for line in as_json_lines(entries) if as_json else table:
        click.echo(line)
    if overview.unreadable:
        click.echo(unreadable_text(overview.unreadable), err=True)
    return 0
