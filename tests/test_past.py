"""The networks of a run's checkpoints and evaluations, each judging the same drawing."""

from pathlib import Path

import numpy as np
import pytest

from core.network.classifier import Classifier
from core.network.network import Network
from core.run.state import RunState
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from tests.helpers.waiting import shown, text_of, toasts_of, until
from tui.pad.app import PadApp
from tui.pad.models import ModelSwitcher
from tui.pad.past import MAX_NETWORKS, PastNetworks, PastRow, read_checkpoints
from tui.pad.prediction import PadImage


def of_digit(digit: int, logit: float = 20.0) -> Network:
    """A network that classifies all images as this digit."""
    return Network.from_layers([(np.zeros((784, 10)), logit * np.eye(10)[digit])])


def an_image() -> PadImage:
    return PadImage(np.full((1, 28, 28), 0.5, np.float32))


def test_each_network_gives_its_answer_oldest_first() -> None:
    past = PastNetworks()
    for step, digit in ((300, 3), (100, 1), (200, 2)):
        past.add(step, of_digit(digit, 0.5 if digit == 2 else 20))
    answers = past.answers(an_image().pixels)
    assert [(answer.step, answer.text("0123456789")) for answer in answers] == [
        (100, "1 100%"), (200, "2? 15%"), (300, "3 100%"),
    ]  # fmt: skip


def test_of_many_networks_those_are_kept_that_are_spread_over_the_run() -> None:
    past = PastNetworks()
    for step in range(100, 10_100, 100):
        past.add(step, of_digit(1))
    assert len(past.steps) == MAX_NETWORKS
    assert past.steps[0] == 100
    assert past.steps[-1] == 10_000
    assert max(np.diff(past.steps)) <= 4000


def test_large_networks_are_fewer() -> None:
    past = PastNetworks()
    weights = np.zeros((784, 20_000), np.float32)
    large = Network.from_layers([(weights, np.zeros(20_000)), (weights.T[:, :10], np.zeros(10))])
    for step in range(5):
        past.add(step, large)
    assert list(past.steps) == [0, 4]


def test_earlier_and_later_stop_at_the_ends() -> None:
    past = PastNetworks()
    assert not past.select(-1)
    past.add(100, of_digit(1))
    past.add(200, of_digit(2))
    assert [past.select(-1), past.selected] == [True, 200]
    assert [past.select(-1), past.selected] == [True, 100]
    assert [past.select(-1), past.selected] == [False, 100]
    past.add(300, of_digit(3))
    assert past.network is not None
    assert [past.select(1, 300), past.select(1, 300), past.selected] == [True, True, None]
    assert [past.select(-1, 300), past.selected] == [True, 200]
    past.drop_after(50)
    assert past.selected is None
    assert not past.steps


def test_the_selected_network_classifies_and_a_stroke_keeps_the_last_answers() -> None:
    run = RunState()
    models = ModelSwitcher(Classifier(of_digit(9), "a-run after 900 steps"))
    models.add_past([(100, of_digit(1)), (200, of_digit(2))])
    assert models.classify(an_image()).digit == "9"
    models.past.select(-2)
    state = models.classify(an_image())
    assert (state.digit, state.source, state.selected) == ("1", "weights after 100 steps", 100)
    models.add_past([(300, of_digit(3))])
    assert len(models.classify(an_image(), is_drawing=True).history) == 2
    assert len(models.classify(an_image()).history) == 3
    models.cycle()
    assert models.classify(an_image()).history == ()
    run.directory = "/another"
    models.update_from(run)
    assert not models.past.steps


def test_the_checkpoints_of_a_run_are_read_without_those_that_are_damaged(tmp_path: Path) -> None:
    for step in (100, 200, 300):
        arrays = of_digit(step // 100).to_arrays()
        path = checkpoint.write(tmp_path, Checkpoint(arrays, {"step": step}))
        if step == 200:
            path.write_bytes(path.read_bytes()[:-9])
    found = read_checkpoints(tmp_path, {})
    assert [step for step, _ in found] == [100, 300]
    assert read_checkpoints(tmp_path / "none", {}) == []


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_the_row_of_evaluations_is_scrubbed_with_keys(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    app = PadApp(Classifier(of_digit(9), "a-run after 900 steps"), log_dir=tmp_path)
    async with app.run_test(size=size) as pilot:
        await pilot.press("left_square_bracket")
        assert toasts_of(app)[-1].startswith("no earlier evaluations")
        app.pad_screen._models.add_past([(step, of_digit(step // 100)) for step in (100, 200)])
        app.pad_screen.show_image(np.full((28, 28), 0.5, np.float32))
        await shown(pilot, app, "200", "2 100%", "a-run after 900 steps")
        assert ("1 100%" in text_of(app)) == (size == (160, 45))
        await pilot.press("left_square_bracket", "left_square_bracket")
        await shown(pilot, app, "weights after 100 steps", "1   100%")
        row = app.screen.query_one(PastRow)
        assert row.display == (size == (160, 45))
        await pilot.press("right_square_bracket", "right_square_bracket")
        await until(pilot, lambda: "a-run after 900 steps" in text_of(app))
