"""The data that a person's own file gives: its function `data`.

It returns ``(x_train, y_train), (x_test, y_test)`` as Keras's data sets do, the four arrays, a
`tf.data.Dataset` of ``(x, y)``, or one for training and one for testing. Pictures with bytes, or
fractions of them, become a data set as any; other inputs stay numbers. Whole numbers and one-hot
rows are classes, other targets are values.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from core.network.model_file import DATA, ModelFile, guarded
from core.network.private_import import import_file
from core.process.libraries import clean_imports
from data.arrays import to_images, to_labels
from data.dataset import Dataset, Split, label_type
from data.errors import DataError
from data.mnist import MAX_CLASSES, MIN_CLASSES

Array = npt.NDArray[Any]
MAX_BYTES = 4 << 30
"""More than this is not taken into memory from a `tf.data.Dataset`."""
SHAPES = (
    "data() must return (x_train, y_train), (x_test, y_test), these four arrays, or a "
    "tf.data.Dataset of (x, y)"
)
_PARTS, _TEST_SHARE, _VALIDATION_SHARE = 4, 6, 12


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Inputs, one array each, and targets of the same examples."""

    inputs: tuple[Array, ...]
    names: tuple[str, ...]
    targets: Array

    def select(self, chosen: Any) -> "_Part":
        """Return the chosen examples."""
        return _Part(
            tuple(array[chosen] for array in self.inputs), self.names, self.targets[chosen]
        )


def load_data(file: ModelFile) -> Dataset:
    """Return the data of the function `data` in `file`.

    Raises:
        UserError: it fails, or returns something else; one sentence.
    """
    with clean_imports():
        import keras  # noqa: F401 - here, with its settings, before the person's file does
    module = guarded(file, lambda: import_file(file.path, file.folder))
    given = guarded(file, getattr(module, DATA))
    try:
        return _dataset(file.name, guarded(file, lambda: _parts(given)))
    except DataError as error:
        raise DataError(f"{file.name}: {error}") from None


def _parts(given: Any) -> list[_Part]:
    """The examples for training, and those for testing if they are given separately."""
    if hasattr(given, "element_spec"):
        return [_of_stream(given)]
    if not isinstance(given, Sequence):
        raise DataError(f"{SHAPES}, not a {type(given).__name__}")
    if len(given) == _PARTS and not any(isinstance(one, tuple) for one in given[1::2]):
        given = (given[:2], given[2:])
    if all(hasattr(one, "element_spec") for one in given) and len(given) in (2, 3):
        return [_of_stream(one) for one in given]
    if len(given) in (2, 3) and all(isinstance(one, Sequence) and len(one) == 2 for one in given):
        return [_part(*one) for one in given]
    if len(given) == 2:
        return [_part(*given)]
    raise DataError(f"{SHAPES}, not {len(given)} values")


def _part(inputs: Any, targets: Any) -> _Part:
    if isinstance(inputs, Mapping):
        names, arrays = tuple(map(str, inputs)), list(inputs.values())
    elif isinstance(inputs, tuple):
        names, arrays = (), list(inputs)
    else:
        names, arrays = (), [inputs]
    part = _Part(tuple(map(np.asarray, arrays)), names, np.asarray(targets))
    counts = [len(array) if array.ndim else 0 for array in (*part.inputs, part.targets)]
    if not counts[0] or len(set(counts)) > 1:
        found = " and ".join(f"{count:,}" for count in dict.fromkeys(counts))
        raise DataError(f"data() must give as many targets as examples, and gives {found}")
    return part


def _of_stream(stream: Any) -> _Part:
    """All of a `tf.data.Dataset`, which may be in batches."""
    spec = stream.element_spec
    if not isinstance(spec, tuple) or len(spec) != 2:
        raise DataError("a tf.data.Dataset of data() must give (x, y)")
    if int(stream.cardinality()) == -1:
        raise DataError("the tf.data.Dataset of data() has no end: add take(n)")
    if _is_batched(spec):
        stream = stream.unbatch()
    rows: list[Any] = []
    size = 0
    for x, y in stream.as_numpy_iterator():
        rows.append((x, y))
        size += sum(np.asarray(value).nbytes for value in _values(x))
        if size > MAX_BYTES:
            raise DataError(f"the tf.data.Dataset of data() has more than {MAX_BYTES >> 30} GB")
    if not rows:
        raise DataError("the tf.data.Dataset of data() is empty")
    first = rows[0][0]
    targets = np.stack([y for _, y in rows])
    if isinstance(first, Mapping):
        return _part({name: np.stack([x[name] for x, _ in rows]) for name in first}, targets)
    if isinstance(first, tuple):
        return _part(
            tuple(np.stack(each) for each in zip(*(x for x, _ in rows), strict=True)), targets
        )
    return _part(np.stack([x for x, _ in rows]), targets)


def _values(inputs: Any) -> Sequence[Any]:
    if isinstance(inputs, Mapping):
        return [*inputs.values()]
    return inputs if isinstance(inputs, tuple) else [inputs]


def _is_batched(spec: Any) -> bool:
    """Whether all components begin with an axis of one length: that of a batch."""
    shapes = [one.shape for part in spec for one in _values(part)]
    if any(shape.rank in (None, 0) for shape in shapes):
        return False
    return len({shape[0] for shape in shapes}) == 1


def _dataset(name: str, parts: list[_Part]) -> Dataset:
    """The parts as a data set in three splits."""
    train = parts[0]
    if len(parts) == 1:
        order = np.random.default_rng(0).permutation(len(train.targets))
        is_test = np.arange(len(order)) % _TEST_SHARE == _TEST_SHARE - 1
        parts = [train.select(order[~is_test]), train.select(order[is_test])]
    if len(parts) == 2:
        is_validation = np.arange(len(parts[0].targets)) % _VALIDATION_SHARE == 0
        parts = [parts[0].select(~is_validation), parts[0].select(is_validation), parts[1]]
    if not all(len(part.targets) for part in parts):
        raise DataError("data() gives too few examples for training, validation and testing")
    shapes = {tuple(array.shape[1:] for array in (*p.inputs, p.targets)) for p in parts}
    if len(shapes) > 1:
        raise DataError("data() must give the same shapes for training and testing")
    digest = hashlib.sha256()
    for part in parts:
        for array in (*part.inputs, part.targets):
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    classes = _classes(parts)
    splits = [Split(*_columns(part, len(classes))) for part in parts]
    return Dataset(
        name=f"data() of {name}",
        source=f"data() of {name}",
        fingerprint=digest.hexdigest(),
        train=splits[0],
        validation=splits[1],
        test=splits[2],
        classes=classes,
        notice=_not_finite([array for part in parts for array in part.inputs]),
        inputs=train.names,
    )


def _not_finite(inputs: Sequence[Array]) -> str:
    """A sentence on inputs that make every loss NaN; empty where all are finite."""
    ends = [array.max() + array.min() for array in inputs if array.dtype.kind == "f"]
    return "" if np.isfinite(ends).all() else "data() gives inputs that are NaN or infinite"


def _classes(parts: list[_Part]) -> tuple[str, ...]:
    """The names of the classes; none where the targets are values."""
    labels = [found for part in parts if (found := _labels(part.targets)) is not None]
    if len(labels) < len(parts):
        return ()
    count = max(MIN_CLASSES, 1 + max(int(found.max()) for found in labels))
    one_hot = parts[0].targets
    if one_hot.ndim == 2 and one_hot.shape[1] > 1:
        count = one_hot.shape[1]
    return tuple(map(str, range(count))) if count <= MAX_CLASSES else ()


def _labels(targets: Array) -> Array | None:
    """The class of each example; None where the targets are values."""
    is_one_hot = targets.ndim == 2 and targets.shape[1] > 1
    if targets.dtype.kind not in "iub" and not is_one_hot:
        return None
    if targets.dtype.kind == "b" and targets.ndim == 1:
        targets = targets.astype(np.uint8)
    try:
        return to_labels(targets, "targets")
    except DataError:
        return None


def _columns(part: _Part, classes: int) -> tuple[Any, Any, tuple[Array, ...], Array | None]:
    """Images, labels, further inputs and values of a split."""
    first, *others = part.inputs
    more = tuple(_numbers(array) for array in others)
    if not classes:
        return _images(first), np.zeros(len(first), np.uint8), more, _numbers(part.targets)
    labels = _labels(part.targets)
    assert _is_array(labels)  # noqa: S101 - the classes come from it
    return _images(first), labels.astype(label_type(classes)), more, None


def _is_array(labels: Array | None) -> TypeGuard[Array]:
    return labels is not None


def _images(array: Array) -> Array:
    """Pictures as bytes, where they are that; other inputs as float32."""
    if array.ndim in (3, 4) and array.dtype.kind in "uf":
        try:
            return to_images(array, "x")
        except DataError:
            pass
    return _numbers(array)


def _numbers(array: Array) -> Array:
    if array.dtype.kind not in "iufb":
        raise DataError(f"data() must give numbers, not {array.dtype}")
    return np.ascontiguousarray(array, np.float32)
