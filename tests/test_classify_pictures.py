"""`trainpad classify` with a run that was trained on other pictures than MNIST's."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.network.classifier import Classifier
from core.network.network import Floats, Network
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.rundir import RunDir
from data.errors import DataError
from data.whole_pictures import read_whole
from main import main

SHAPE = (4, 6, 3)


@pytest.fixture
def run(make_run) -> RunDir:
    """A run that sums up red for one class, and blue for the other."""
    dataset = {"fingerprint": "0", "classes": ["red one", "blue"], "image_shape": list(SHAPE)}
    made: RunDir = make_run(dataset=dataset, hyperparameters={"network": "none"})
    weights = np.tile([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]], (24, 1))
    network = Network.from_layers([(weights, np.zeros(2))])
    checkpoint.write(made.checkpoints, Checkpoint(network.to_arrays(), {"step": 5}))
    return made


def classified(run: RunDir, *arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as left:
        main(["classify", "--run", str(run.path), *map(str, arguments)])
    return int(left.value.code or 0)


def picture(path: Path, colour: str) -> Path:
    Image.new("RGB", (60, 20), colour).save(path)
    return path


def test_each_picture_is_one_and_is_scaled(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [picture(tmp_path / f"{name}.png", name) for name in ("red", "blue")]
    assert classified(run, *files) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{files[0]}   red one   100%", f"{files[1]}   blue   100%"]
    assert classified(run, "--json", *files) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["class"], one["digit"], one["box"]) for one in found] == [
        ("red one", 0, None),
        ("blue", 1, None),
    ]


def test_an_array_has_several(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels = np.zeros((3, *SHAPE), np.uint8)
    pixels[[0, 1, 2], ..., [0, 2, 0]] = 255
    np.save(tmp_path / "three.npy", pixels)
    assert classified(run, tmp_path / "three.npy") == 0
    words = [line.split("   ")[1] for line in capsys.readouterr().out.splitlines()]
    assert words == ["red one", "blue", "red one"]


def test_what_is_no_picture_of_the_run_is_said(
    run: RunDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strokes, other = tmp_path / "strokes.json", tmp_path / "other.npy"
    strokes.write_text('{"strokes": [[[0, 0], [1, 1]]]}')
    np.save(other, np.zeros((28, 28)))
    red = picture(tmp_path / "red.png", "red")
    assert classified(run, strokes, other, tmp_path / "gone.png", red) == 2
    printed = capsys.readouterr()
    assert printed.out == f"{red}   red one   100%\n"
    said = printed.err.splitlines()
    assert len(said) == 3
    assert said[0].endswith("or .npy; this network was trained on pictures of 6 x 4 pixels")
    assert said[1].endswith(
        "float64 [28, 28]; expected numbers of shape [4, 6, 3], or several of them"
    )
    assert said[2].endswith("gone.png: No such file or directory")


def test_a_grey_network_takes_the_brightness(tmp_path: Path) -> None:
    path = picture(tmp_path / "red.png", "red")
    np.testing.assert_allclose(read_whole(path, (4, 6)), np.full((1, 4, 6), 0.299), rtol=1e-5)
    np.save(tmp_path / "one.npy", np.full((4, 6, 1), 51, np.uint8))
    np.testing.assert_allclose(read_whole(tmp_path / "one.npy", (4, 6)), np.full((1, 4, 6), 0.2))


def test_numbers_that_are_no_pictures_are_read_from_arrays(tmp_path: Path) -> None:
    path = picture(tmp_path / "red.png", "red")
    with pytest.raises(DataError, match=r"trained on numbers of shape \[5\], not on pictures"):
        read_whole(path, (5,))
    np.save(tmp_path / "numbers.npy", np.full((2, 5), -3.5))
    assert read_whole(tmp_path / "numbers.npy", (5,)).tolist() == [[-3.5] * 5] * 2
    np.save(tmp_path / "numbers.npy", np.full((2, 5), np.nan))
    with pytest.raises(DataError, match="not all of its numbers are finite"):
        read_whole(tmp_path / "numbers.npy", (5,))


def test_a_model_of_values_has_no_classes() -> None:
    class Values:
        sizes = (24, 0)

        def probabilities(self, images: Floats) -> Floats:
            raise AssertionError

    classifier = Classifier(Values(), "a-run after 5 steps", image_shape=(4, 6))
    with pytest.raises(DataError, match="a-run after 5 steps: it was trained on values"):
        classifier.predict_whole(np.zeros((1, 4, 6), np.float32))
