"""The command that prints a network's layers as a table, before anything is trained."""

from collections.abc import Iterator
from difflib import get_close_matches

import click

from core.cli.completion import words
from core.cli.flags import argument, flag
from core.run.presets import PRESETS
from trainpad.errors import UserError

HEAD = ("layer", "shape", "parameters", "multiply-adds")
DEFAULT_IMAGE = "28x28"
LAB_LAYERS = "128,32"


@click.command()
@argument("layers", nargs=-1, metavar="[LAYERS]", shell_complete=words(*PRESETS))
@flag("image", metavar="HxW|HxWx3", default=DEFAULT_IMAGE, help="Size of the images.  [28x28]")
@flag("classes", type=click.IntRange(1, 100_000), default=10, help="Number of classes.  [10]")
def network(layers: tuple[str, ...], image: str, classes: int) -> int:
    """Show the layers of a network with shapes and parameters; LAYERS may be a preset.

    A number is a fully connected layer of so many units, with ReLU. conv 32 5x5 is a convolution
    with ReLU; stride 2 or valid may follow. pool takes the maximum of 2x2 pixels, pool 3x3 of more;
    global pool the mean of all. batchnorm directly follows one of those with weights. dropout 0.4
    has a rate of its own, dropout that of --dropout. flatten is implied before units.

    Example: trainpad network 'conv 32 5x5, pool, conv 64 5x5, pool, 1024, dropout 0.4'
    """
    if len(layers) > 1:
        raise UserError(f"put the layers in quotes: trainpad network '{' '.join(layers)}'")
    for line in network_table(layers[0] if layers else LAB_LAYERS, image, classes):
        click.echo(line)
    return 0


def network_table(text: str, image: str, classes: int) -> Iterator[str]:
    """Yield the lines of the table.

    Raises:
        UserError: a layer is wrong, or does not fit the images.
    """
    from core.network.architecture import build_architecture, format_shape
    from core.run.layers import parse_layers

    try:
        layers = parse_layers(str(PRESETS.get(text, {}).get("network", text)))
    except UserError as error:
        similar = get_close_matches(text, PRESETS, n=1)
        raise UserError(f"{error}" + f"; or the preset {similar[0]}" * bool(similar)) from None
    architecture = build_architecture(layers, parse_image_shape(image), classes)
    rows: list[tuple[str, ...]] = [HEAD, ("images", format_shape(architecture.input_shape), "", "")]
    for stage in architecture.stages:
        shape = f"{format_shape(stage.inputs)} → {format_shape(stage.outputs)}"
        name = "output" if stage.is_output else str(stage.layer)
        counts = (stage.parameters, stage.flops // 2)
        rows.append((name, shape, *(f"{count:,}" if count else "" for count in counts)))
    total = (architecture.parameters, architecture.flops // 2)
    rows.append(("total", "", *(f"{count:,}" for count in total)))
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    for name, shape, *numbers in rows:
        cells = [name.ljust(widths[0]), shape.ljust(widths[1])]
        cells += [n.rjust(w) for n, w in zip(numbers, widths[2:], strict=True)]
        yield "  ".join(cells).rstrip()


def parse_image_shape(text: str) -> tuple[int, ...]:
    """Height, width and channels from a text such as ``28x28`` or ``32x32x3``.

    Raises:
        UserError: it is no such text.
    """
    parts = text.lower().split("x")
    numbers = [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 6]
    colours = numbers[2:] or [1]
    if len(numbers) != len(parts) or len(numbers) not in (2, 3) or 0 in numbers or colours[0] > 4:
        raise UserError(f"image must be height x width, as 28x28 or 32x32x3, not {text[:40]!r}")
    return tuple(numbers)
