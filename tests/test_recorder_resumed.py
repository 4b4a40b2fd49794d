"""Recording a resumed run, and which of its checkpoints is the best."""

import dataclasses
import os

import numpy as np
import pytest
from conftest import MakeRun

from core.run.events import Changed, Diverged, Event, Saved, Started, to_json
from core.rundir import checkpoint
from core.rundir.recorder import record
from core.rundir.validation import parse_event
from tests.helpers.records import (
    LOSSES,
    a_run,
    evaluated,
    lines,
    losses,
    record_all,
    snapshot,
    steps,
)


def test_partial_files_of_a_killed_writer_are_removed(make_run: MakeRun) -> None:
    run = make_run()
    record_all(run, [Started(0, {}, "CPU:0", 4), snapshot(5)])
    stray = run.checkpoints / ".step-000009.safetensors.123.part"
    foreign = run.checkpoints / ".mine.part"
    for path in (stray, foreign):
        path.write_bytes(b"x")
    record_all(run, [Started(5, {}, "CPU:0", 4)])
    assert (stray.exists(), foreign.exists()) == (False, True)


@pytest.mark.parametrize("torn", [1, 20, 60])
def test_after_a_kill_a_torn_line_is_cut_off(make_run: MakeRun, torn: int) -> None:
    run = make_run()
    record_all(run, a_run()[:9])
    whole = lines(run)
    with run.events.open("ab") as file:
        file.write(to_json(Changed(99, "learning_rate", 0.01, 0.02)).encode()[:torn])
    record_all(run, [Started(30, {}, "CPU:0", 4)])
    assert lines(run)[:-1] == whole
    assert isinstance(parse_event(lines(run)[-1]), Started)


@pytest.mark.parametrize("torn", [0, 1, 3])
def test_a_resume_drops_later_losses(make_run: MakeRun, torn: int) -> None:
    run = make_run()
    record_all(run, a_run()[:10])
    with run.losses.open("ab") as file:
        file.write(b"\x7f" * torn)
    resumed = record(iter([Started(20, {}, "CPU:0", 4), steps(20, 5)]), run)
    next(resumed)
    assert losses(run) == LOSSES[:20].tolist()
    next(resumed)
    assert losses(run) == LOSSES[:25].tolist()
    resumed.close()


def test_losses_keep_their_positions_when_earlier_ones_were_lost(make_run: MakeRun) -> None:
    run = make_run()
    record_all(run, a_run()[:4])
    os.truncate(run.losses, 4 * 7 + 2)
    record_all(run, [Started(20, {}, "CPU:0", 4), steps(20, 5)])
    found = losses(run)
    assert found[:7] == LOSSES[:7].tolist()
    assert np.isnan(found[7:20]).all()
    assert found[20:] == LOSSES[20:25].tolist()


def test_the_best_checkpoint_survives_a_resume(make_run: MakeRun) -> None:
    run = make_run()
    start = Started(0, {}, "CPU:0", 4)
    seen = record_all(run, [start, evaluated(5, 90), snapshot(5), evaluated(10, 50), snapshot(10)])
    assert [event.best for event in seen if isinstance(event, Saved)] == [True, False]
    later: list[Event] = [Started(10, {}, "CPU:0", 4)]
    for step in range(11, 20):
        later += [evaluated(step, 60), snapshot(step)]
    seen = record_all(run, later)
    assert not any(event.best for event in seen if isinstance(event, Saved))
    kept = [path.name for path in checkpoint.list_checkpoints(run.checkpoints)]
    assert kept[0] == "step-000004.safetensors"
    assert len(kept) == checkpoint.KEEP_NEWEST + 1
    seen = record_all(run, [Started(19, {}, "CPU:0", 4), evaluated(20, 91), snapshot(20)])
    assert [event.best for event in seen if isinstance(event, Saved)] == [True]


def test_a_best_checkpoint_that_became_void_is_no_longer_best(make_run: MakeRun) -> None:
    run = make_run()
    start = Started(0, {}, "CPU:0", 4)
    record_all(run, [start, evaluated(5, 50), snapshot(5), evaluated(10, 90), snapshot(10)])
    seen = record_all(run, [Started(5, {}, "CPU:0", 4), evaluated(8, 60), snapshot(8)])
    assert [event.best for event in seen if isinstance(event, Saved)] == [True]


def test_checkpoints_of_void_steps_are_deleted(make_run: MakeRun) -> None:
    run = make_run()
    made = [snapshot(step) for step in range(10, 90, 10)]
    record_all(run, [Started(0, {}, "CPU:0", 4), *made])
    record_all(run, [Started(50, {}, "CPU:0", 4), snapshot(55)])
    assert checkpoint.newest(run.checkpoints).step == 55
    steps_kept = [checkpoint.step_of(path) for path in checkpoint.list_checkpoints(run.checkpoints)]
    assert steps_kept == [40, 50, 55]


def test_only_an_evaluated_checkpoint_can_be_best(make_run: MakeRun) -> None:
    run = make_run()
    seen = record_all(
        run, [Started(0, {}, "CPU:0", 4), evaluated(5, 90), steps(5, 5), snapshot(10)]
    )
    assert [event.best for event in seen if isinstance(event, Saved)] == [False]


def test_a_diverged_run_names_its_last_checkpoint(make_run: MakeRun) -> None:
    run = make_run()
    diverged = Diverged(7, float("nan"))
    seen = record_all(run, [Started(0, {}, "CPU:0", 4), snapshot(5), diverged])
    assert seen[-1].checkpoint == "step-000004.safetensors"  # type: ignore[attr-defined]
    seen = record_all(run, [Started(5, {}, "CPU:0", 4), dataclasses.replace(diverged)])
    assert seen[-1].checkpoint == "step-000004.safetensors"  # type: ignore[attr-defined]
