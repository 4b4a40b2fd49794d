"""What is more than a number: confusion matrices, images, weights.

numpy is imported here, and only where such a thing is given: it is arrays anyway.
"""

import math
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainpad.files import write_atomic
from trainpad.place import file_name

MAX_CLASSES = 1000
MAX_IMAGES = 64
MAX_SIDE = 4096
"""Pixels; a larger image is refused."""
MAX_LAYERS = 500
BINS = 30
"""Bars of a histogram."""


def as_array(value: Any) -> Any:
    """Return a numpy array of what any framework calls one."""
    import numpy as np

    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value)


def confusion(labels: Any, predictions: Any, classes: int | None) -> list[list[int]]:
    """Return a ``[classes][classes]`` matrix of counts: a row for each true class.

    Args:
        labels: ``[n]`` whole numbers.
        predictions: ``[n]`` whole numbers, or ``[n, classes]`` scores.
        classes: How many classes there are; by default as many as occur.

    Raises:
        ValueError: the shapes differ, or a class is out of range.
    """
    import numpy as np

    true, predicted = as_array(labels), as_array(predictions)
    if true.ndim == 2 and true.shape[1] > 1:
        true = true.argmax(axis=1)  # one-hot
    if predicted.ndim == 2 and predicted.shape[1] > 1:
        classes = classes or predicted.shape[1]
        predicted = predicted.argmax(axis=1)
    true, predicted = true.reshape(-1).astype(np.int64), predicted.reshape(-1).astype(np.int64)
    if true.shape != predicted.shape:
        raise ValueError(f"{len(true)} labels, but {len(predicted)} predictions")
    greatest = max(true.max(initial=-1), predicted.max(initial=-1))
    count = int(classes or greatest + 1)
    if min(true.min(initial=0), predicted.min(initial=0)) < 0 or greatest >= count:
        raise ValueError(f"classes must be from 0 to {count - 1}")
    if not 1 <= count <= MAX_CLASSES:
        raise ValueError(f"a matrix has 1 to {MAX_CLASSES} classes, not {count}")
    matrix: list[list[int]] = (
        np.bincount(true * count + predicted, minlength=count * count)
        .reshape(count, count)
        .tolist()
    )
    return matrix


def write_images(folder: Path, name: str, images: Any, step: int) -> list[str]:
    """Write images as PNG files; return their paths below the folder of `folder`.

    Raises:
        ValueError: these are no images.
        OSError: as the system says.
    """
    pixels = _pixels(as_array(images))
    folder.mkdir(mode=0o700, exist_ok=True)
    paths = []
    for number, image in enumerate(pixels[:MAX_IMAGES]):
        path = folder / f"step-{step:06}-{file_name(str(name), 'image')}-{number:02}.png"
        write_atomic(path, png(image), sync=False)
        paths.append(f"{folder.name}/{path.name}")
    return paths


def _pixels(images: Any) -> Any:
    """Return ``[n, height, width, channels]`` uint8."""
    import numpy as np

    if images.ndim == 2 or (images.ndim == 3 and images.shape[-1] in (1, 3, 4)):
        images = images[np.newaxis]
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4:
        raise ValueError(f"images have the shape {images.shape}; [n, height, width, channels] fits")
    if images.shape[-1] not in (1, 3, 4) and images.shape[1] in (1, 3, 4):
        images = images.transpose(0, 2, 3, 1)  # as PyTorch has them
    if images.shape[-1] not in (1, 3, 4) or max(images.shape[1:3]) > MAX_SIDE:
        raise ValueError(f"images have the shape {images.shape}; 1, 3 or 4 channels fit")
    if images.dtype.kind == "f":
        images = np.nan_to_num(images) * 255
    return np.clip(images, 0, 255).astype(np.uint8)


def png(image: Any) -> bytes:
    """Return a PNG file of ``[height, width, 1, 3 or 4]`` uint8."""
    height, width, channels = image.shape
    rows = b"".join(b"\0" + image[row].tobytes() for row in range(height))
    kind = {1: 0, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))
        for tag, data in parts
    )


def weight_statistics(
    weights: Any, before: Mapping[str, Any] | None = None
) -> tuple[dict[str, dict[str, Any]], float | None]:
    """Return statistics of each array, and how much all of them changed.

    For each array that is its shape, mean, std, norm and histogram; with `before` also the norm of
    the change over the norm of the array, as is the second value for all arrays together.

    Args:
        weights: Arrays by name, a PyTorch module, or a Keras model.
        before: What they were one step earlier, by name.
    """
    found, changes, norms = {}, 0.0, 0.0
    for name, value in list(_named(weights).items())[:MAX_LAYERS]:
        array = as_array(value)
        statistics = _statistics(array)
        earlier = None if before is None else before.get(name)
        if earlier is not None and (norm := statistics["norm"]) > 0:
            change = _norm(array - as_array(earlier))
            statistics["update_ratio"] = change / norm
            changes, norms = changes + change**2, norms + norm**2
        found[str(name)] = statistics
    return found, (changes / norms) ** 0.5 if norms else None


def _norm(array: Any) -> float:
    import numpy as np

    return float(np.sqrt((array.astype(np.float64) ** 2).sum()))


def _named(weights: Any) -> Mapping[str, Any]:
    if isinstance(weights, Mapping):
        return weights
    if hasattr(weights, "named_parameters"):
        return dict(weights.named_parameters())
    return {variable.path: variable for variable in weights.trainable_weights}


def _statistics(array: Any) -> dict[str, Any]:
    import numpy as np

    values = array.astype(np.float64).reshape(-1)
    is_finite = np.isfinite(values)
    finite = values if is_finite.all() else values[is_finite]
    low, high, counts = histogram(finite)
    mean = float(values.mean()) if len(values) else 0.0
    std = float(values.std()) if len(values) else 0.0
    return {
        "shape": list(array.shape),
        "mean": mean,
        "std": std,
        "norm": math.sqrt(len(values)) * math.hypot(mean, std),
        "low": low,
        "high": high,
        "counts": counts,
        "not_finite": len(values) - len(finite),
    }


def histogram(values: Any) -> tuple[float, float, list[int]]:
    """Return the limits of a histogram of float64 values, and the counts of its bars.

    They are numpy's, in a third of the time: a value within a rounding error of the border of two
    bars may be counted in either. Where float64 cannot divide the range, all are in the middle.
    """
    import numpy as np

    if not len(values):
        return 0.0, 0.0, []
    low, high = float(values.min()), float(values.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    scale = BINS / width if (width := high - low) else math.inf
    if not 0 < scale < math.inf:
        return low, high, [len(values) if bar == BINS // 2 else 0 for bar in range(BINS)]
    counts = np.bincount(((values - low) * scale).astype(np.int8), minlength=BINS + 1)
    counts[BINS - 1] += counts[BINS]  # the greatest value is in the last bar
    return low, high, counts[:BINS].tolist()
