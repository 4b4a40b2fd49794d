"""What is believed of a run's files, whoever wrote them."""

import json

import pytest

from core.run.events import Alert, Started, to_json
from core.run.hparams import HyperParameters, as_dict
from core.rundir.validation import parse_event, sanitized_info


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
        b'{"event": "evaluated", "step": 0, "confusion": {}, "loss": {}, "seconds": 1}',
        b'{"event": "evaluated", "step": 0, "confusion": [[1]], "loss": {}, "seconds": 1}',
        b'{"event": "diverged", "step": 0, "loss": "no number"}',
        b'{"event": "diverged", "step": 0, "loss": 1' + b"0" * 400 + b"}",
        b'{"event": "preparing", "what": "w", "fraction": "half"}',
    ],
)
def test_what_no_trainer_writes_is_not_believed(line: bytes) -> None:
    assert parse_event(line) is None


@pytest.mark.parametrize("matrix", ["x", [[1, 2]], [[1], [2]], [["1"]], [], [[-1]], [[1.5]]])
def test_a_matrix_that_is_none_is_not_believed(matrix: object) -> None:
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
def test_only_changes_that_can_be_planned_are_believed(planned: object, good: bool) -> None:
    started = Started(0, as_dict(HyperParameters()), "CPU:0", 10, [])
    line = json.dumps(json.loads(to_json(started)) | {"planned": planned})
    assert (parse_event(line) is not None) == good


def test_texts_are_made_harmless() -> None:
    event = parse_event('{"event": "warned", "step": 1, "text": "\\u001b]52;c;Zm9v\\u0007\\u202e"}')
    assert isinstance(event, Alert)
    assert event.text.isprintable()
    info = sanitized_info({"name": "\x1b[2J", "notes": ["\x9b1m"], "dataset": {"name": "\u202e"}})
    assert all(text.isprintable() for text in (info["name"], *info["notes"]))
    assert info["dataset"]["name"].isprintable()


def test_of_the_data_only_what_fits_is_believed() -> None:
    info = sanitized_info({"dataset": {"name": 1, "train": "many", "test": 5, "classes": ["a", 2]}})
    assert info["dataset"] == {"test": 5}
    assert sanitized_info({"dataset": [], "hyperparameters": "x"})["hyperparameters"] == {}
