"""Validation of a run's files, which other users may have written."""

import dataclasses
import json

import pytest

from core.run.events import RECORDED, Alert, Finished, Started, to_json
from core.run.hparams import HyperParameters, as_dict
from core.run.status import Outcome
from core.rundir.validation import EVENT_FIELDS, parse_event, sanitized_info


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"event": "opened", "directory": "/", "info": {}}',
        b'{"event": "warned", "step": "1", "text": "t"}',
        b'{"event": "warned", "step": -1, "text": "t"}',
        b'{"event": "warned", "step": 1e400, "text": "t"}',
        b'{"event": "warned", "step": 1, "text": ["t"]}',
        b'{"event": "warned", "step": 1, "text": "t", "time": NaN}',
        b'{"event": "warned", "step": 1, "text": "t", "time": "now"}',
        b'{"event": "warned", "step": 1, "text": "t", "time": 1e15}',
        b'{"event": "warned", "step": 1, "text": "t", "time": -1}',
        b'{"event": "started", "step": 0, "hyperparameters": [], "device": "", "parameters": 1}',
        b'{"event": "changed", "step": 0, "name": "nonsense", "old": 1, "new": 2}',
        b'{"event": "changed", "step": 0, "name": "learning_rate", "old": {}, "new": 2}',
        b'{"event": "evaluated", "step": 0, "confusion": {"test": []}, "loss": {}, "seconds": 1}',
        b'{"event": "evaluated", "step": 0, "confusion": [[1]], "loss": {}, "seconds": 1}',
        b'{"event": "diverged", "step": 0, "loss": "no number"}',
        b'{"event": "diverged", "step": 0, "loss": 1' + b"0" * 400 + b"}",
        b'{"event": "preparing", "what": "w", "fraction": "half"}',
    ],
)
def test_a_malformed_event_is_rejected(line: bytes) -> None:
    assert parse_event(line) is None


@pytest.mark.parametrize("matrix", ["x", [[1, 2]], [[1], [2]], [["1"]], [], [[-1]], [[1.5]]])
def test_a_malformed_matrix_is_rejected(matrix: object) -> None:
    splits = dict.fromkeys(("train", "validation", "test"), matrix)
    line = json.dumps(
        {"event": "evaluated", "step": 0, "confusion": splits, "loss": {}, "seconds": 1}
    )
    assert parse_event(line) is None


@pytest.mark.parametrize(
    ("planned", "good"),
    [
        ([], True),
        ([[5, "learning_rate", 0.1], [9, "dropout", 0.5]], True),
        ("soon", False),
        ([5], False),
        ([[5, "learning_rate"]], False),
        ([[5, "learning_rate", 0.1, 0.2]], False),
        ([["5", "learning_rate", 0.1]], False),
        ([[5, "nonsense", 0.1]], False),
        ([[5, "learning_rate", {}]], False),
    ],
)
def test_only_valid_planned_changes_are_accepted(planned: object, good: bool) -> None:
    started = Started(0, as_dict(HyperParameters()), "CPU:0", 10, [])
    line = json.dumps(json.loads(to_json(started)) | {"planned": planned})
    assert (parse_event(line) is not None) == good


def test_texts_are_sanitized() -> None:
    event = parse_event('{"event": "warned", "step": 1, "text": "\\u001b]52;c;Zm9v\\u0007\\u202e"}')
    assert isinstance(event, Alert)
    assert event.text.isprintable()
    info = sanitized_info({"name": "\x1b[2J", "notes": ["\x9b1m"], "dataset": {"name": "\u202e"}})
    assert all(text.isprintable() for text in (info["name"], *info["notes"]))
    assert info["dataset"]["name"].isprintable()


def test_malformed_dataset_fields_are_dropped() -> None:
    info = sanitized_info({"dataset": {"name": 1, "train": "many", "test": 5, "classes": ["a", 2]}})
    assert info["dataset"] == {"test": 5}
    assert sanitized_info({"dataset": [], "hyperparameters": "x"})["hyperparameters"] == {}


def test_every_field_of_a_recorded_event_is_validated() -> None:
    for kind in RECORDED.values():
        fields = {entry.name for entry in dataclasses.fields(kind)} - {"time", "step"}
        if kind is Finished:  # both are in the file's ``reason``
            fields = fields - {"outcome", "detail"} | {"reason"}
        assert set(EVENT_FIELDS[kind]) == fields


@pytest.mark.parametrize(
    ("reason", "outcome", "detail"),
    [
        ("done", Outcome.DONE, ""),
        ("done: precision 0.9800 reached", Outcome.DONE, "precision 0.9800 reached"),
        ("interrupted", Outcome.INTERRUPTED, ""),
        ("out of luck", Outcome.STOPPED, "out of luck"),
    ],
)
def test_the_reason_of_an_end_is_parsed(reason: str, outcome: Outcome, detail: str) -> None:
    line = json.dumps({"event": "finished", "step": 1, "reason": reason, "seconds": 1.0})
    event = parse_event(line)
    assert isinstance(event, Finished)
    assert (event.outcome, event.detail) == (outcome, detail)
    assert reason in json.loads(to_json(event))["reason"]
