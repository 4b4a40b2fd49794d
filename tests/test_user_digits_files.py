"""Export of the user's digits as IDX and PNG, import of others', and the test set they make."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from core.rundir.data_source import DataSource
from data.errors import DataError
from data.sources import load_dataset
from data.user_digits import (
    add_user_digits,
    read_user_digits,
    relabel_user_digit,
    user_digits_folder,
)
from data.user_digits_files import export_user_digits, free_folder, read_labelled
from main import cli

SEVEN = {"label": 7, "strokes": [[[0, 0], [9, 0], [3, 9]]]}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.chdir(tmp_path)
    return user_digits_folder()


def some(count: int = 5) -> tuple[np.ndarray, np.ndarray]:
    images = np.zeros((count, 28, 28), np.uint8)
    for number in range(count):
        images[number, 4:24, 8 + number : 11 + number] = 200
    return images, np.arange(count, dtype=np.uint8) % 10


def test_what_is_exported_is_read_by_any_tool_and_imported_again(home: Path) -> None:
    digits = add_user_digits(home, *some(12))
    folder = Path("mine-1")
    assert export_user_digits(digits, folder) == 12
    assert (folder / "train-images-idx3-ubyte").stat().st_size == 16 + 12 * 784
    picture = np.asarray(Image.open(folder / "1" / "00002.png"))
    np.testing.assert_array_equal(255 - picture, digits.images[11])
    images, labels = read_labelled(folder)
    np.testing.assert_array_equal(images, digits.images)
    np.testing.assert_array_equal(labels, digits.labels)
    (folder / "train-images-idx3-ubyte").unlink()
    images, labels = read_labelled(folder)  # of the pictures now
    assert labels.tolist() == sorted(digits.labels.tolist())
    assert images.shape == (12, 28, 28)
    assert free_folder(folder) == Path("mine-1-2")
    with pytest.raises(DataError, match="exists"):
        export_user_digits(digits, folder)


def test_strokes_and_pictures_are_imported_with_their_label(tmp_path: Path) -> None:
    path = tmp_path / "strokes.json"
    path.write_text(json.dumps([SEVEN, SEVEN | {"label": 1}]))
    images, labels = read_labelled(path)
    assert labels.tolist() == [7, 1]
    assert images.max() == 255
    assert read_labelled(path, 3)[1].tolist() == [3, 3]
    path.write_text(json.dumps([SEVEN, {"strokes": SEVEN["strokes"]}]))
    with pytest.raises(DataError, match="--label"):
        read_labelled(path)
    Image.fromarray(255 - some(1)[0][0]).resize((99, 99)).save(tmp_path / "a.png")
    for place in (tmp_path / "a.png", tmp_path):
        assert read_labelled(place, 4)[1].tolist() == [4]
    with pytest.raises(DataError, match="no file"):
        read_labelled(tmp_path / "none")


def test_equal_digits_that_are_imported_differ_in_their_times(home: Path) -> None:
    images, labels = some(1)
    add_user_digits(home, images, labels)
    digits = add_user_digits(home, images, labels)
    assert digits.index_of(images[0], digits.times[1]) == 1


def test_a_wrong_label_is_corrected(home: Path) -> None:
    digits = add_user_digits(home, *some())
    relabel_user_digit(home, digits.images[2], digits.times[2], 9)
    assert read_user_digits(home).labels.tolist() == [0, 1, 9, 3, 4]
    with pytest.raises(DataError, match="removed"):
        relabel_user_digit(home, digits.images[2], 1.0, 9)


def test_the_command_counts_exports_and_imports(tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        return CliRunner().invoke(cli, ["mine", *arguments], catch_exceptions=False).output

    assert run().startswith("0 digits of yours")
    (tmp_path / "strokes.json").write_text(json.dumps([SEVEN, SEVEN]))
    assert run("--import", "strokes.json") == "2 digits of strokes.json added\n"
    assert "7: 2" in run()
    assert "2 digits written to out" in run("--export", "out")
    again = run("--import", "out", "--import", "strokes.json")
    assert again.count("0 digits of") == again.count("added; 2 digits already there\n") == 2
    assert "2 digits" in run("--import", "strokes.json", "--label", "1")
    assert "1: 2  2: 0" in run()


@pytest.mark.parametrize("count", [1, 12])
def test_all_of_them_are_a_test_set(home: Path, count: int) -> None:
    with pytest.raises(DataError, match="no digits of yours yet"):
        DataSource("drawn", eval_data="mine", fake_data=True).load()
    add_user_digits(home, *some(count))
    dataset = DataSource("drawn", eval_data="mine", fake_data=True).load()
    np.testing.assert_array_equal(dataset.test.images[..., :28], some(count)[0])
    assert dataset.name.endswith("tested on mine")
    assert len(dataset.train) > 500


def test_what_is_exported_is_a_test_set_and_a_data_set(home: Path) -> None:
    digits = add_user_digits(home, *some(12))
    export_user_digits(digits, Path("out"))
    dataset = DataSource("drawn", eval_data="out", fake_data=True).load()
    assert dataset.name.endswith("tested on out")
    np.testing.assert_array_equal(dataset.test.images[..., :28], digits.images)
    alone = load_dataset("out")
    assert (len(alone.train) + len(alone.validation), len(alone.test)) == (10, 2)
    assert alone.name == "out"
    (Path("out") / "t10k-images-idx3-ubyte").write_bytes(b"")  # a test set that lacks its labels
    with pytest.raises(DataError, match="found none for test-labels"):
        load_dataset("out")


def test_a_picture_is_imported_as_classify_reads_it(tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        return CliRunner().invoke(cli, ["mine", "--import", *arguments]).output

    one, other = some(2)[0].repeat(5, axis=1).repeat(5, axis=2)
    (tmp_path / "few").mkdir()
    for path in ("two.png", "few/two.png"):
        Image.fromarray(255 - np.hstack([one, other])).save(path)
    Image.new("L", (200, 200), 255).save("few/blank.png")
    hint = "trainpad: two.png shows 2 digits; --no-split takes it as one\n"
    assert run("two.png", "--label", "1") == f"{hint}2 digits of two.png added\n"
    assert run("two.png", "--label", "1", "--no-split") == "1 digit of two.png added\n"
    assert "few/blank.png shows no digit\n" in run("few", "--label", "3")
    blank = CliRunner().invoke(cli, ["mine", "--import", "few/blank.png", "--label", "3"])
    assert "few/blank.png shows no digit" in str(blank.exception)
    assert len(read_user_digits(user_digits_folder())) == 5
