"""What an attached run records besides numbers: confusion matrices, images, weights, notes."""

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import trainpad
from tests.helpers.attached import directory, events
from trainpad import media
from trainpad.attached import Run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path / "runs"))
    yield trainpad.init("p")
    trainpad.finish()


def test_a_confusion_matrix_of_classes_or_scores() -> None:
    assert media.confusion([0, 1, 1], [0, 1, 0], 2) == [[1, 0], [1, 1]]
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    assert media.confusion(np.array([0, 1, 1]), scores, None) == [[1, 0], [1, 1]]
    assert media.confusion(np.eye(2)[[0, 1, 1]], scores, None) == [[1, 0], [1, 1]]


@pytest.mark.parametrize(
    ("labels", "predictions", "why"),
    [([0], [0, 1], "1 labels, but 2"), ([0, 3], [0, 1], "from 0 to 1"), ([0, -1], [0, 0], "from")],
)
def test_a_matrix_that_cannot_be(labels: list[int], predictions: list[int], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        media.confusion(labels, predictions, 2)


def test_matrices_and_sentences_are_events(run: Run) -> None:
    run.log({"loss": 1}, 9)
    run.log_confusion([0, 1], [0, 0], classes=["cat", "dog"], split="test")
    run.note("now with\x1b[2J dropout")
    run.alert("NaN", "loss", level="ERROR")
    run.epoch(1, 5)
    run.saved("model.pt")
    run.finish()
    evaluated, noted, alert, epoch, saved, _ = events(directory(run))[1:]
    assert evaluated["confusion"] == {"test": [[1, 0], [1, 0]]}
    assert evaluated["classes"] == ["cat", "dog"]
    assert noted["text"] == "now with␛[2J dropout"
    assert (alert["text"], alert["level"]) == ("NaN: loss", "error")
    assert (epoch["epoch"], epoch["epochs"], saved["file"]) == (1, 5, "model.pt")
    assert {event["step"] for event in events(directory(run))[1:]} == {10}


@pytest.mark.parametrize(
    "shape", [(8, 6), (8, 6, 3), (3, 8, 6), (2, 8, 6), (2, 8, 6, 1), (2, 8, 6, 4), (2, 3, 8, 6)]
)
def test_images_of_every_layout_are_pictures(run: Run, shape: tuple[int, ...]) -> None:
    run.log_images("in/../put", np.random.default_rng(1).random(shape))
    run.finish()
    (event,) = events(directory(run), "images")
    assert event["files"]
    for name in event["files"]:
        with Image.open(directory(run) / name) as image:
            assert image.size == (6, 8)
    assert {path.parent.name for path in directory(run).rglob("*.png")} == {"images"}


def test_a_picture_is_exact() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    assert (np.asarray(Image.open(io.BytesIO(media.png(pixels)))) == pixels).all()


def test_weights_by_name_of_a_module_and_of_a_model(run: Run) -> None:
    array = np.array([[3.0, -4.0], [0.0, np.nan]])
    module = SimpleNamespace(named_parameters=lambda: [("a", array)])
    model = SimpleNamespace(trainable_weights=[type("V", (), {"path": "b", "shape": (1,),
                            "__array__": lambda *_, **__: np.ones(1)})()])  # fmt: skip
    for weights in ({"w": array}, module, model):
        run.log_weights(weights)
    run.finish()
    layers = [event["layers"] for event in events(directory(run), "weights")]
    assert [list(found) for found in layers] == [["w"], ["a"], ["b"]]
    assert layers[0]["w"]["shape"] == [2, 2]
    assert layers[0]["w"]["not_finite"] == 1
    assert (layers[0]["w"]["low"], layers[0]["w"]["high"]) == (-4, 3)
    assert sum(layers[0]["w"]["counts"]) == 3
    assert layers[2]["b"]["norm"] == 1


def test_what_is_none_of_that_is_said_and_ends_nothing(run: Run) -> None:
    run.log_confusion([0, 5], [0, 1], classes=["a", "b"])
    run.log_images("x", "not an image")
    run.log_images("x", np.zeros((1, 2, 3, 4, 5)))
    run.log_weights(7)
    run.finish()
    assert len(events(directory(run), "warned")) == 4


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_a_histogram_has_the_bars_of_numpy(scale: float) -> None:
    values = np.random.default_rng(2).normal(size=1000) * scale
    counts, edges = np.histogram(values, media.BINS)
    assert media.histogram(values) == (edges[0], edges[-1], counts.tolist())


@pytest.mark.parametrize("values", [[3.0, 3.0], [1e300, 1e300], [-1e308, 1e308], [1e-320, 2e-320]])
def test_a_histogram_of_a_range_that_cannot_be_divided_has_one_bar(values: list[float]) -> None:
    low, high, counts = media.histogram(np.array(values))
    assert low <= values[0] <= values[1] <= high
    assert counts == [2 if bar == media.BINS // 2 else 0 for bar in range(media.BINS)]


def test_a_histogram_of_nothing_is_empty() -> None:
    assert media.histogram(np.zeros(0)) == (0.0, 0.0, [])
