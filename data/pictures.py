"""Read digits from any file, as the batch of 28x28 images that a network takes.

The format is detected by the first bytes, not the name, so that standard input works like a file.
Arrays and IDX files hold images already, stroke JSON is rasterized, and in photographs and drawings
of any size the digits are located.
"""

import io
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.dataset import PIXEL_SCALE
from data.decode import NAMES, decode, is_picture, longer_side
from data.errors import DataError, without_addresses
from data.idx import read_idx
from data.ink import SIDE, Strokes, ink_extent, inks_to_images
from data.ink_photo import locate_digits
from data.mnist import NPY_DAMAGE
from data.near_misses import HEAD, name_near_miss
from data.stretched import narrower_shapes
from data.stroke_groups import Judge, group_strokes
from data.strokes import parse_strokes
from trainpad.files import read_plain

Hint = Callable[[str], None]
"""Called with a sentence for the user."""
Floats = npt.NDArray[np.float32]
Bounds = tuple[float, float, float, float]
"""Left, top, right and bottom: in pixels of the picture, or in the strokes' unit."""

MAX_BYTES = 1 << 30
_GZIP = b"\x1f\x8b"
_NPY = b"\x93NUMPY"


def no_hint(_sentence: str) -> None:
    """Ignore a hint."""


@dataclass(frozen=True, slots=True, eq=False)
class Digits:
    """The digits in a file, and where they are."""

    images: Floats
    """``[n, 28, 28]``, 0 paper to 1 ink."""
    boxes: Sequence[Bounds | None] = ()
    """The place of each in the picture or among the strokes; None, or empty, where unknown."""
    are_pictures: bool = False
    """Whether they were found in a picture: neither drawn strokes nor ready images."""
    narrower: tuple[Floats, ...] = ()
    """One digit in other shapes, if its own may be lost: see `data.stretched`."""


def locate_digits_in(
    path: str | Path,
    *,
    split: bool | None = None,
    judge: Judge | None = None,
    hint: Hint = no_hint,
) -> Digits:
    """Read all digits in a file, and where they are.

    Args:
        path: a picture (PNG, JPEG, BMP, GIF, WebP, TIFF), ``.npy``, IDX (gzipped or not)
            or stroke JSON; ``-`` is standard input.
        split: find several digits in one picture or drawing, line after line and left to right;
            None: in pictures that seem to show several, and not in drawings.
        judge: helps to find several digits in one drawing: see `data.stroke_groups`.
        hint: called where several are found in a picture although ``split`` is None.

    Raises:
        DataError: There is no such file, or its format is not supported.
    """
    contents, source = read_contents(path)
    return locate_in_contents(contents, source, split=split, judge=judge, hint=hint)


def read_contents(path: str | Path) -> tuple[bytes, str]:
    """The contents of a file, and its name in an error; ``-`` is standard input.

    Raises:
        DataError: it cannot be read.
    """
    if str(path) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"
    try:
        return read_plain(Path(path), MAX_BYTES + 1), str(path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error


def locate_in_contents(
    contents: bytes,
    source: str,
    *,
    split: bool | None = None,
    judge: Judge | None = None,
    hint: Hint = no_hint,
) -> Digits:
    """The same as `locate_digits_in` for a file's contents; ``source`` names them in an error."""
    if len(contents) > MAX_BYTES:
        raise DataError(f"{source}: more than {MAX_BYTES:,} bytes; split it into several files")
    if is_picture(contents):
        return _from_picture(contents, source, split, hint)
    if is_npy(contents):
        return Digits(_from_npy(contents, source))
    if contents.startswith((_GZIP, b"\x00\x00")):
        return Digits(_from_idx(contents, source))
    if contents.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return _from_strokes(parse_strokes(contents, source), judge if split else None)
    found = name_near_miss(contents[:HEAD]) or "something else"
    raise DataError(f"{source}: expected {NAMES}, .npy, IDX or stroke JSON, found {found}")


def _from_strokes(drawings: Sequence[Strokes], judge: Judge | None) -> Digits:
    """One digit of each drawing, or with a judge all of each."""
    if judge is not None:
        groups = [(drawing, group_strokes(drawing, judge)) for drawing in drawings]
        drawings = [group.of(drawing) for drawing, found in groups for group in found]
    extents = [ink_extent(drawing) for drawing in drawings]
    boxes = [None if box is None else (box.left, box.top, box.right, box.bottom) for box in extents]
    return Digits(inks_to_images(drawings), boxes)


def is_npy(contents: bytes) -> bool:
    """Whether a file's contents begin like an array of numpy."""
    return contents.startswith(_NPY)


def _from_npy(contents: bytes, source: str) -> Floats:
    return as_images(load_npy(contents, source), source)


def load_npy(contents: bytes, source: str) -> npt.NDArray[Any]:
    """The array in the contents of a ``.npy`` file, which may hold no objects.

    Raises:
        DataError: it is damaged.
    """
    # Headers written by Python 2 give a warning.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array: npt.NDArray[Any] = np.load(io.BytesIO(contents), allow_pickle=False)
            return array
    except NPY_DAMAGE as error:
        raise DataError(f"{source}: not a usable .npy file{without_addresses(error)}") from error


def _from_idx(contents: bytes, source: str) -> Floats:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images"
        path.write_bytes(contents)
        try:
            array = read_idx(path)
        except DataError as error:
            raise DataError(str(error).replace(str(path), source)) from error
    return as_images(array, source)


def as_images(array: npt.NDArray[Any], source: str) -> Floats:
    """Convert an array to a network's input images: ``[n, 28, 28]``, 0 to 1.

    Args:
        array: ``[28, 28]``, ``[n, 28, 28]``, ``[784]`` or ``[n, 784]``, also with an
            axis of one channel; whole numbers from 0 to
            255, or fractions from 0 to 1 or to 255; light ink on dark paper.
        source: its name in an error.

    Raises:
        DataError: Its shape or its values are not among these.
    """
    if array.ndim > 2 and array.shape[-1] == 1:
        array = array[..., 0]
    elif array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind not in "buif" or not _holds_images(array.shape):
        raise DataError(
            f"{source}: {array.dtype} {list(array.shape)}; expected numbers of shape [28, 28], "
            "[n, 28, 28] or [n, 784]"
        )
    values = array.reshape(-1, SIDE, SIDE).astype(np.float32)
    if not np.isfinite(values).all() or (values.size and (values.min() < 0 or values.max() > 255)):
        raise DataError(f"{source}: values must lie between 0 and 1, or between 0 and 255")
    if array.dtype.kind in "ui" or (values.size and values.max() > 1):
        values *= PIXEL_SCALE
    return values


def _holds_images(shape: tuple[int, ...]) -> bool:
    return (shape[-2:] == (SIDE, SIDE) and len(shape) <= 3) or (
        shape[-1:] == (SIDE * SIDE,) and len(shape) <= 2
    )


def _from_picture(contents: bytes, source: str, split: bool | None, hint: Hint) -> Digits:
    grey = decode(contents, source)
    found = locate_digits(grey, split=split)
    if len(found.images) > 1 and split is None:
        hint(f"{source} shows {len(found.images)} digits; --no-split takes it as one")
    scale = longer_side(contents) / max(grey.shape)
    boxes: list[Bounds] = [
        (box.left * scale, box.top * scale, box.right * scale, box.bottom * scale)
        for box in found.boxes
    ]
    narrower = narrower_shapes(grey, found.boxes[0]) if len(boxes) == 1 else ()
    return Digits(found.images, boxes, are_pictures=True, narrower=narrower)
