"""Which data a run gets: the one place that knows what every name means.

What the user names must be right, or it is an error. Only the default may become something else:
with no MNIST to be found or fetched, digits that the program draws itself, with a notice.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data.catalog import CATALOG
from data.dataset import DIGITS, Dataset, Split
from data.errors import DataError
from data.fetch import ProgressCallback, fetch
from data.files import exists
from data.find import SearchPaths, SearchResult, find_dataset, open_named
from data.folder import open_folder
from data.mnist import RawArrays, build_dataset, fingerprint
from data.user_digits import read_user_digits

NAMES = (*CATALOG, "drawn", "mnist+drawn", "mine", "mnist+mine")
"""What ``--dataset`` takes, besides the path of a folder."""

NO_MNIST = (
    "no MNIST found: training on digits that trainpad draws itself; "
    "`trainpad data mnist` fetches MNIST"
)
DEFAULT_VARIATION = 0.7
MIXED_VARIATION = 1.0
FAKE_COUNT = 1000
_MIN_USER_DIGITS = 12


@dataclass(frozen=True, slots=True)
class _Request:
    """What was asked for, as load_dataset's arguments say."""

    name: str
    input_data_dir: Path | None
    offline: bool
    variation: float | None
    seed: int
    progress: ProgressCallback | None
    paths: SearchPaths


def load_dataset(
    name: str = "mnist",
    *,
    input_data_dir: Path | None = None,
    offline: bool = False,
    fake: bool = False,
    variation: float | None = None,
    seed: int = 0,
    fallback: bool = True,
    progress: ProgressCallback | None = None,
    paths: SearchPaths | None = None,
) -> Dataset:
    """The data set that a run is to use.

    Args:
        name: one of NAMES, or the path of a folder.
        input_data_dir: the folder of MNIST's files, or whatever takes their place; must be right.
        offline: never use the network.
        fake: 1,000 drawn digits, whatever else is asked for.
        variation: how much drawn digits vary; by default 0.7, and 1 when mixed with MNIST.
        seed: of the drawn digits.
        fallback: where MNIST is neither found nor fetched, draw digits and say so in ``notice``.
        progress: told of slow steps; what it raises ends them.
        paths: where to look, if not where this process lives.

    Raises:
        DataError: the data is missing, damaged or unknown; one sentence.
    """
    paths = paths or SearchPaths.default()
    asked = _Request(name, input_data_dir, offline, variation, seed, progress, paths)
    if fake:
        return _fake(asked)
    if input_data_dir is not None and name.partition("+")[0] not in CATALOG:
        raise DataError(f"--input_data_dir gives MNIST's files, not those of --dataset {name}")
    if name == "mnist" and fallback:
        return _mnist_or_fallback(asked)
    if name in CATALOG:
        return _from_catalog(asked)
    if name == "drawn":
        return _drawn(asked, DEFAULT_VARIATION)
    if name == "mine":
        return open_user_digits(paths.user_data / "mine")
    if name in NAMES:
        return _mixed(asked)
    if not exists(Path(name).expanduser()):
        raise DataError(f"no data set or folder {name!r}; the names are {', '.join(NAMES)}")
    return open_folder(Path(name).expanduser())


def open_user_digits(folder: Path) -> Dataset:
    """The digits that the user drew and named: every sixth is for testing.

    Args:
        folder: holds ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte``.

    Raises:
        DataError: there are fewer than 12, or the files are damaged.
    """
    if not exists(folder / "train-images-idx3-ubyte"):
        raise DataError("no digits of yours yet: draw one on the pad, then press t and its digit")
    own = read_user_digits(folder)
    images, labels = own.images, own.labels
    if len(own) < _MIN_USER_DIGITS:
        raise DataError(
            f"{folder}: expected {_MIN_USER_DIGITS} digits of yours or more, found {len(own)}"
        )
    test = np.arange(len(labels)) % 6 == 5
    parts = RawArrays(images[~test], labels[~test], images[test], labels[test])
    return build_dataset(parts, name="mine", source=str(folder), classes=DIGITS)


def mix(base: Dataset, added: Dataset, most: int | None = None) -> Dataset:
    """``base`` with the training examples of ``added``, or the first ``most``, after its own.

    Raises:
        DataError: their images differ in size, or their classes in number.
    """
    if base.image_shape != added.image_shape or len(base.classes) != len(added.classes):
        raise DataError(
            f"{added.name} cannot be mixed into {base.source}: "
            "the images differ in size, or the classes in number"
        )
    images = np.concatenate([base.train.images, added.train.images[:most]])
    labels = np.concatenate([base.train.labels, added.train.labels[:most]])
    return replace(
        base,
        name=f"{base.name}+{added.name}",
        source=f"{base.source} and {added.source}",
        fingerprint=fingerprint(base.fingerprint, added.fingerprint, str(len(labels))),
        train=Split(images, labels),
    )


def _mnist_or_fallback(asked: _Request) -> Dataset:
    found = _locate(asked)
    if found.dataset is not None:
        return found.dataset
    notice = f"{found.warning}; {NO_MNIST}" if found.warning else NO_MNIST
    return replace(_drawn(asked, DEFAULT_VARIATION), notice=notice)


def _from_catalog(asked: _Request) -> Dataset:
    """A data set of the catalog (the part of a mixture that is one), or an error."""
    found = _locate(asked)
    if found.dataset is None:
        raise DataError("; ".join([f"no {_first(asked)} found", *found.skipped]))
    return found.dataset


def _locate(asked: _Request) -> SearchResult:
    """Where the user says, else what is found, else what can be fetched."""
    name = _first(asked)
    if asked.input_data_dir is not None:
        return SearchResult(open_named(asked.input_data_dir, name))
    found = find_dataset(name, asked.paths)
    if found.dataset is None:
        _fetch_into(found, name, asked)
    if found.dataset is not None and found.warning:
        found.dataset = replace(found.dataset, notice=found.warning)
    return found


def _fetch_into(found: SearchResult, name: str, asked: _Request) -> None:
    if asked.offline:
        found.skipped.append("--offline forbids to fetch it")
        return
    try:
        folder = fetch(name, asked.paths.cache, progress=asked.progress)
        found.dataset = open_named(folder, name)
    except DataError as error:
        found.skipped.append(str(error))


def _first(asked: _Request) -> str:
    return asked.name.partition("+")[0]


def _mixed(asked: _Request) -> Dataset:
    base = _from_catalog(asked)
    if asked.name == "mnist+mine":
        return mix(base, open_user_digits(asked.paths.user_data / "mine"))
    return mix(base, _drawn(asked, MIXED_VARIATION), len(base.train))


def _fake(asked: _Request) -> Dataset:
    small = _drawn(asked, DEFAULT_VARIATION, train=FAKE_COUNT, test=FAKE_COUNT // 5)
    return replace(small, name="fake", notice=f"fake data: {FAKE_COUNT:,} drawn digits")


def _drawn(
    asked: _Request, variation: float, *, train: int = 60_000, test: int = 10_000
) -> Dataset:
    from data.drawn import drawn_dataset

    return drawn_dataset(
        train=train,
        test=test,
        variation=variation if asked.variation is None else asked.variation,
        seed=asked.seed,
        progress=asked.progress,
    )
