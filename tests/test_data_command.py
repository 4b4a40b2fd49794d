"""The output of `trainpad data`."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from core.cli import datasets
from core.cli.datasets import show_dataset
from core.cli.preview import preview_rows
from data.dataset import Dataset, Split
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


def coloured(side: int, classes: int) -> Dataset:
    """Red pictures above, blue ones below their middle, one of each class."""
    pictures = np.zeros((classes, side, side, 3), np.uint8)
    pictures[:, : side // 2] = (250, 10, 0)
    pictures[:, side // 2 :] = (0, 100, 180)
    split = Split(pictures, np.arange(classes, dtype=np.uint8))
    names = tuple(f"kind {number}" for number in range(classes))
    return Dataset("squares", "here", "", split, split, split, names)


@pytest.mark.parametrize(
    ("variable", "upper", "lower"),
    [("", "5;196", "5;25"), ("truecolor", "2;250;10;0", "2;0;100;180")],
)
def test_a_terminal_shows_pictures_in_their_colours(variable: str, upper: str, lower: str) -> None:
    rows = preview_rows(coloured(2, 3), 80, colour=True, environment={"COLORTERM": variable})
    assert f"\033[38;{upper};48;{lower}m▀" in rows[0]
    grey = Dataset(
        "grey", "here", "", *[Split(np.full((3, 2, 2), 255, np.uint8), np.arange(3))] * 3
    )
    assert "\033[38;5;255;48;5;255m▀" in preview_rows(grey, 80, colour=True)[0]


def test_a_preview_fits_the_terminal() -> None:
    data = coloured(100, 40)
    rows = preview_rows(data, 30, colour=False)
    assert max(map(len, rows)) <= 30
    assert rows[-1] == "and 10 more classes"
    assert datasets._class_names(data.classes).startswith("kind 0, kind 1, ")


def test_a_colour_terminal_previews_folders_of_colour_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    np.savez(
        tmp_path / "squares.npz",
        x_train=np.full((40, 4, 4, 3), 200, np.uint8), y_train=np.arange(40) % 2,
        x_test=np.full((8, 4, 4, 3), 200, np.uint8), y_test=np.arange(8) % 2,
    )  # fmt: skip
    out = _Screen()
    assert show_dataset(out, str(tmp_path), None, offline=True, as_json=False) == 0
    assert "▀" in out.getvalue()
    assert "classes      0 1\n" in out.getvalue()


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
