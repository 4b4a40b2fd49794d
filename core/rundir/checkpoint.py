"""Checkpoints: one safetensors file each, readable by numpy alone.

Arrays are named ``layer0/weights``, ``layer0/biases``, ... as in `core.network.network`, and
``optimizer/...`` for the optimizer's slots. What is not an array (step, place in the shuffled
data, hyperparameters) is JSON in the file's metadata, with a SHA-256 over both, so that a damaged
file is refused instead of trained on.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.rundir.errors import CheckpointError
from trainpad.files import write_atomic

FOLDER = "checkpoints"
KEEP_NEWEST = 5
"""How many of the newest checkpoints stay; the best one stays besides."""
NAME_PATTERN = re.compile(r"step-\d{6,}\.safetensors")
"""The names that `file_name` gives; other files are nobody's to read or delete."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """What a checkpoint holds: named arrays, and `about` with ``step`` and the rest."""

    arrays: Mapping[str, npt.NDArray[Any]]
    metadata: Mapping[str, Any]

    @property
    def step(self) -> int:
        """How many steps were done."""
        return int(self.metadata["step"])

    @property
    def layers(self) -> dict[str, npt.NDArray[np.float32]]:
        """The weights and biases alone."""
        return {name: array for name, array in self.arrays.items() if name.startswith("layer")}


def file_name(step: int) -> str:
    """The name of the checkpoint after `step` steps; it names the last step's index."""
    return f"step-{step - 1:06d}.safetensors"


def step_of(path: Path) -> int:
    """How many steps were done, by a checkpoint's name; 0 where it is another name."""
    digits = path.stem.removeprefix("step-")
    return int(digits) + 1 if digits.isascii() and digits.isdigit() else 0


def write(folder: Path, checkpoint: Checkpoint) -> Path:
    """Put a checkpoint into `folder`, whole or not at all.

    Raises:
        OSError: as the system says.
    """
    from safetensors.numpy import save

    about = {**checkpoint.metadata, "sha256": _digest(checkpoint.metadata, checkpoint.arrays)}
    arrays = {name: np.asarray(array, order="C") for name, array in checkpoint.arrays.items()}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / file_name(checkpoint.step)
    write_atomic(path, save(arrays, metadata={"trainpad": json.dumps(about)}))
    return path


def read(path: Path) -> Checkpoint:
    """The checkpoint at `path`, proved whole.

    Raises:
        CheckpointError: it is missing, damaged, or none of trainpad's.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            about = json.loads((file.metadata() or {})["trainpad"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        whole = about.pop("sha256") == _digest(about, arrays) and int(about["step"]) >= 0
    except FileNotFoundError as error:
        raise CheckpointError(f"{path} does not exist") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{path.name} is damaged or no checkpoint of trainpad's") from error
    if not whole:
        raise CheckpointError(f"{path.name} is damaged: its contents do not match its checksum")
    return Checkpoint(arrays, about)


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in `folder`, oldest step first."""
    found = [path for path in folder.glob("step-*") if NAME_PATTERN.fullmatch(path.name)]
    return sorted(found, key=lambda path: (len(path.name), path.name))


def newest(folder: Path) -> Checkpoint:
    """The newest checkpoint in `folder` that is whole.

    Raises:
        CheckpointError: there is none, or the newest is damaged; names the next one to use.
    """
    found = list_checkpoints(folder)
    if not found:
        raise CheckpointError(f"{folder.parent.name} has no checkpoint to go on from")
    try:
        return read(found[-1])
    except CheckpointError as error:
        whole = next((path for path in reversed(found[:-1]) if is_readable(path)), None)
        offer = f"; {whole.name} is whole: name it to go on from there" if whole else ""
        raise CheckpointError(f"{error}{offer}") from error


def is_readable(path: Path) -> bool:
    """Whether `path` can be read as a checkpoint."""
    try:
        read(path)
    except CheckpointError:
        return False
    return True


def prune(folder: Path, best: Path | None) -> None:
    """Delete all but the newest `KEEP` and the best; only files that `write` named."""
    for path in list_checkpoints(folder)[:-KEEP_NEWEST]:
        if path != best:
            path.unlink(missing_ok=True)


def remove_partial_files(folder: Path) -> None:
    """Delete what a `write` into `folder` left behind that was killed; nobody else may write."""
    for path in folder.glob(".step-*.part"):
        if NAME_PATTERN.fullmatch(path.name[1:].rsplit(".", 2)[0]):
            path.unlink(missing_ok=True)


def _digest(about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}\n".encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()
