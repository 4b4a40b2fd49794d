"""The output of `trainpad data`."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from core.cli import datasets
from core.cli.datasets import show_dataset
from tests.helpers.idx import write_idx


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three named classes of images that are higher than wide."""
    rng = np.random.default_rng(0)
    for part, count in (("train", 24), ("t10k", 9)):
        images = rng.integers(0, 256, (count, 40, 20), np.uint8)
        write_idx(tmp_path / f"{part}-images-idx3-ubyte", images)
        write_idx(tmp_path / f"{part}-labels-idx1-ubyte", (np.arange(count) % 3).astype(np.uint8))
    (tmp_path / "classes.txt").write_text("across\nupright\nslanted\n")
    return tmp_path


def properties(folder: Path) -> dict[str, str]:
    out = io.StringIO()
    assert show_dataset(out, "mnist", folder, offline=True, as_json=True) == 0
    values: dict[str, str] = json.loads(out.getvalue())
    return values


def test_a_folder_of_other_data_is_described_without_a_licence(folder: Path) -> None:
    values = properties(folder)
    assert values["images"].endswith("9 for testing; 40x20")
    assert values["classes"] == "across upright slanted"
    assert values["verdict"] == "not verified: this is not the original MNIST"
    assert "licence" not in values


def test_a_folder_of_mnist_has_its_licence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "describe_origin", lambda *_: "verified: these are they")
    assert properties(folder)["licence"].startswith("CC BY-SA")


def test_images_of_each_class_are_previewed(folder: Path) -> None:
    out = io.StringIO()
    show_dataset(out, "mnist", folder, offline=True, as_json=False)
    rows = out.getvalue().splitlines()
    assert sum(len(row) > 60 for row in rows) >= 3 * 20


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_list_has_no_line_that_a_narrow_terminal_breaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(datasets, "_entry", lambda name: {
        "name": name, "title": "a title" * 7, "where": "not downloaded: 31 MB"
    })  # fmt: skip
    out = _Screen()
    datasets.list_datasets(out, as_json=False)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].strip() == "not downloaded: 31 MB"
