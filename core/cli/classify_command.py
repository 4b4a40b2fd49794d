"""The command `classify`."""

from pathlib import Path

import click

from core.cli.completion import files as complete_files
from core.cli.errors import print_error
from core.cli.flags import argument, flag
from trainpad.text import sanitize


@click.command()
@argument("files", metavar="FILE...", nargs=-1, required=True, shell_complete=complete_files)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each digit.")
@flag("run", metavar="RUN", help="Use the newest weights of this run.  [built-in weights]")
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@click.option(
    "--split/--no-split",
    default=None,
    help="Find several digits in each picture and drawing, or take each as one.  "
    "[several in pictures that show them]",
)
def classify(
    files: tuple[str, ...], as_json: bool, run: str | None, log_dir: Path | None, split: bool | None
) -> int:
    """Classify the digits in files: pictures, .npy, IDX or stroke JSON; - is standard input.

    Of several digits in one picture, each has a line; with --json also its box. With a run that was
    trained on other pictures than MNIST's, each file is one picture, scaled to the size of those.

    Pictures are PNG, JPEG, BMP, GIF, WebP or TIFF. A file that cannot be read is reported, and the
    others are classified all the same; the exit status is then 2.

    Example: trainpad classify --json digit.png
    """
    from core.cli.classify import classification_lines
    from core.network.classifier import load_classifier
    from core.own.network import any_network
    from core.rundir.rundir import optional_log_dir

    classifier = load_classifier(run, optional_log_dir(log_dir), any_network)
    errors: list[int] = []
    for line in classification_lines(
        files,
        classifier,
        split=split,
        json=as_json,
        failed=lambda sentence: errors.append(print_error(sentence)),
        hint=lambda sentence: click.echo(f"trainpad: {sanitize(sentence)}", err=True),
    ):
        click.echo(line)
    return max(errors, default=0)
