"""Load a data set by name or path.

What the user names must exist, or it is an error. Only the default has a fallback: where MNIST is
neither found nor downloaded, drawn digits with a notice.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from data.catalog import CATALOG
from data.dataset import Dataset, ProgressCallback, Split
from data.errors import DataError
from data.fetch import fetch
from data.files import exists
from data.find import SearchPaths, SearchResult, find_dataset, open_named
from data.folder import open_folder
from data.mnist import fingerprint
from data.one_part import all_for_testing, is_exported, read_exported, sixth_for_testing
from data.places import NO_HOME, is_nowhere
from data.user_digits import IMAGES, read_user_digits
from trainpad.place import expanded

NAMES = (*CATALOG, "drawn", "mnist+drawn", "mine", "mnist+mine")
"""Values of ``--dataset``, besides the path of a folder."""

NO_MNIST = (
    "no MNIST found: training on digits that trainpad draws itself; "
    "`trainpad data mnist` fetches MNIST"
)
NO_USER_DIGITS = "no digits of yours yet: draw one on the pad, then press t and its digit"
DEFAULT_VARIATION = 0.7
MIXED_VARIATION = 1.0
FAKE_COUNT = 1000
MAX_SIDE = 4096
"""Pixels of a side that pictures may be scaled to."""


@dataclass(frozen=True, slots=True)
class _Request:
    """The arguments of `load_dataset`."""

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
    size: str | None = None,
) -> Dataset:
    """Load the data set of a run.

    Args:
        name: one of NAMES, or the path of a folder.
        input_data_dir: the folder of MNIST's files, or of files in their place.
        offline: never use the network.
        fake: load 1,000 drawn digits instead.
        variation: how much drawn digits vary; by default 0.7, and 1 mixed with MNIST.
        seed: random seed of the drawn digits.
        fallback: without MNIST, draw digits and set ``notice``.
        progress: called during slow steps; an exception that it raises ends them.
        paths: where to look, if not where this process lives.
        size: ``WIDTHxHEIGHT`` of the pictures of class folders, which are scaled and cropped.

    Raises:
        DataError: the data is missing, damaged or unknown.
    """
    paths = paths or SearchPaths.default()
    if size is not None and (fake or input_data_dir is not None or name in NAMES):
        raise DataError("--size is for --dataset FOLDER, with a folder of pictures for each class")
    request = _Request(name, input_data_dir, offline, variation, seed, progress, paths)
    if fake:
        return _fake(request)
    if input_data_dir is not None and name.partition("+")[0] not in CATALOG:
        raise DataError(f"--input_data_dir gives MNIST's files, not those of --dataset {name}")
    if name == "mnist" and fallback:
        return _mnist_or_fallback(request)
    if name in CATALOG:
        return _from_catalog(request)
    if name == "drawn":
        return _drawn(request, DEFAULT_VARIATION)
    if name == "mine":
        return open_user_digits(paths.user_data / "mine")
    if name in NAMES:
        return _mixed(request)
    if size is None and is_exported(folder := expanded(name)):
        found = sixth_for_testing(*read_exported(folder), folder.resolve().name, folder)
        return replace(found, notice=f"{folder} has no test images: every sixth image is one")
    if not exists(expanded(name)):
        raise DataError(f"no data set or folder {name!r}; the names are {', '.join(NAMES)}")
    return open_folder(expanded(name), size=parse_size(size) if size else None)


def parse_size(text: str) -> tuple[int, int]:
    """Return the width and height that ``WIDTHxHEIGHT`` says.

    Raises:
        DataError: it says no such size.
    """
    found = re.fullmatch(r"([0-9]{1,5})[xX]([0-9]{1,5})", text.strip())
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(1 <= side <= MAX_SIDE for side in size):
        raise DataError(
            f"size must be WIDTHxHEIGHT in pixels, as 64x48, from 1 to {MAX_SIDE:,}, not {text!r}"
        )
    return size


def load_eval_data(
    name: str, *, offline: bool = False, progress: ProgressCallback | None = None
) -> Dataset:
    """Load the data set in the test split of which a network is evaluated.

    ``mine``, and a folder to which those were exported, have all of the digits there.

    Raises:
        DataError: the data is missing, damaged or unknown, or the user has no digits.
    """
    if name == "mine":
        folder = SearchPaths.default().user_data / "mine"
        if not exists(folder / IMAGES):
            raise DataError(NO_USER_DIGITS)
        digits = read_user_digits(folder)
        return all_for_testing(digits.images, digits.labels, "mine", folder)
    if name not in NAMES and is_exported(folder := expanded(name)):
        return all_for_testing(*read_exported(folder), folder.resolve().name, folder)
    return load_dataset(name, offline=offline, progress=progress)


def open_user_digits(folder: Path) -> Dataset:
    """Open the digits that the user drew and labelled; every sixth is for testing.

    Args:
        folder: has ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte``.

    Raises:
        DataError: there are fewer than 12, or the files are damaged.
    """
    if not exists(folder / IMAGES):
        raise DataError(NO_USER_DIGITS)
    digits = read_user_digits(folder)
    return sixth_for_testing(digits.images, digits.labels, "mine", folder)


def mix(base: Dataset, added: Dataset, limit: int | None = None) -> Dataset:
    """Append the training examples of ``added``, or the first ``limit``, to those of ``base``.

    Raises:
        DataError: their images differ in size, or their classes in number.
    """
    if base.image_shape != added.image_shape or len(base.classes) != len(added.classes):
        raise DataError(
            f"{added.name} cannot be mixed into {base.source}: "
            "the images differ in size, or the classes in number"
        )
    images = np.concatenate([base.train.images, added.train.images[:limit]])
    labels = np.concatenate([base.train.labels, added.train.labels[:limit]])
    return replace(
        base,
        name=f"{base.name}+{added.name}",
        source=f"{base.source} and {added.source}",
        fingerprint=fingerprint(base.fingerprint, added.fingerprint, str(len(labels))),
        train=Split(images, labels),
    )


def _mnist_or_fallback(request: _Request) -> Dataset:
    found = _locate(request)
    if found.dataset is not None:
        return found.dataset
    notice = f"{found.warning}; {NO_MNIST}" if found.warning else NO_MNIST
    progress = request.progress
    if progress is not None:
        request = replace(
            request, progress=lambda what, done: progress(f"no MNIST found: {what}", done)
        )
    return replace(_drawn(request, DEFAULT_VARIATION), notice=notice)


def _from_catalog(request: _Request) -> Dataset:
    """The catalog's data set of the name, or of its first part (``mnist`` of ``mnist+mine``)."""
    found = _locate(request)
    if found.dataset is None:
        raise DataError("; ".join([f"no {_first(request)} found", *found.skipped]))
    return found.dataset


def _locate(request: _Request) -> SearchResult:
    """Search where the user says, else the well-known places, else download."""
    name = _first(request)
    if request.input_data_dir is not None:
        return SearchResult(open_named(request.input_data_dir, name))
    found = find_dataset(name, request.paths)
    if found.dataset is None:
        _fetch_into(found, name, request)
    if found.dataset is not None and found.warning:
        found.dataset = replace(found.dataset, notice=found.warning)
    return found


def _fetch_into(found: SearchResult, name: str, request: _Request) -> None:
    if request.offline:
        found.skipped.append("--offline forbids downloading it")
        return
    if is_nowhere(request.paths.cache):
        found.skipped.append(f"it cannot be downloaded: {NO_HOME}, XDG_CACHE_HOME or TRAINPAD_DATA")
        return
    try:
        folder = fetch(name, request.paths.cache, progress=request.progress)
        found.dataset = open_named(folder, name)
    except DataError as error:
        found.skipped.append(str(error))


def _first(request: _Request) -> str:
    return request.name.partition("+")[0]


def _mixed(request: _Request) -> Dataset:
    base = _from_catalog(request)
    if request.name == "mnist+mine":
        return mix(base, open_user_digits(request.paths.user_data / "mine"))
    return mix(base, _drawn(request, MIXED_VARIATION), len(base.train))


def _fake(request: _Request) -> Dataset:
    small = _drawn(request, DEFAULT_VARIATION, train=FAKE_COUNT, test=FAKE_COUNT // 5)
    return replace(small, name="fake", notice=f"fake data: {FAKE_COUNT:,} drawn digits")


def _drawn(
    request: _Request, variation: float, *, train: int = 60_000, test: int = 10_000
) -> Dataset:
    from data.drawn import drawn_dataset

    return drawn_dataset(
        train=train,
        test=test,
        variation=variation if request.variation is None else request.variation,
        seed=request.seed,
        progress=request.progress,
    )
