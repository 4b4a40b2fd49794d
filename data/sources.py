"""Which data a run gets: the one place that knows every name and every place, in order.

What the user names must be right, or it is an error; what trainpad merely comes across (a cache,
another program's copy of MNIST) is skipped when it is damaged, and the reason is kept.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import platformdirs

from data.dataset import DIGITS, Dataset, Split
from data.errors import DataError
from data.folder import open_folder
from data.idx import read_images, read_labels
from data.mnist import Parts, assemble, fingerprint, is_mnist

Progress = Callable[[str, float | None], None]
"""Told what is being done, and how much of it is done: 0 to 1, or None when nobody knows."""

RELATIVES = ("fashion-mnist", "kmnist", "emnist-digits")
NAMES = ("mnist", *RELATIVES, "drawn", "mnist+drawn", "mine", "mnist+mine")
"""What ``--dataset`` takes, besides the path of a folder."""

NO_MNIST = (
    "no MNIST found: training on digits that trainpad draws itself; "
    "`trainpad data mnist` fetches MNIST"
)
DEFAULT_VARIATION = 0.7
MIXED_VARIATION = 1.0
FAKE_COUNT = 1000


@dataclass(frozen=True, slots=True)
class Places:
    """Where data may be; tests put them all into one temporary folder."""

    env: Mapping[str, str]
    home: Path
    cwd: Path
    cache: Path
    user_data: Path
    temporary: Path

    @classmethod
    def here(cls) -> "Places":
        """The places of this process."""
        return cls(
            env=os.environ,
            home=Path.home(),
            cwd=Path.cwd(),
            cache=platformdirs.user_cache_path("trainpad"),
            user_data=platformdirs.user_data_path("trainpad"),
            temporary=Path(tempfile.gettempdir()),
        )


@dataclass(slots=True)
class Found:
    """What a search came to: a data set or none, and a sentence for each place that failed."""

    dataset: Dataset | None = None
    tried: list[str] = field(default_factory=list)


def load_dataset(
    name: str = "mnist",
    *,
    input_data_dir: Path | None = None,
    offline: bool = False,
    fake: bool = False,
    variation: float | None = None,
    seed: int = 0,
    fallback: bool = True,
    progress: Progress | None = None,
    places: Places | None = None,
) -> Dataset:
    """The data set that a run is to use.

    Args:
        name: one of NAMES, or the path of a folder.
        input_data_dir: the folder of MNIST's files (or whatever takes their place); must be right.
        offline: never use the network.
        fake: 1,000 drawn digits, whatever else is asked.
        variation: how much drawn digits vary; by default 0.7, and 1 when mixed with MNIST.
        seed: of the drawn digits.
        fallback: draw digits, with a notice, where MNIST is neither found nor fetched.
        progress: told of slow steps.
        places: where to look.

    Raises:
        DataError: the data is missing, damaged or unknown; one sentence.
    """
    places = places or Places.here()
    if fake:
        notice = f"fake data: {FAKE_COUNT:,} digits that trainpad draws itself"
        small = _drawn(FAKE_COUNT, FAKE_COUNT // 5, variation, seed, progress)
        return replace(small, name="fake", notice=notice)
    first, _, second = name.partition("+")
    if input_data_dir is not None and first != "mnist" and first not in RELATIVES:
        raise DataError(f"--input_data_dir goes with MNIST's files, not with --dataset {name}")
    if second:
        return _mixed(name, input_data_dir, offline, variation, seed, progress, places)
    if name == "drawn":
        return _drawn(60_000, 10_000, variation, seed, progress)
    if name == "mine":
        return open_mine(places.user_data / "mine")
    if name in RELATIVES:
        return _relative(name, input_data_dir, offline, progress, places)
    if name != "mnist":
        return _named_folder(name)
    found = _find_or_fetch(input_data_dir, offline, progress, places)
    if found.dataset is not None:
        return found.dataset
    if not fallback:
        raise DataError(_nothing(found.tried))
    return replace(_drawn(60_000, 10_000, variation, seed, progress), notice=NO_MNIST)


def find_mnist(input_data_dir: Path | None = None, places: Places | None = None) -> Found:
    """Look for MNIST where the user says, in the cache, and where other programs keep it.

    Raises:
        DataError: ``input_data_dir`` is given and does not hold a data set.
    """
    if input_data_dir is not None:
        return Found(open_folder(input_data_dir))
    places = places or Places.here()
    found = Found()
    for folder, original in _candidates(places):
        try:
            dataset = open_folder(folder)
        except DataError as error:
            found.tried.append(str(error))
            continue
        if is_mnist(dataset) or not original:
            found.dataset = dataset
            break
        found.tried.append(f"{folder}: holds other data than MNIST")
    return found


def _candidates(places: Places) -> Iterator[tuple[Path, bool]]:
    """Existing places in order, and whether nothing but MNIST itself will do there."""
    mine = places.env.get("TRAINPAD_DATA")
    if mine:
        folder = Path(mine).expanduser()
        yield (folder / "mnist" if (folder / "mnist").is_dir() else folder), False
    keras = Path(places.env.get("KERAS_HOME") or places.home / ".keras")
    others = (
        places.cache / "mnist",
        keras / "datasets" / "mnist.npz",
        *(folder / "MNIST" / "raw" for folder in _torchvision_roots(places)),
        places.temporary / "tensorflow" / "mnist" / "input_data",
    )
    yield from ((path, True) for path in others if path.exists())


def _torchvision_roots(places: Places) -> tuple[Path, ...]:
    """Where torchvision puts its data: wherever its caller says; these are its examples' ways."""
    return (
        places.cwd,
        places.cwd / "data",
        places.cwd.parent / "data",
        places.home / "data",
        places.home / "datasets",
        places.home / ".pytorch" / "MNIST_data",
        places.home / ".cache" / "torch",
    )


def open_mine(folder: Path) -> Dataset:
    """The digits that the user drew and named: every sixth is for testing.

    Raises:
        DataError: there are none yet, or their files are damaged.
    """
    if not (folder / "train-images-idx3-ubyte").exists():
        raise DataError("no digits of yours yet: draw some on the pad and press t and the digit")
    images = read_images(folder / "train-images-idx3-ubyte")
    labels = read_labels(folder / "train-labels-idx1-ubyte")
    test = np.arange(len(labels)) % 6 == 5
    if len(images) != len(labels) or len(labels) < 12:
        raise DataError(
            f"{folder}: expected 12 digits or more, each with its label, "
            f"found {len(images)} images and {len(labels)} labels"
        )
    parts = Parts(images[~test], labels[~test], images[test], labels[test])
    return assemble(parts, name="mine", source=str(folder), classes=DIGITS)


def _find_or_fetch(
    input_data_dir: Path | None, offline: bool, progress: Progress | None, places: Places
) -> Found:
    found = find_mnist(input_data_dir, places)
    if found.dataset is None and not offline:
        try:
            found.dataset = _fetch("mnist", progress, places)
        except DataError as error:
            found.tried.append(str(error))
    return found


def _fetch(name: str, progress: Progress | None, places: Places) -> Dataset:
    from data.fetch import fetch

    return open_folder(fetch(name, places.cache, progress=progress), name=name, prefer=name)


def _nothing(tried: list[str]) -> str:
    return "; ".join(["no MNIST found (give --input_data_dir)", *tried])


def _relative(
    name: str,
    input_data_dir: Path | None,
    offline: bool,
    progress: Progress | None,
    places: Places,
) -> Dataset:
    if input_data_dir is not None:
        return open_folder(input_data_dir, name=name, prefer=name)
    roots = [places.cache]
    if places.env.get("TRAINPAD_DATA"):
        roots.insert(0, Path(places.env["TRAINPAD_DATA"]).expanduser())
    for folder in (root / name for root in roots):
        if folder.is_dir():
            return open_folder(folder, name=name, prefer=name)
    if offline:
        raise DataError(f"no {name} found, and --offline forbids to fetch it")
    return _fetch(name, progress, places)


def _named_folder(name: str) -> Dataset:
    folder = Path(name).expanduser()
    if not folder.exists():
        raise DataError(f"no data set or folder {name!r}; the names are {', '.join(NAMES)}")
    return open_folder(folder)


def _drawn(
    train: int, test: int, variation: float | None, seed: int, progress: Progress | None
) -> Dataset:
    from data.drawn import drawn_dataset

    scale = DEFAULT_VARIATION if variation is None else variation
    return drawn_dataset(train=train, test=test, variation=scale, seed=seed, progress=progress)


def _mixed(
    name: str,
    input_data_dir: Path | None,
    offline: bool,
    variation: float | None,
    seed: int,
    progress: Progress | None,
    places: Places,
) -> Dataset:
    second = name.removeprefix("mnist+")
    if second not in ("drawn", "mine"):
        raise DataError(f"no data set {name!r}; the names are {', '.join(NAMES)}")
    found = _find_or_fetch(input_data_dir, offline, progress, places)
    if found.dataset is None:
        raise DataError(_nothing(found.tried))
    if second == "mine":
        return mix(found.dataset, open_mine(places.user_data / "mine"))
    scale = MIXED_VARIATION if variation is None else variation
    drawn = _drawn(60_000, 10_000, scale, seed, progress)
    return mix(found.dataset, drawn, len(found.dataset.train))


def mix(base: Dataset, added: Dataset, most: int | None = None) -> Dataset:
    """``base`` with the training examples of ``added``, or the first ``most``, after its own.

    Raises:
        DataError: their images differ in size, or their classes in number.
    """
    if base.image_shape != added.image_shape or len(base.classes) != len(added.classes):
        raise DataError(f"{base.name} and {added.name} differ in image size or classes")
    images = np.concatenate([base.train.images, added.train.images[:most]])
    labels = np.concatenate([base.train.labels, added.train.labels[:most]])
    return replace(
        base,
        name=f"{base.name}+{added.name}",
        source=f"{base.source} and {added.source}",
        fingerprint=fingerprint(base.fingerprint, added.fingerprint, str(len(labels))),
        train=Split(images, labels),
    )
