import errno
import io
import threading
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from core.tfevents import encode, writer
from core.tfevents.items import Experiment, Histogram, Image, Item, Restart, Scalars, Text
from core.tfevents.logdir import Logdir
from core.tfevents.messages import EventProto
from core.tfevents.reader import EventFile
from core.tfevents.writer import EventWriter

NEVER = 1000.0
"""Seconds between flushes, so long that the thread does not flush during a test."""


def items_of(path: Path | None) -> list[Item]:
    assert path is not None
    file = EventFile(path)
    while file.read():
        pass
    assert (file.skipped, file.problem) == (0, "")
    return file.take()


def scalars_of(path: Path | None) -> dict[str, list[tuple[int, float]]]:
    found = {}
    for item in items_of(path):
        assert isinstance(item, Scalars)
        found[item.tag] = list(zip(item.steps.tolist(), item.values.tolist(), strict=True))
    return found


def test_everything_queued_before_closing_is_in_the_file(tmp_path: Path) -> None:
    with EventWriter(tmp_path / "new" / "run", interval=NEVER) as out:
        for step in range(300):
            out.scalar("loss", 1 / (step + 1), step)
            out.scalar("é", np.float32(step), np.int64(step))
    found = scalars_of(out.path)
    assert found["loss"] == [(step, float(np.float32(1 / (step + 1)))) for step in range(300)]
    assert found["é"][-1] == (299, 299.0)
    assert out.error is None


def test_a_file_starts_as_tensorboard_requires(tmp_path: Path) -> None:
    with EventWriter(tmp_path, interval=NEVER) as out:
        out.scalar("loss", 1.0, 1)
    assert out.path is not None
    content = out.path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    assert EventProto.FromString(content[12 : 12 + length]).file_version == b"brain.Event:2"


def test_the_thread_flushes_by_itself(tmp_path: Path) -> None:
    flushed = threading.Event()

    class Watched(EventWriter):
        def flush(self) -> None:
            super().flush()
            if self.path and len(scalars_of(self.path)) == 1:
                flushed.set()

    with Watched(tmp_path, interval=0.001) as out:
        out.scalar("loss", 1.0, 1)
        assert flushed.wait(30)


def test_a_resumed_run_records_its_first_step(tmp_path: Path) -> None:
    for purge_step, steps in ((None, range(100)), (50, range(60, 70))):
        with EventWriter(tmp_path, purge_step, interval=NEVER) as out:
            for step in steps:
                out.scalar("loss", step, step)
    assert isinstance(items_of(out.path)[0], Restart)
    assert len(list(tmp_path.iterdir())) == 2
    (update,) = Logdir([tmp_path], clock=lambda: 0.0).poll()
    assert sum(isinstance(item, Restart) for item in update.changes[0].items) == 1


def test_histograms_of_distant_and_close_values(tmp_path: Path) -> None:
    values = np.linspace(-1, 1, 301)
    with EventWriter(tmp_path, interval=NEVER) as out:
        out.deferred(lambda: [encode.histogram("w", values.reshape(7, 43))], 3)
    (item,) = items_of(out.path)
    assert isinstance(item, Histogram)
    assert item.buckets.shape == (30, 3)
    assert item.buckets[:, 2].sum() == 301
    assert (item.buckets[0, 0], item.buckets[-1, 1], item.step) == (-1, 1, 3)


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        ([], []),
        ([np.nan, np.inf], []),
        ([2.0, 2.0, np.nan], [[2.0, 2.0, 2]]),
        ([1.0, np.nextafter(1.0, 2)], [[1.0, np.nextafter(1.0, 2), 2]]),
        ([0.0], [[0.0, 0.0, 1]]),
        ([5e-324, 0.0], [[0.0, 5e-324, 2]]),
    ],
)
def test_histograms_of_few_values(values: list[float], rows: list[list[float]]) -> None:
    assert encode.histogram_buckets(values).tolist() == rows


def test_histograms_of_the_largest_numbers_are_finite() -> None:
    greatest = float(np.finfo(np.float64).max)
    buckets = encode.histogram_buckets([-greatest, greatest, -9e299, 9e299])
    assert np.isfinite(buckets).all()
    assert buckets[:, 2].sum() == 2


def test_texts_images_and_hyperparameters_are_read_back(tmp_path: Path) -> None:
    pixels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    with EventWriter(tmp_path, interval=NEVER) as out:
        out.text("notes", "learning rate 0.01 → 0.02", 7)
        out.image("input", pixels, 2)
        out.hparams_experiment(["lr", "net"], ["precision/test"])
        out.hparams_start({"lr": 0.1, "net": "128x32", "fast": True, "steps": 5})
        out.hparams_end("success")
    text, image, experiment, start, ended = items_of(out.path)
    assert isinstance(text, Text) and (text.step, text.text) == (7, "learning rate 0.01 → 0.02")
    assert isinstance(image, Image) and (image.width, image.height) == (4, 3)
    assert [decoded(png).tolist() for png in image.encoded] == pixels.tolist()
    assert experiment == Experiment(("lr", "net"), ("precision/test",))
    assert start.hparams == {"lr": 0.1, "net": "128x32", "fast": True, "steps": 5.0}  # type: ignore[union-attr]
    assert ended.status == "success"  # type: ignore[union-attr]


def decoded(png: bytes) -> np.ndarray:
    """The pixels of a PNG file."""
    with PIL.Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        return np.asarray(image)


@pytest.mark.parametrize("pixels", [np.zeros((2, 2)), np.zeros(3, np.uint8)])
def test_what_is_no_image_is_rejected_at_once(tmp_path: Path, pixels: np.ndarray) -> None:
    with (
        EventWriter(tmp_path, interval=NEVER) as out,
        pytest.raises(ValueError, match="not images"),
    ):
        out.image("x", pixels, 0)


def test_numbers_beyond_the_range_of_a_format(tmp_path: Path) -> None:
    with EventWriter(tmp_path, interval=NEVER) as out:
        out.scalar("x", 1e300, 1)
        out.scalar("x", -1e300, 2)
        out.scalar("x", float("nan"), 3)
        out.scalar("x", 0.0, 1 << 70)
        out.scalar("x", 0.5, -4)
    assert str(scalars_of(out.path)["x"]) == "[(1, inf), (2, -inf), (3, nan), (-4, 0.5)]"
    assert out.dropped == 1


class FullDisk(io.FileIO):
    """A file on a disk with `room` bytes left."""

    room = 0

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = super().write(bytes(data[: self.room]))
        FullDisk.room -= taken
        return taken


def trouble(out: EventWriter) -> str:
    return out.error.strerror or "" if out.error else ""


def test_a_full_disk_is_reported_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FileIO", FullDisk)
    monkeypatch.setattr(FullDisk, "room", 100)
    with EventWriter(tmp_path, interval=NEVER) as out:
        for step in range(10):
            out.scalar("loss", step, step)
            out.flush()
        assert trouble(out) == "No space left on device"
        assert [path.stat().st_size for path in tmp_path.iterdir()] == [100]
        FullDisk.room = 1 << 20
        out.flush()
        assert trouble(out) == ""
    assert scalars_of(out.path)["loss"] == [(step, step) for step in range(10)]
    assert out.dropped == 0


def test_a_disk_that_stays_full_costs_records_not_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "FileIO", FullDisk)
    monkeypatch.setattr(writer, "MAX_UNWRITTEN", 1000)
    monkeypatch.setattr(FullDisk, "room", 10)
    with EventWriter(tmp_path, interval=NEVER) as out:
        for step in range(100):
            out.scalar("loss", step, step)
        out.flush()
        assert 70 < out.dropped < 100
        FullDisk.room = 1 << 20
    steps = [step for step, _ in scalars_of(out.path)["loss"]]
    assert steps == list(range(100 - out.dropped))


def test_a_folder_that_cannot_be_created_is_reported_and_retried(tmp_path: Path) -> None:
    blocker = tmp_path / "run"
    blocker.write_text("in the way")
    with EventWriter(blocker, interval=NEVER) as out:
        out.scalar("loss", 1.0, 1)
        out.flush()
        assert trouble(out) == "File exists"
        blocker.unlink()
    assert trouble(out) == ""
    assert scalars_of(out.path) == {"loss": [(1, 1.0)]}


def test_two_writers_in_one_second_have_two_files(tmp_path: Path) -> None:
    with EventWriter(tmp_path, interval=NEVER) as one, EventWriter(tmp_path, interval=NEVER) as two:
        one.flush()
        two.flush()
        assert one.path != two.path
