"""The command `mine`."""

from pathlib import Path

import click

from core.cli.flags import flag
from core.cli.nonempty import NonEmptyOption
from trainpad.text import sanitize


@click.command()
@flag("export", type=Path, metavar="FOLDER", help="Write all into a new folder, as IDX and PNG.")
@click.option(
    "--import",
    "to_import",
    cls=NonEmptyOption,
    type=click.Path(path_type=Path),
    metavar="PATH",
    multiple=True,
    help="Add labelled digits: a folder with IDX files, or with a folder of pictures for each "
    "digit; or, with --label, pictures or strokes.",
)
@click.option("--label", type=click.IntRange(0, 9), help="The digit that all imported ones show.")
@click.option(
    "--no-split", is_flag=True, help="Take each picture as one digit, also where it shows several."
)
def mine(
    export: Path | None, to_import: tuple[Path, ...], label: int | None, no_split: bool
) -> int:
    """Count your own digits, which you drew and labelled on the pad; export and import them.

    They are a data set, `--dataset mine` and `--dataset mnist+mine`, and a test set of your own:
    `--eval_data mine`. Digits that are already there with the same label are not added again.

    Example: trainpad mine --export my-digits
    """
    import numpy as np

    from core.output.counted import counted
    from data.dataset import DIGITS
    from data.user_digits import add_user_digits, read_user_digits, user_digits_folder
    from data.user_digits_files import already_there, export_user_digits, read_labelled

    folder = user_digits_folder()
    split = False if no_split else None
    parts = [read_labelled(path, label, split=split, hint=_print_hint) for path in to_import]
    for path, (images, labels) in zip(to_import, parts, strict=True):
        new = ~already_there(read_user_digits(folder), images, labels)
        if new.any():
            add_user_digits(folder, images[new], labels[new])
        known = f"; {counted(int((~new).sum()), 'digit')} already there" if not new.all() else ""
        click.echo(f"{counted(int(new.sum()), 'digit')} of {sanitize(str(path))} added{known}")
    digits = read_user_digits(folder)
    if export is not None:
        count = export_user_digits(digits, export)
        click.echo(f"{counted(count, 'digit')} written to {sanitize(str(export))}, as IDX and PNG")
    elif not to_import:
        counts = np.bincount(digits.labels, minlength=len(DIGITS)).tolist()
        each = "  ".join(f"{name}: {count}" for name, count in zip(DIGITS, counts, strict=True))
        click.echo(f"{counted(len(digits), 'digit')} of yours in {sanitize(str(folder))}\n{each}")
    return 0


def _print_hint(sentence: str) -> None:
    click.echo(f"trainpad: {sanitize(sentence)}", err=True)
