"""Where a run's data comes from, in words that `run.json` can hold and a resume can use again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from data.dataset import Dataset
from data.errors import DataError

ProgressCallback = Callable[[str, float | None], None]


@dataclass(frozen=True, slots=True)
class DataSource:
    """What was asked for; the defaults are MNIST wherever it is, or whatever can stand in."""

    dataset: str | None = None
    """A name or a folder; None is MNIST, or drawn digits where there is none."""
    input_data_dir: str | None = None
    eval_data: str | None = None
    """A data set whose test split takes the place of the own one."""
    fake_data: bool = False
    variation: float | None = None
    """How much drawn digits vary."""

    @classmethod
    def from_run_info(cls, info: Mapping[str, Any]) -> "DataSource":
        """Where a run's data came from, as far as its `run.json` can be believed."""
        source = info.get("source")
        values = source if isinstance(source, dict) else {}
        known = {entry.name for entry in fields(cls)}
        return cls(
            **{n: value for n, value in values.items() if n in known and _is_valid(n, value)}
        )

    def load(self, *, offline: bool = False, progress: ProgressCallback | None = None) -> Dataset:
        """Read, fetch or draw the data.

        Raises:
            DataError: it is missing, damaged or unknown.
        """
        from data.sources import load_dataset

        found = load_dataset(
            self.dataset or "mnist",
            input_data_dir=Path(self.input_data_dir) if self.input_data_dir else None,
            offline=offline,
            fake=self.fake_data,
            variation=self.variation,
            fallback=self.dataset is None,
            progress=progress,
        )
        if self.eval_data is None:
            return found
        return _with_test_split_of(
            found, load_dataset(self.eval_data, offline=offline, progress=progress)
        )


def _is_valid(name: str, value: object) -> bool:
    """Whether a field of a `Source` can have this value."""
    if name == "fake_data":
        return isinstance(value, bool)
    return value is None or isinstance(value, (int, float) if name == "variation" else str)


def _with_test_split_of(dataset: Dataset, other: Dataset) -> Dataset:
    if dataset.image_shape != other.image_shape or len(dataset.classes) != len(other.classes):
        raise DataError(f"--eval_data {other.source} has other images or classes than the training")
    return replace(
        dataset,
        test=other.test,
        name=f"{dataset.name}, tested on {other.name}",
        fingerprint=f"{dataset.fingerprint}+{other.fingerprint}",
    )
