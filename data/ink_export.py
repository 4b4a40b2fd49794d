"""Export a drawing to a PNG or stroke JSON file, which ``trainpad classify`` can read."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from data.errors import DataError
from data.ink_field import DistanceField
from data.shared_files import write_shared
from data.strokes import format_strokes

SIDE = 560
"""Side of an exported picture, in pixels."""
EXTENSIONS = (".png", ".json")


def check_export(path: Path) -> None:
    """Check that a drawing can be written to a file.

    Raises:
        DataError: its name ends in neither .png nor .json, or its folder does not exist.
    """
    if path.suffix.lower() not in EXTENSIONS:
        raise DataError(f"{path}: a drawing must be written as .png or .json")
    if not path.parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}")


def export_drawing(
    path: Path, strokes: Sequence[npt.NDArray[np.float64]], pens: Sequence[float]
) -> None:
    """Write strokes in the unit square, drawn with these pens: stroke JSON, or black on white.

    Raises:
        DataError: the file has another extension, or cannot be written.
    """
    check_export(path)
    try:
        if path.suffix.lower() == ".json":
            write_shared(path, (format_strokes(strokes) + "\n").encode())
        else:
            write_shared(path, _picture(strokes, pens))
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from error


def _picture(strokes: Sequence[npt.NDArray[np.float64]], pens: Sequence[float]) -> bytes:
    """Return a PNG of strokes in the unit square."""
    from PIL import Image

    field = DistanceField(SIDE, SIDE)
    for stroke, pen in zip(strokes, pens, strict=True):
        field.add(stroke * SIDE, pen * SIDE)
    paper = np.rint(255 * (1 - field.ink())).astype(np.uint8)
    png = io.BytesIO()
    Image.fromarray(paper).save(png, "PNG")
    return png.getvalue()
