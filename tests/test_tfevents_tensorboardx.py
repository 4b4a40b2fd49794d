"""Files written by tensorboardX (and so by PyTorch) are read correctly."""

from pathlib import Path

import numpy as np
import pytest

from core.tfevents.logdir import Logdir
from core.tfevents.store import RunData

tensorboardx = pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")


def watched(folder: Path) -> dict[str, RunData]:
    runs: dict[str, RunData] = {}
    for update in Logdir([folder]).poll():
        for change in update.changes:
            assert (change.status.skipped, change.status.problems) == (0, ())
            for item in change.items:
                runs.setdefault(change.run, RunData()).fold(item)
    return runs


def test_all_kinds_of_values(tmp_path: Path) -> None:
    pixels = np.zeros((3, 4, 5), np.uint8)
    with tensorboardx.SummaryWriter(str(tmp_path / "run")) as out:
        for step in range(300):
            out.add_scalar("loss", 1 / (step + 1), step)
        out.add_histogram("weights", np.array([0.0, 0.5, 0.5, 2.0]), 1)
        out.add_text("notes", "first\nsecond", 2)
        out.add_image("input", pixels, 3)
    run = watched(tmp_path)["run"]
    curve = run.scalars["loss"].curve
    assert curve.steps.tolist() == list(range(300))
    np.testing.assert_array_equal(curve.values, (1 / np.arange(1, 301)).astype(np.float32))
    (histogram,) = run.histograms["weights"]
    assert histogram.buckets[:, 2].sum() == 4
    assert (histogram.buckets[0, 0], histogram.buckets[-1, 1]) == (0, 2)
    assert [text.text for text in run.texts["notes/text_summary"]] == ["first\nsecond"]
    (image,) = run.images["input"]
    assert (image.width, image.height, image.step) == (5, 4, 3)


def test_hyperparameters_and_their_metric(tmp_path: Path) -> None:
    with tensorboardx.SummaryWriter(str(tmp_path)) as out:
        out.add_hparams({"lr": 0.25, "net": "a", "fast": True}, {"acc": 0.5}, name="trial")
    run = watched(tmp_path)["trial"]
    assert run.hparams == {"lr": 0.25, "net": "a", "fast": True}
    assert run.experiment.metrics == ("acc",)
    assert run.status == "success"
    assert run.scalars["acc"].curve.values.tolist() == [0.5]


def test_a_growing_file_is_read_incrementally(tmp_path: Path) -> None:
    logdir = Logdir([tmp_path])
    run = RunData()
    with tensorboardx.SummaryWriter(str(tmp_path / "run")) as out:
        for step in range(5):
            out.add_scalar("loss", step, step)
            # Its flush does not wait for its thread; the timeout of the test ends this loop.
            while "loss" not in run.scalars or run.scalars["loss"].curve.last_step < step:
                out.flush()
                for update in logdir.poll():
                    for item in (item for change in update.changes for item in change.items):
                        run.fold(item)
    assert run.scalars["loss"].curve.values.tolist() == [0, 1, 2, 3, 4]


def test_a_resumed_writer_discards_later_steps(tmp_path: Path) -> None:
    for purge_step, steps, suffix in ((None, range(10), ".1"), (4, range(6, 8), ".2")):
        folder = str(tmp_path / "run")
        with tensorboardx.SummaryWriter(
            folder, purge_step=purge_step, filename_suffix=suffix
        ) as out:
            for step in steps:
                out.add_scalar("loss", step, step)
    curve = watched(tmp_path)["run"].scalars["loss"].curve
    assert curve.steps.tolist() == [0, 1, 2, 3, 6, 7]
