"""The command `watch`."""

import sys

import click

from core.cli.completion import files
from core.cli.flags import argument, ascii_flag, flag, pace_flags
from tui.terminal.environment import Pace, configure_textual, has_screen, needs_ascii


@click.command()
@argument("paths", metavar="PATH...", nargs=-1, required=True, shell_complete=files)
@click.option("--filter", "pattern", metavar="TEXT", default="", help="Only tags that match.")
@flag("group", metavar="REGEX", help="Runs that differ in name only where this matches, as a mean.")
@click.option("--once", is_flag=True, help="Print the charts as text, and exit.")
@click.option("--json", "as_json", is_flag=True, help="Print every point as JSON, and exit.")
@pace_flags
@ascii_flag
def watch(
    paths: tuple[str, ...],
    pattern: str,
    group: str | None,
    once: bool,
    as_json: bool,
    fps: float | None,
    bytes_per_second: float | None,
    ascii_only: bool,
) -> int:
    """Show what any program logs, live: folders are searched recursively.

    TensorBoard's event files; CSV with a step or an epoch (Keras, Lightning, Ultralytics); JSON
    lines with a step; trainer_state.json of Hugging Face; .wandb. Names do not matter.

    Example: trainpad watch ~/logs --filter loss
    """
    from core.tfevents.search import roots_of

    roots_of(paths)
    if as_json or once or not has_screen():
        from tui.watch.once import print_once

        print_once(paths, sys.stdout, pattern, group, as_json=as_json)
        return 0
    configure_textual()
    from tui.watch.app import run_watch

    pace, plain = Pace.resolve(fps, bytes_per_second), ascii_only or needs_ascii()
    return run_watch(paths, pattern, group, pace, ascii_only=plain)
