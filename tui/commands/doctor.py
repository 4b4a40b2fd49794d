"""The command `doctor`."""

import os
import sys
from pathlib import Path

import click

from core.cli.flags import flag


@click.command()
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def doctor(log_dir: Path | None, as_json: bool) -> int:
    """Check the terminal, device, data and installation, and suggest improvements.

    The exit status is 1 if there is a problem that keeps trainpad from working.

    Example: trainpad doctor
    """
    from itertools import chain

    from core.cli.doctor import check_data, check_runs, check_versions
    from core.cli.doctor_device import check_device
    from core.cli.findings import report
    from tui.doctor import check_terminal

    runs_found = check_runs(log_dir)
    parts = check_terminal(), check_versions(), runs_found, check_data(), check_device()
    width = os.get_terminal_size(1).columns - 1 if os.isatty(1) else 0
    return report(chain(*parts), sys.stdout, as_json=as_json, width=width)
