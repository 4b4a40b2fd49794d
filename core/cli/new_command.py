"""The command that writes a template of a model of one's own."""

from pathlib import Path

import click

from core.cli.completion import files
from core.cli.flags import argument
from core.network.template import TEMPLATE
from trainpad.errors import UserError


@click.command()
@argument("file", type=Path, shell_complete=files)
def new(file: Path) -> int:
    """Write a Keras model to begin with to FILE.py; `trainpad --model FILE.py` trains it.

    A name without an ending gets it.

    Example: trainpad new my_net.py
    """
    if not file.suffix:
        file = file.with_suffix(".py")
    if file.suffix != ".py":
        raise UserError(f"a model is a Python file; give a name that ends in .py, not {file.name}")
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(TEMPLATE.format(name=file))
    except FileExistsError:
        raise UserError(f"{file} exists; give another name") from None
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"trainpad: wrote {file}; train it with `trainpad --model {file}`", err=True)
    return 0
