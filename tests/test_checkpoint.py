import json
import struct
from pathlib import Path

import numpy as np
import pytest

from core.network.network import Network
from core.rundir import checkpoint
from core.rundir.checkpoint import (
    Checkpoint,
    file_name,
    list_checkpoints,
    newest,
    prune,
    read,
    write,
)
from core.rundir.errors import CheckpointError

ARRAYS = {
    "layer0/weights": np.arange(12, dtype=np.float32).reshape(3, 4),
    "layer0/biases": np.array([0.5, -0.0, np.inf, 1e-45], np.float32),
    "optimizer/iteration": np.array(7, np.int64),
}


def made(step: int = 100) -> Checkpoint:
    return Checkpoint(ARRAYS, {"step": step, "position": 100 * step, "note": "é"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a run" / "checkpoints"


def test_a_checkpoint_is_read_back_bit_for_bit(folder: Path) -> None:
    path = write(folder, made())
    again = read(path)
    assert path.name == "step-000099.safetensors"
    assert path.stat().st_mode & 0o777 == 0o600
    assert (again.step, again.metadata["position"], again.metadata["note"]) == (100, 10000, "é")
    assert set(again.arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert again.arrays[name].dtype == array.dtype
        assert again.arrays[name].tobytes() == array.tobytes()


def test_weights_can_be_read_without_the_optimizer(folder: Path) -> None:
    layers = read(write(folder, made())).layers
    assert set(layers) == {"layer0/weights", "layer0/biases"}
    assert Network.from_arrays(layers).sizes == (3, 4)


def test_arrays_of_any_memory_layout_are_written_correctly(folder: Path) -> None:
    turned = Checkpoint({"layer0/weights": ARRAYS["layer0/weights"].T}, {"step": 1})
    again = read(write(folder, turned)).arrays["layer0/weights"]
    assert np.array_equal(again, ARRAYS["layer0/weights"].T)


def test_a_flipped_byte_is_detected(folder: Path) -> None:
    path = write(folder, made())
    whole = path.read_bytes()
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x01
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError, match=r"step-000099.safetensors"):
            read(path)


def test_a_truncated_file_is_detected(folder: Path) -> None:
    path = write(folder, made())
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match=r"step-000099.safetensors is damaged"):
            read(path)


def test_a_file_of_another_program_is_rejected(folder: Path) -> None:
    folder.mkdir(parents=True)
    path = folder / "step-000001.safetensors"
    for about in (None, {}, {"trainpad": "{"}, {"trainpad": "[]"}, {"trainpad": '{"step": 1}'}):
        header = json.dumps({"__metadata__": about} if about is not None else {}).encode()
        path.write_bytes(struct.pack("<Q", len(header)) + header)
        with pytest.raises(CheckpointError, match="damaged or not a checkpoint of trainpad"):
            read(path)


def test_a_missing_file_or_a_folder_is_reported(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="does not exist"):
        read(folder / file_name(1))
    (folder / file_name(1)).mkdir(parents=True)
    with pytest.raises(CheckpointError):
        read(folder / file_name(1))


def test_a_damaged_newest_checkpoint_is_rejected_and_the_previous_one_named(folder: Path) -> None:
    for step in (100, 200, 300):
        path = write(folder, made(step))
    assert newest(folder).step == 300
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError) as error:
        newest(folder)
    assert "step-000299.safetensors is damaged" in str(error.value)
    assert "step-000199.safetensors is not damaged" in str(error.value)


def test_a_run_without_checkpoints_is_reported(folder: Path) -> None:
    with pytest.raises(CheckpointError, match="a run has no checkpoint to resume from"):
        newest(folder)


def test_pruning_keeps_the_newest_the_best_and_foreign_files(folder: Path) -> None:
    paths = [write(folder, made(step)) for step in range(1, 12)]
    others = [folder / name for name in ("step-of-mine.safetensors", "notes.txt", "step-1.bin")]
    for other in others:
        other.write_text("mine")
    prune(folder, paths[2])
    assert set(folder.iterdir()) == {paths[2], *paths[-5:], *others}
    assert list_checkpoints(folder) == [paths[2], *paths[-5:]]


def test_checkpoints_are_sorted_by_step_beyond_six_digits(folder: Path) -> None:
    steps = (5, 1_000_000, 1_000_001, 10_000_000)
    paths = [write(folder, made(step)) for step in steps]
    assert list_checkpoints(folder) == paths
    assert checkpoint.is_readable(paths[-1])
