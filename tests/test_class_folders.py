"""Folders with a folder of pictures for each class; images in colour."""

import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from core.cli.datasets import show_dataset
from core.network.network import Network, as_input
from core.network.predictions import predict_split
from core.run.hparams import validate_hparams
from core.rundir.data_source import DataSource
from core.tfevents import encode
from core.training.config import architecture_for
from data.arrays import to_images
from data.errors import DataError
from data.folder import open_folder
from data.preview import ascii_rows, contact_sheet, half_block_rows
from data.sources import load_dataset
from tui.widgets.gallery import reduced
from tui.widgets.half_blocks import render_picture

Draw = Callable[..., Path]
GREEN = (10, 200, 30)


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Draws a picture of one colour, with a number in its corner so that no two are equal."""

    def make(place: str, colour: object = GREEN, *, size: tuple[int, int] = (6, 5)) -> Path:
        path = tmp_path / "set" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = "L" if isinstance(colour, int) else "RGB"
        picture = Image.new(mode, size, colour)  # type: ignore[arg-type]
        picture.save(path)
        return path

    return make


def some(draw: Draw, *roots: str, colour: object = GREEN) -> Path:
    """Three pictures in each of two classes below these folders."""
    for root in roots:
        for name in ("cat", "dog"):
            for number in range(6):
                draw(f"{root}{name}/{number}.png", colour)
    return draw("ignored.png").parent


def test_classes_are_folders_and_a_sixth_is_for_testing(draw: Draw) -> None:
    data = open_folder(some(draw, ""))
    assert (data.name, data.classes, data.image_shape) == ("set", ("cat", "dog"), (5, 6, 3))
    assert data.has_colours
    assert (len(data.train), len(data.validation), len(data.test)) == (9, 1, 2)
    assert data.train.images[0, 0, 0].tolist() == list(GREEN)
    again = open_folder(Path(data.source))
    assert again.fingerprint == data.fingerprint
    assert (again.train.labels == data.train.labels).all()
    assert set(data.train.labels.tolist()) == {0, 1}


def test_pictures_of_several_sizes_are_scaled_and_cropped(draw: Draw) -> None:
    folder = some(draw, "")
    draw("cat/wide.png", GREEN, size=(40, 10))
    data = load_dataset(str(folder), size="8x4")
    assert data.image_shape == (4, 8, 3)
    assert (data.train.images == GREEN).all(axis=(1, 2, 3)).any()
    assert data.fingerprint != load_dataset(str(folder), size="4x4").fingerprint
    for name, size, sentence in (
        ("mnist", "8x4", "--size is for --dataset FOLDER, with a folder of pictures for each"),
        (str(folder / "cat"), "8x4", "cat: --size is for folders of pictures, one for each class"),
        (
            str(folder),
            "8",
            "size must be WIDTHxHEIGHT in pixels, as 64x48, from 1 to 4,096",
        ),
        (str(folder), "0x9", "size must be WIDTHxHEIGHT in pixels"),
    ):
        with pytest.raises(DataError, match=sentence):
            load_dataset(name, size=size)
    assert DataSource(dataset=str(folder), size="8x4").load().image_shape == (4, 8, 3)


def test_grey_pictures_have_no_channels(draw: Draw) -> None:
    assert open_folder(some(draw, "", colour=77)).train.images[0].tolist() == [[77] * 6] * 5
    draw("cat/0.png", GREEN)
    assert open_folder(some(draw, "x").parent / "set").has_colours


def test_given_splits_are_kept(draw: Draw) -> None:
    data = open_folder(some(draw, "train/", "test/"))
    assert (len(data.train), len(data.validation), len(data.test)) == (11, 1, 12)
    three = open_folder(some(draw, "val/"))
    assert (len(three.train), len(three.validation), len(three.test)) == (12, 12, 12)
    assert three.fingerprint != data.fingerprint


def test_a_folder_around_that_of_the_classes_is_explained(draw: Draw) -> None:
    with pytest.raises(DataError, match=r"there are folders of pictures in inner/: give that fold"):
        open_folder(some(draw, "inner/"))


def test_a_wrong_folder_is_explained(draw: Draw, tmp_path: Path) -> None:
    folder = some(draw, "")

    def refused(sentence: str) -> None:
        with pytest.raises(DataError, match=sentence):
            open_folder(folder)

    (folder / "__MACOSX").mkdir()
    assert open_folder(folder).classes == ("cat", "dog")
    (folder / "empty").mkdir()
    refused(r"set/empty: expected pictures, found none")
    (folder / "empty").rmdir()
    odd = draw("cat/odd.png", size=(7, 5))
    refused(r"odd\.png: expected 6 x 5 pixels as in 0\.png, found 7 x 5; give all the same size ")
    odd.write_bytes(odd.read_bytes()[:45])
    refused(r"odd\.png: damaged picture.*; save it again as PNG")
    odd.write_bytes(b"")
    refused(r"odd\.png: damaged picture")
    bomb = bytearray(draw("cat/odd.png").read_bytes())
    bomb[16:24] = (30_000).to_bytes(4, "big") * 2
    bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    odd.write_bytes(bytes(bomb))
    refused(r"odd\.png: it has too many pixels; make it smaller")
    bomb[16:24] = (9_000).to_bytes(4, "big") * 2
    bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    odd.write_bytes(bytes(bomb))
    refused(r"odd\.png: 9,000 x 9,000 pixels are too many; make it smaller than 64,000,000 pixels")
    odd.unlink()
    some(draw, "train/")
    refused(r"expected a folder `test` beside `train`, found none")
    draw("test/bird/1.png")
    refused(r"test: bird is no class of the pictures for training")
    only = tmp_path / "one" / "cat"
    only.mkdir(parents=True)
    draw("cat/0.png").rename(only / "0.png")
    with pytest.raises(DataError, match="expected 2 to 1,000 folders, one for each class, found 1"):
        open_folder(tmp_path / "one")


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("CMYK", (0, 0, 0, 0), [255, 255, 255]),
        ("I;16", 65535, [255, 255, 255]),
        ("I;16", 32896, [128, 128, 128]),
        ("RGBA", (0, 0, 0, 0), [255, 255, 255]),
        ("RGBA", (9, 8, 7, 255), [9, 8, 7]),
        ("P", 0, [0, 0, 0]),
        ("1", 1, [255, 255, 255]),
    ],
)
def test_other_kinds_of_pixels(
    tmp_path: Path, mode: str, colour: object, expected: list[int]
) -> None:
    ending = "jpg" if mode == "CMYK" else "png"
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(3):
            picture = Image.new(mode, (8, 8), colour)  # type: ignore[arg-type]
            picture.save(tmp_path / name / f"{number}.{ending}")
    image = open_folder(tmp_path).train.images[0]
    pixel = np.atleast_1d(image[0, 0]).astype(int)
    assert np.abs(pixel - expected[: len(pixel)]).max() <= 1


def test_arrays_in_colour_have_their_channels_last() -> None:
    images = np.random.default_rng(1).integers(0, 256, (4, 5, 6, 3)).astype(np.uint8)
    np.testing.assert_array_equal(to_images(images, "x"), images)
    np.testing.assert_array_equal(to_images(images.transpose(0, 3, 1, 2), "x"), images)
    np.testing.assert_array_equal(to_images(images[..., :1], "x"), images[..., 0])
    with pytest.raises(DataError, match="expected images"):
        to_images(images[..., :2], "x")


def test_colours_are_drawn(draw: Draw, capsys: pytest.CaptureFixture[str]) -> None:
    folder = some(draw, "")

    assert (
        show_dataset(sys.stdout, str(folder), None, offline=True, as_json=False, verbose=False) == 0
    )
    shown = capsys.readouterr().out
    assert "5x6 in colour" in shown
    sheet = contact_sheet(open_folder(folder).train.images[:4], 2)
    assert sheet.shape == (11, 13, 3)
    assert half_block_rows(sheet).shape == (6, 13, 2, 3)
    assert len(ascii_rows(sheet)) == 6
    image = open_folder(folder).train.images[0].astype(np.float32) / 255
    strips = render_picture(image)
    assert [strip.cell_length for strip in strips] == [6, 6, 6]
    (segment, *_) = strips[0]
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.color.triplet == (17, 204, 34)
    assert len(render_picture(image, ascii_only=True)) == 3
    assert reduced(image, (3, 3)).shape == (3, 3, 3)
    assert encode.images("x", sheet[None])["tag"] == b"x"


def test_a_network_learns_colours(draw: Draw) -> None:
    """Two classes that differ in their colour alone."""
    from core.training.engine import Engine

    for number in range(24):
        draw(f"a/{number}.png", (200, 40 + number, 40))
        draw(f"b/{number}.png", (40, 40 + number, 200))
    data = open_folder(draw("a/0.png").parents[1])
    values = {"network": "conv 3 3x3, pool, 4", "batch_size": 8, "optimizer": "adam", "rotate": 5}
    hparams = validate_hparams({**values, "learning_rate": 0.02})
    engine = Engine(data, hparams, device="cpu", xla=False)
    losses = engine.steps(0, 0, 80, hparams)
    assert losses[-5:].mean() < 0.3
    matrix, _ = engine.evaluate("test")
    network = Network.from_arrays(engine.weights(), architecture_for(hparams, data))
    assert network.layers[0].weights.shape == (3, 3, 3, 3)
    assert predict_split(network, data.test).confusion.tolist() == matrix
    assert np.trace(matrix) == np.sum(matrix)
    assert network.gradient(as_input(data.test.images[:1])[0], 0).shape == (90,)


def test_pictures_that_do_not_fit_into_memory_stay_on_disk(
    draw: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.training.engine import Engine

    for number in range(24):
        draw(f"a/{number}.png", (200, 40 + number, 40))
        draw(f"b/{number}.png", (40, 40 + number, 200))
    folder = draw("a/0.png").parents[1]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    hparams = validate_hparams({"network": "4", "batch_size": 8})
    found = []
    for limit in (1 << 30, 100, 100):
        monkeypatch.setattr("data.class_folders.MAX_BYTES", limit)
        data = open_folder(folder)
        engine = Engine(data, hparams, device="cpu", xla=False)
        losses = engine.steps(0, 0, 5, hparams).tolist()
        found.append((data.fingerprint, losses, engine.evaluate("test"), len(engine.notices)))
        assert data.is_on_disk == (limit == 100)
    assert [one[:3] for one in found] == [found[0][:3]] * 3
    assert [said for *_, said in found] == [0, 1, 1]
    files = [*(tmp_path / "cache").rglob("*.u8")]
    assert sum(file.stat().st_size for file in files) == 48 * 5 * 6 * 3
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10))
    draw("a/24.png")
    with pytest.raises(DataError, match=r"need 0\.0 GB in .*, which has 0\.0 GB; make "):
        open_folder(folder)
