"""Find data sets on this machine.

What is found in well-known places (a cache, another program's copy) is skipped if it is damaged or
is not the data that belongs there, and the reason is recorded.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from data import places
from data.catalog import CATALOG
from data.dataset import Dataset
from data.errors import DataError
from data.files import is_dir, is_dir_with_entries, is_file
from data.folder import open_folder
from data.mnist import is_mnist
from trainpad.files import open_plain

_TORCHVISION = {
    "mnist": "MNIST",
    "fashion-mnist": "FashionMNIST",
    "kmnist": "KMNIST",
    "emnist-digits": "EMNIST",
}


@dataclass(frozen=True, slots=True)
class SearchPaths:
    """Folders to search; tests use temporary ones."""

    env: Mapping[str, str]
    home: Path
    cwd: Path
    cache: Path
    user_data: Path
    temporary: Path

    @classmethod
    def default(cls) -> "SearchPaths":
        """The search paths of this process."""
        return cls(
            env=os.environ,
            home=places.home(),
            cwd=places.working_folder(),
            cache=places.cache(),
            user_data=places.user_data(),
            temporary=places.temporary(),
        )


@dataclass(slots=True)
class SearchResult:
    """The result of a search."""

    dataset: Dataset | None = None
    skipped: list[str] = field(default_factory=list)
    """A sentence for each place with unusable data."""
    missing: list[str] = field(default_factory=list)
    """The places that were searched and are not there."""
    warning: str = ""
    """A sentence to show to the user: ``$TRAINPAD_DATA`` is set but could not be used."""

    @property
    def unused(self) -> list[str]:
        """A sentence for each place that was searched and not used."""
        return [*self.skipped, *(f"{path}: nothing there" for path in self.missing)]


def find_dataset(name: str, paths: SearchPaths | None = None) -> SearchResult:
    """Search ``$TRAINPAD_DATA``, the cache and other programs' folders for a data set."""
    paths = paths or SearchPaths.default()
    found = SearchResult()
    for path in _from_env(name, paths):
        try:
            found.dataset = open_named(path, name)
        except DataError as error:
            found.warning = f"$TRAINPAD_DATA is not used: {error}"
            found.skipped.append(found.warning)
        else:
            return found
    for path in _well_known(name, paths):
        if places.is_nowhere(path):
            continue
        if not (is_file(path) or is_dir_with_entries(path)):
            found.missing.append(str(path))
            continue
        try:
            dataset = open_named(path, name)
        except DataError as error:
            found.skipped.append(str(error))
            continue
        if is_mnist(dataset) == (name == "mnist"):
            found.dataset = dataset
            return found
        found.skipped.append(f"{path}: does not hold {name}")
    return found


def open_named(path: Path, name: str) -> Dataset:
    """Open a folder or file that should hold the catalog's data set of that name.

    For ``mnist`` any data is accepted, and named by its content; the others set the class names.

    Raises:
        DataError: it is missing or damaged.
    """
    if name == "mnist":
        return open_folder(path)
    return open_folder(path, name=name, prefer=name, classes=CATALOG[name].classes)


def describe_origin(name: str, dataset: Dataset) -> str:
    """A sentence: whether the files are, byte for byte, the published ones."""
    if name == "mnist":
        same = "verified: this is the original MNIST"
        return same if is_mnist(dataset) else "not verified: this is not the original MNIST"
    archives = [a for a in CATALOG[name].archives if not a.members]
    if not archives:
        return "not verified: no hashes of its single files are known"
    folder = Path(dataset.source)
    if all(_has_sha256(folder / archive.name, archive.sha256) for archive in archives):
        return f"verified: these are the published files of {name}"
    return "not verified: the files are compressed differently, or are other data"


def _has_sha256(path: Path, sha256: str) -> bool:
    try:
        with open_plain(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _from_env(name: str, paths: SearchPaths) -> Iterator[Path]:
    """The folder in ``$TRAINPAD_DATA`` of that name, or for MNIST that folder itself."""
    if paths.env.get("TRAINPAD_DATA"):
        folder = Path(os.path.expanduser(paths.env["TRAINPAD_DATA"]))  # noqa: PTH111 - never raises
        if is_dir(folder / name):
            yield folder / name
        elif name == "mnist":
            yield folder


def _well_known(name: str, paths: SearchPaths) -> Iterator[Path]:
    keras = Path(paths.env.get("KERAS_HOME") or paths.home / ".keras") / "datasets"
    yield paths.cache / name
    yield keras / ("mnist.npz" if name == "mnist" else name)
    for root in _torchvision_roots(paths):
        yield root / _TORCHVISION[name] / "raw"
    if name == "mnist":
        # Where TensorFlow's own reader and its tutorials put MNIST.
        yield paths.cwd / "MNIST_data"
        yield paths.cwd / "mnist_data"
        yield paths.cwd / "data" / "mnist"
        yield paths.temporary / "tensorflow" / "mnist" / "input_data"
        yield paths.temporary / "data"


def _torchvision_roots(paths: SearchPaths) -> tuple[Path, ...]:
    """Where torchvision's examples put data; its callers may choose any folder."""
    return (
        paths.cwd,
        paths.cwd / "data",
        paths.cwd.parent / "data",
        paths.home / "data",
        paths.home / "datasets",
        paths.home / ".pytorch" / "MNIST_data",
        paths.home / ".cache" / "torch",
    )
