"""The pad with networks of other pictures, with colours, and with a person's own model."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.network.architecture import build_architecture
from core.network.classifier import Classifier
from core.network.network import Network
from core.own.layer import OwnLayer
from core.own.messages import Message
from core.own.network import OwnNetwork
from core.run.layers import parse_layers
from data.errors import DataError
from data.ink_fit import can_show_drawing, describe_fit, fit_drawings
from tests.helpers.pad import keys
from tests.helpers.waiting import shown, text_of, until
from tui.pad.app import PadApp
from tui.pad.feature_maps import PadMaps
from tui.pad.network_input import NetworkInput
from tui.pad.sketch_pad import SketchPad
from tui.widgets.probability_bars import ProbabilityBars

NAMES = ("blue circle", "green square", "red circle", "red square")
SEVEN = "4,4 15,4 8,17"


def convolutional(shape: tuple[int, ...], classes: int) -> Network:
    layers = parse_layers("conv 6 5x5, pool, conv 4 3x3, 8")
    architecture = build_architecture(layers, shape, classes)
    rng = np.random.default_rng(2)
    arrays = {
        name: rng.normal(0, 0.3, size)
        for trained in (True, False)
        for name, size in architecture.arrays(trained=trained).items()
    }
    return Network.from_arrays(arrays, architecture)


class FakeProcess:
    """In the place of the process that loads Keras: answers at once, or when it is let."""

    file = SimpleNamespace(name="my_net.py")
    classes, image_shape, has_classes = 10, (28, 28), True
    layers = (OwnLayer("conv2d", "Conv2D", (28, 28, 1), (28, 28, 3), 1, 1, ()),)

    def __init__(self) -> None:
        self.is_loaded = False
        self.error = ""
        self.asked: list[Any] = []

    def ask(self, values: Any, images: Any, weights: Any) -> Message:
        self.asked.append(values["do"])
        if self.error:
            raise DataError(self.error)
        self.is_loaded = True
        logits = np.zeros((len(images), 10), np.float32)
        logits[:, 4] = 9
        maps = np.repeat(images[0].reshape(28, 28, 1), 3, axis=2)
        arrays = {"logits": logits, "evidence": images[0], "0": maps}
        return Message({"label": 4}, arrays)


def test_drawings_are_fitted_to_the_pictures_of_a_network() -> None:
    drawings = np.zeros((2, 28, 28), np.float32)
    drawings[:, 7:14, 14:21] = 1
    assert (
        fit_drawings(drawings, (28, 28)) is drawings
        or (fit_drawings(drawings, (28, 28)) == drawings).all()
    )
    for side in (8, 20, 56):
        fitted = fit_drawings(drawings, (side, side))
        assert fitted.shape == (2, side, side)
        assert fitted.mean() == pytest.approx(drawings.mean(), rel=0.15)
        assert fitted[:, : side // 5].max() < 0.2
    colours = fit_drawings(drawings, (32, 20, 3))
    assert colours.shape == (2, 32, 20, 3)
    assert colours[0, 0, 0].tolist() == [1, 1, 1]
    assert colours.min() == pytest.approx(0, abs=1e-6)
    shapes = ((28, 28), (32, 32, 3), (8, 8), (28, 28, 2), (784,), (2, 9))
    assert [can_show_drawing(shape) for shape in shapes] == [True, True, True, False, False, False]
    assert [describe_fit(shape) for shape in shapes[:3]] == [
        "", "dark on white, 32 x 32", "as 8 x 8",
    ]  # fmt: skip


async def test_a_network_of_colour_pictures_reads_dark_ink_on_paper(tmp_path: Path) -> None:
    network = convolutional((24, 24, 3), 4)
    classifier = Classifier(network, "shapes after 9 steps", NAMES, image_shape=(24, 24, 3))
    app = PadApp(classifier, log_dir=tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "draw something", "dark on white, 24 x 24", "green square")
        assert "digit here" not in text_of(app)
        assert "x switches to one of digits" in text_of(app)
        keys(app.screen.query_one(SketchPad), SEVEN)
        await shown(pilot, app, " %")
        await pilot.press("t")
        assert app.screen is app.pad_screen, "no label is asked for: it would be a digit"
        await pilot.press("f")
        await shown(pilot, app, "conv 1   24x24x6", "conv 2   12x12x4", "hidden 3   8")
        assert not app.screen.query_one(ProbabilityBars).region.height
        seen = [strip.text for strip in app.screen.query_one(NetworkInput)._styled_content]
        await pilot.press("w")
        await until(
            pilot,
            lambda: (
                seen != [strip.text for strip in app.screen.query_one(NetworkInput)._styled_content]
            ),
        )
        await pilot.resize_terminal(80, 24)
        await shown(pilot, app, "conv 2   12x12x4")
        await pilot.press("f", "c")
        await shown(pilot, app, "draw something", "width 8 of 100   + -")
        await pilot.press("x")
        await shown(pilot, app, "draw a digit here")


async def test_an_own_model_is_asked_in_the_background(tmp_path: Path) -> None:
    process = FakeProcess()
    network = OwnNetwork(process, {})  # type: ignore[arg-type]
    app = PadApp(Classifier(network, "my run after 9 steps"), log_dir=tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "draw a digit")
        assert process.asked == []
        keys(app.screen.query_one(SketchPad), SEVEN)
        await shown(pilot, app, "4   100%")
        assert set(process.asked) == {"logits", "explain"}
        await pilot.press("f")
        await shown(pilot, app, "conv2d   28x28x3")
        assert app.screen.query_one(PadMaps)._outputs
        process.error = "the process that computes my_net.py has ended"
        keys(app.screen.query_one(SketchPad), "2,2 17,2")
        await shown(pilot, app, process.error)


async def test_that_keras_is_loaded_is_said(tmp_path: Path, monkeypatch: Any) -> None:
    process = FakeProcess()
    network = OwnNetwork(process, {})  # type: ignore[arg-type]
    app = PadApp(Classifier(network, "my run after 9 steps"), log_dir=tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "draw a digit")
        held: list[Any] = []
        answering = app.pad_screen._answering
        monkeypatch.setattr(answering, "submit", lambda work, now: held.append(work))
        keys(app.screen.query_one(SketchPad), SEVEN)
        await shown(pilot, app, "loading Keras to compute my_net.py …")
        assert held
        app.pad_screen._answered(held[-1]())
        await shown(pilot, app, "4   100%")
        assert "loading" not in text_of(app)
