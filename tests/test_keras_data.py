"""The lines of a Keras script that read folders of pictures give what the run was trained on."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.export.export import Export, load_export
from core.export.keras_data import data_lines
from core.rundir.rundir import RunDir
from core.session.session import dataset_info
from data.dataset import Dataset
from data.folder import open_folder
from tests.helpers.runs import make_run
from trainpad.errors import RunError


def draw(folder: Path, count: int, *, mode: str = "RGB", seed: int = 0) -> None:
    """Pictures of noise in folders of two classes; `mode` is Pillow's."""
    rng = np.random.default_rng(seed)
    for name in ("a class", "other"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 256, (6, 8, len(mode)), np.uint8)
            image = Image.fromarray(pixels[..., 0] if mode == "L" else pixels)
            image.save(folder / name / f"{number}.png")
        (folder / name / ".hidden.png").write_bytes(b"")
        (folder / name / "notes.txt").write_text("no picture")


def export_of(folder: Path, dataset: Dataset, name: str = "a-run") -> Export:
    run: RunDir = make_run(folder / name, losses=[1.0], dataset=dataset_info(dataset))
    return load_export(run)


def read_by(export: Export) -> dict[str, np.ndarray]:
    """What the lines read, without Keras and TensorFlow."""
    lines = data_lines(export, export.run.info["dataset"])
    names: dict[str, np.ndarray] = {}
    needed = (line for line in lines if line[:12] not in ("import keras", "import tenso"))
    exec("\n".join(needed), names)  # noqa: S102 - the lines are ours
    return names


def assert_same(found: dict[str, np.ndarray], dataset: Dataset) -> None:
    for name, split in (("train", dataset.train), ("test", dataset.test)):
        np.testing.assert_array_equal(found[f"x_{name}"], split.images)
        np.testing.assert_array_equal(found[f"y_{name}"], split.labels)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_folders_are_split_as_for_the_run(tmp_path: Path, mode: str) -> None:
    draw(tmp_path / "data", 14, mode=mode)
    dataset = open_folder(tmp_path / "data", size=(5, 4))
    assert len(dataset.validation)
    assert_same(read_by(export_of(tmp_path, dataset)), dataset)


def test_folders_for_training_and_testing_are_read(tmp_path: Path) -> None:
    for seed, split in enumerate(("train", "test")):
        draw(tmp_path / "data" / split, 13, seed=seed)
    dataset = open_folder(tmp_path / "data")
    assert_same(read_by(export_of(tmp_path, dataset)), dataset)
    draw(tmp_path / "data" / "val", 2, seed=3)
    dataset = open_folder(tmp_path / "data")
    assert len(dataset.train) == 26
    assert_same(read_by(export_of(tmp_path, dataset, "another")), dataset)


def test_pictures_that_do_not_fit_into_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(tmp_path / "data", 7)
    export = export_of(tmp_path, open_folder(tmp_path / "data"))
    monkeypatch.setattr("core.export.keras_data.MAX_BYTES", 14 * 6 * 8 * 3 - 1)
    with pytest.raises(RunError, match="the pictures of a-run do not fit into memory"):
        read_by(export)
