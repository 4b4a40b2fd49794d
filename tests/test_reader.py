"""Replaying and following run directories that are complete, growing, torn, resumed or hostile."""

from pathlib import Path

import numpy as np
import pytest

from core.run.events import (
    Changed,
    Continued,
    Evaluated,
    Failed,
    Finished,
    Paused,
    Preparing,
    Saved,
    Steps,
)
from core.run.status import Outcome
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.playback import Playback
from core.rundir.reader import follow, replay
from core.rundir.rundir import RunDir
from tests.helpers.events import folded, order, started, summary
from tests.helpers.runs import (
    BEGAN,
    add_events,
    add_marks,
    confusion,
    make_run,
)
from trainpad.errors import RunError

# -- the past ------------------------------------------------------------------------------------


def test_events_are_yielded_at_their_steps_with_all_losses(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(100))
    add_events(
        run,
        Preparing("loading", time=BEGAN),
        started(),
        Changed(30, "learning_rate", 0.01, 0.02, time=BEGAN + 3),
        Evaluated(50, confusion(3, 1), {}, 2.0, time=BEGAN + 7),
        Paused(80, time=BEGAN + 10),
        Continued(80, time=BEGAN + 60),
        Finished(100, Outcome.DONE, 12.0, time=BEGAN + 62),
    )
    assert order(replay(run)) == [
        "Opened", "Preparing", "Started", (0, 30), "Changed", (30, 50), "Evaluated",
        (50, 80), "Paused", "Continued", (80, 100), "Finished",
    ]  # fmt: skip
    seen = folded(replay(run))
    assert (seen.status, seen.step, seen.hparams.learning_rate) == ("done", 100, 0.02)
    np.testing.assert_array_equal(seen.losses.values, np.arange(100))
    assert seen.accuracy["validation"].values.tolist() == [0.75]


def test_pauses_and_evaluations_do_not_count_as_time_of_steps(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(30))
    add_events(
        run,
        started(),
        Evaluated(10, confusion(1, 1), {}, 2.0, time=BEGAN + 7),
        Paused(20, time=BEGAN + 8),
        Continued(20, time=BEGAN + 60),
        Finished(30, Outcome.DONE, 12.0, time=BEGAN + 62),
    )
    steps = [event for event in replay(run) if isinstance(event, Steps)]
    assert [event.time - BEGAN for event in steps] == [5, 8, 62]
    assert [event.seconds for event in steps] == [5, 1, 2]


def test_the_past_is_cut_at_recorded_times(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(10))
    add_events(run, started(), Finished(10, Outcome.DONE, 3.0, time=BEGAN + 3))
    add_marks(run, (0, 0.0), (4, 1.0), (8, 2.0), (np.nan, np.nan), (99, 5.0))
    steps = [event for event in replay(run) if isinstance(event, Steps)]
    assert [(summary(event), event.time - BEGAN) for event in steps] == [
        ((0, 4), 1), ((4, 8), 2), ((8, 10), 3),
    ]  # fmt: skip


@pytest.mark.parametrize("odd", [1e15, -1e15, float("nan"), float("inf")])
def test_times_out_of_range_are_ignored(tmp_path: Path, odd: float) -> None:
    run = make_run(tmp_path / "run", losses=range(9), created=abs(odd))
    add_marks(run, (3, 1.0), (5, odd))
    moments = [event.time for event in replay(run) if isinstance(event, Steps)]
    assert moments[0] == BEGAN + 1.0
    assert all(0 < moment < 1e11 for moment in moments)


def test_a_long_past_is_read_in_few_pieces(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=np.zeros(100_000))
    add_events(run, started())
    add_marks(run, *((step, step / 10) for step in range(0, 100_000, 10)))
    steps = [event for event in replay(run) if isinstance(event, Steps)]
    assert len(steps) <= 501
    assert sum(len(event.losses) for event in steps) == 100_000


@pytest.mark.parametrize("step", [0, 4, 7])
def test_a_failed_run_has_ended_even_if_its_step_is_too_low(tmp_path: Path, step: int) -> None:
    run = make_run(tmp_path / "run", losses=range(7))
    add_events(run, started(), Failed(step, "it broke", time=BEGAN + 9))
    state = folded(replay(run))
    assert (state.status, state.step) == ("failed", 7)
    follower = follow(run, None, host="here", sleep=lambda _seconds: None)
    state = folded(follower)
    assert (state.status, state.step) == ("failed", 7)


def test_a_torn_tail_is_ignored(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(10))
    with run.losses.open("ab") as file:
        file.write(b"\x00\x00")
    add_events(run, started(), b'{"event": "warned", "step": 1')
    with run.clock.open("ab") as file:
        file.write(b"\x00" * 13)
    assert order(replay(run)) == ["Opened", "Started", (0, 10)]


def test_losses_that_a_resume_voided_are_not_yielded(tmp_path: Path) -> None:
    # The first process was killed at step 150; the second resumed from 100.
    run = make_run(tmp_path / "run", losses=range(200))
    add_events(
        run,
        started(),
        Evaluated(100, confusion(1, 0), {}, 1.0, time=BEGAN + 5),
        Evaluated(150, confusion(0, 1), {}, 1.0, time=BEGAN + 8),
        started(100, at=100),
        Finished(200, Outcome.DONE, 50.0, time=BEGAN + 150),
    )
    assert order(replay(run)) == [
        "Opened", "Started", (0, 100), "Evaluated", "Evaluated", "Started", (100, 200), "Finished",
    ]  # fmt: skip
    seen = folded(replay(run))
    np.testing.assert_array_equal(seen.losses.values, np.arange(200))
    assert seen.accuracy["validation"].steps.tolist() == [100]


def test_weights_come_from_the_newest_undamaged_checkpoint(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(20))
    add_events(run, started(), Saved(10, "step-000009.safetensors", time=BEGAN))
    arrays = {"layer0/weights": np.ones((2, 2), np.float32), "optimizer/m": np.zeros(2)}
    checkpoint.write(run.checkpoints, Checkpoint(arrays, {"step": 10}))
    (run.checkpoints / "step-000019.safetensors").write_bytes(b"half a fi")
    seen = folded(replay(run))
    assert seen.weights_step == 10
    assert list(seen.weights) == ["layer0/weights"]


def test_replay_at_a_speed_keeps_the_original_pace(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", losses=range(10))
    add_events(run, started(), Finished(10, Outcome.DONE, 4.0, time=BEGAN + 4))
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    arrived = {}
    for event in replay(run, Playback(2.0, lambda: now[0]), sleep=sleep):
        arrived[type(event).__name__] = now[0]
    assert arrived["Started"] == 0
    assert arrived["Finished"] == pytest.approx(2.0, abs=0.01)


def test_a_playback_is_paused_and_changes_its_speed() -> None:
    now = [0.0]
    playback = Playback(10.0, lambda: now[0])
    now[0] = 1.0
    playback.toggle_pause()
    now[0] = 5.0
    assert (playback.position, playback.label) == (10.0, "replay ×10 paused")
    playback.toggle_pause()
    playback.change_speed(1)
    now[0] = 6.0
    playback.change_speed(-3)
    now[0] = 8.0
    assert (playback.position, playback.label) == (35.0, "replay ×2.5")


@pytest.mark.parametrize(("speed", "limited"), [(1e9, "4096"), (1e-9, "0.125"), (3, "3")])
def test_the_speed_of_a_playback_is_limited_from_the_start(speed: float, limited: str) -> None:
    assert Playback(speed).label == f"replay ×{limited}"


def test_a_folder_that_is_not_a_run_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a trainpad run"):
        next(replay(RunDir(tmp_path)))
