"""Checkpoints: one safetensors file each, readable by numpy alone.

Arrays are named ``layer0/weights``, ``layer0/biases``, ... as in `core.network.network`, and
``optimizer/...`` for the optimizer's slots. Everything else (step, position in the shuffled data,
hyperparameters) is JSON in the file's metadata, with a SHA-256 over both, so that a damaged file is
refused instead of trained on.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.rundir.errors import CheckpointError
from trainpad.files import open_plain, write_atomic

FOLDER = "checkpoints"
LAYER_PREFIXES = ("layer", "model/")
"""What the names of a network's arrays begin with: of layers given as text, and of own models."""
KEEP_NEWEST = 5
"""How many of the newest checkpoints are kept, besides the best one."""
MAX_BYTES = 1 << 31
"""A larger file is refused."""
_MALFORMED = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What parsing a damaged header raises."""
NAME_PATTERN = re.compile(r"step-\d{6,}\.safetensors")
"""The names that `file_name` returns; other files are neither read nor deleted."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """The contents of a checkpoint: named arrays, and `metadata` with ``step`` and the rest."""

    arrays: Mapping[str, npt.NDArray[Any]]
    metadata: Mapping[str, Any]

    @property
    def step(self) -> int:
        """How many steps were done."""
        return int(self.metadata["step"])

    @property
    def layers(self) -> dict[str, npt.NDArray[np.float32]]:
        """The arrays of the network in its order, without those of the optimizer and seeds."""
        found = {
            name: array
            for name, array in self.arrays.items()
            if name.startswith(LAYER_PREFIXES) and array.dtype.kind == "f"
        }
        order = self.metadata.get("layers")
        if not isinstance(order, list):
            return found
        return {name: found.pop(name) for name in map(str, order) if name in found} | found


def file_name(step: int) -> str:
    """The name of the checkpoint after `step` steps, which has the last step's index."""
    return f"step-{step - 1:06d}.safetensors"


def step_of(path: Path) -> int:
    """How many steps were done, by a checkpoint's name; 0 for other names."""
    digits = path.stem.removeprefix("step-")
    return int(digits) + 1 if digits.isascii() and digits.isdigit() else 0


def write(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint to `folder` atomically; returns its path.

    Raises:
        OSError: it cannot be written.
    """
    from safetensors.numpy import save

    digest = _digest(checkpoint.metadata, checkpoint.arrays)
    metadata = json.dumps({**checkpoint.metadata, "sha256": digest})
    arrays = {name: np.asarray(array, order="C") for name, array in checkpoint.arrays.items()}
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / file_name(checkpoint.step)
    write_atomic(path, save(arrays, metadata={"trainpad": metadata}))
    return path


def read(path: Path) -> Checkpoint:
    """The checkpoint at `path`, with its checksum verified.

    Raises:
        CheckpointError: it is missing, damaged, or not a checkpoint of trainpad.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        content = _read_content(path)
        arrays = load(content)
        metadata = json.loads(_header(content)["__metadata__"]["trainpad"])
        digest = metadata.pop("sha256")
        intact = digest == _digest(metadata, arrays) and int(metadata["step"]) >= 0
    except FileNotFoundError as error:
        raise CheckpointError(f"{path} does not exist") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    except (SafetensorError, *_MALFORMED) as error:
        raise CheckpointError(f"{path.name} is damaged or not a checkpoint of trainpad") from error
    if not intact:
        raise CheckpointError(f"{path.name} is damaged: its contents do not match its checksum")
    return Checkpoint(arrays, metadata)


def _read_content(path: Path) -> bytes:
    with open_plain(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise CheckpointError(f"{path.name} is larger than {MAX_BYTES:,} bytes")
        return file.read(size)


def _header(content: bytes) -> dict[str, Any]:
    """The JSON header of a safetensors file: its length as uint64, then the text."""
    size = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + size])
    return header


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in `folder`, oldest step first."""
    paths = [path for path in folder.glob("step-*") if NAME_PATTERN.fullmatch(path.name)]
    return sorted(paths, key=lambda path: (len(path.name), path.name))


def newest(folder: Path) -> Checkpoint:
    """The newest checkpoint in `folder`.

    Raises:
        CheckpointError: there is none, or it is damaged; names the newest undamaged one.
    """
    paths = list_checkpoints(folder)
    if not paths:
        raise CheckpointError(f"{folder.parent.name} has no checkpoint to resume from")
    try:
        return read(paths[-1])
    except CheckpointError as error:
        good = next((path for path in reversed(paths[:-1]) if is_readable(path)), None)
        hint = f"; {good.name} is not damaged: give its path to resume from it" if good else ""
        raise CheckpointError(f"{error}{hint}") from error


def is_readable(path: Path) -> bool:
    """Whether `path` is an undamaged checkpoint."""
    try:
        read(path)
    except CheckpointError:
        return False
    return True


def prune(folder: Path, best: Path | None) -> None:
    """Delete all checkpoints but the newest `KEEP_NEWEST` and the best."""
    for path in list_checkpoints(folder)[:-KEEP_NEWEST]:
        if path != best:
            path.unlink(missing_ok=True)


def remove_partial_files(folder: Path) -> None:
    """Delete the temporary files of writers that were killed; requires the writer's lock."""
    for path in folder.glob(".step-*.part"):
        if NAME_PATTERN.fullmatch(path.name[1:].rsplit(".", 2)[0]):
            path.unlink(missing_ok=True)


def _digest(metadata: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """SHA-256 over the metadata and all arrays, in hexadecimal."""
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}\n".encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()
