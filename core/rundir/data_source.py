"""Where a run's data comes from, as `run.json` holds it and a resume uses it again."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.rundir.validation import boolean, fields_of, finite, optional, string
from data.dataset import Dataset
from data.errors import DataError
from data.files import exists
from trainpad.place import absolute, expanded

ProgressCallback = Callable[[str, float | None], None]
"""Called with what is being done and the fraction of it that is done, where known."""


@dataclass(frozen=True, slots=True)
class DataSource:
    """The requested data; by default MNIST, or drawn digits where it is not available."""

    dataset: str | None = None
    """A name or a folder; None is MNIST, or drawn digits where there is none."""
    input_data_dir: str | None = None
    eval_data: str | None = None
    """A data set; its test split replaces the data's own; ``mine``: all of the user's digits."""
    fake_data: bool = False
    variation: float | None = None
    """How much drawn digits vary."""
    size: str | None = None
    """``WIDTHxHEIGHT`` of the pictures of class folders; None: they have one."""
    function: bool = False
    """Whether the function `data` of the model's file gives it, where the run trains."""

    @classmethod
    def from_run_info(cls, info: Mapping[str, Any]) -> "DataSource":
        """The data source of a run by its `run.json`; fields that do not fit get defaults."""
        parsers = {
            **dict.fromkeys(("dataset", "input_data_dir", "eval_data", "size"), optional(string)),
            **dict.fromkeys(("fake_data", "function"), boolean),
            "variation": optional(finite),
        }
        return cls(**fields_of(parsers, info.get("source")))

    def load(self, *, offline: bool = False, progress: ProgressCallback | None = None) -> Dataset:
        """Read, fetch or draw the data.

        Raises:
            DataError: it is missing, damaged or unknown.
        """
        from data.sources import load_dataset, load_eval_data

        if self.function:
            raise DataError("the model's own file gives the data, and only where the run trains")
        dataset = load_dataset(
            self.dataset or "mnist",
            input_data_dir=Path(self.input_data_dir) if self.input_data_dir else None,
            offline=offline,
            fake=self.fake_data,
            variation=self.variation,
            fallback=self.dataset is None,
            progress=progress,
            size=self.size,
        )
        if self.eval_data is None:
            return dataset
        other = load_eval_data(self.eval_data, offline=offline, progress=progress)
        return _with_test_split_of(dataset, other)


def _with_test_split_of(dataset: Dataset, other: Dataset) -> Dataset:
    if dataset.image_shape != other.image_shape or len(dataset.classes) != len(other.classes):
        raise DataError(f"--eval_data {other.source} has other images or classes than the training")
    return replace(
        dataset,
        test=other.test,
        name=f"{dataset.name}, tested on {other.name}",
        fingerprint=f"{dataset.fingerprint}+{other.fingerprint}",
    )


def same_training_data(fingerprint: str, other: str) -> bool:
    """Return whether two data sets differ at most in a test split that ``eval_data`` replaced."""
    return fingerprint.partition("+")[0] == other.partition("+")[0]


def absolute_dataset(name: str | None) -> str | None:
    """Return the name of a data set unchanged, and a folder as an absolute path."""
    from data.sources import NAMES

    if not name or name in NAMES or not exists(expanded(name)):
        return name
    return absolute_path(Path(name))


def absolute_path(path: Path | None) -> str | None:
    """Return an absolute path without symbolic links; None without a path."""
    return os.path.realpath(absolute(path)) if path else None
