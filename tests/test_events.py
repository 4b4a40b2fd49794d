import dataclasses
import json
import math

import numpy as np
import pytest

from core.run.events import (
    RECORDED,
    Changed,
    Diverged,
    Evaluated,
    Event,
    Finished,
    Paused,
    Saved,
    Started,
    to_json,
)  # fmt: skip
from core.run.status import Outcome
from core.rundir.validation import parse_event
from data.dataset import SPLITS

SAMPLES: list[Event] = [
    Started(0, {"learning_rate": 0.01, "hidden": [128, 32]}, "CPU:0", 7850, [(5, "l2", 0.1)]),
    Changed(10, "learning_rate", 0.01, 0.0125),
    Evaluated(10, {split: [[3, 1], [0, 4]] for split in SPLITS}, {"test": 0.25}, 0.1),
    Saved(10, "step-000009.safetensors", best=True),
    Paused(11),
    Finished(12, Outcome.DONE, 1.5),
]


def fields(event: Event) -> dict[str, object]:
    return {entry.name: getattr(event, entry.name) for entry in dataclasses.fields(event)}


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_survives_a_round_trip_through_json(event: Event) -> None:
    line = to_json(event)
    assert "\n" not in line
    again = parse_event(line)
    assert type(again) is type(event)
    assert again is not None
    assert fields(again) == fields(event)


def test_the_event_name_is_the_first_key_of_a_line() -> None:
    assert list(json.loads(to_json(Paused(3)))) == ["event", "time", "step"]
    assert set(RECORDED) >= {"started", "changed", "evaluated", "saved", "diverged", "finished"}


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf, np.float32("nan")])
def test_nan_and_infinity_survive_a_round_trip(loss: float) -> None:
    line = to_json(Diverged(7, loss))
    json.loads(line, parse_constant=pytest.fail)
    again = parse_event(line)
    assert isinstance(again, Diverged)
    assert again.loss == pytest.approx(float(loss), nan_ok=True)


def test_an_infinite_evaluation_loss_survives_a_round_trip() -> None:
    again = parse_event(
        to_json(Evaluated(7, {split: [[1]] for split in SPLITS}, {"test": math.inf}, 0.1))
    )
    assert isinstance(again, Evaluated)
    assert again.loss == {"test": math.inf}


def test_a_torn_line_is_rejected() -> None:
    line = to_json(Changed(10, "learning_rate", 0.01, 0.0125))
    assert all(parse_event(line[:cut]) is None for cut in range(len(line)))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "3",
        "null",
        "{}",
        '{"event": "exploded"}',
        '{"event": ["started"]}',
        '{"event": "steps", "first": 0}',
        '{"event": "paused"}',
        '{"event": "diverged", "step": 1, "loss": "much"}',
        '{"event": "diverged", "step": 1, "loss": null}',
        '{"event": "evaluated", "step": 1, "confusion": {}, "loss": [], "seconds": 0}',
        '{"event": "evaluated", "step": 1, "confusion": {}, "loss": {"test": "x"}, "seconds": 0}',
        b"\xff\xfe",
        "[" * 100_000,
    ],
)
def test_a_malformed_line_is_rejected(line: str | bytes) -> None:
    assert parse_event(line) is None


def test_an_unknown_field_is_ignored() -> None:
    event = parse_event('{"event": "paused", "step": 4, "time": 1.5, "mood": "good"}')
    assert isinstance(event, Paused)
    assert (event.step, event.time) == (4, 1.5)
