"""Callbacks record in the run that is open, and say which of their keywords have no effect then."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import trainpad
from tests.helpers.attached import directory, events
from trainpad import joining
from trainpad.keras import TrainpadCallback as Keras
from trainpad.lightning import _Callback as Lightning
from trainpad.lightning import _Logger as Logger
from trainpad.transformers import TrainpadCallback as Transformers


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr(joining, "_said", set())
    yield tmp_path / "runs"
    trainpad.finish()


def keras_begins(*given: Any, **init: Any) -> Any:
    callback = Keras(*given, weights=False, **init)
    rate = SimpleNamespace(assign=None, numpy=lambda: 0.1)
    optimizer = SimpleNamespace(_learning_rate=rate, learning_rate=rate)
    callback.set_model(SimpleNamespace(name="m", optimizer=optimizer, built=False))
    callback.on_train_begin()
    return callback._run


def lightning_begins(*given: Any, **init: Any) -> Any:
    callback = Lightning(*given, **init)
    trainer = SimpleNamespace(estimated_stepping_batches=9, optimizers=[], lr_scheduler_configs=[])
    callback.on_train_start(trainer, None)
    return callback._run


def transformers_begins(*given: Any, **init: Any) -> Any:
    callback = Transformers(*given, **init)
    state = SimpleNamespace(is_world_process_zero=True, max_steps=9)
    callback.on_train_begin(SimpleNamespace(), state, None)
    return callback._run


Begin = Callable[..., Any]
BEGINS = [keras_begins, lightning_begins, transformers_begins, lambda **k: Logger(**k).experiment]


@pytest.mark.parametrize("begin", BEGINS)
def test_keywords_for_a_run_that_is_open_already_are_said_to_have_no_effect(
    begin: Begin, capsys: pytest.CaptureFixture[str]
) -> None:
    run = trainpad.init("mine", "a", {"batch": 8})
    assert begin(project="gen", config={"batch": 9}) is run
    assert capsys.readouterr().err == (
        "trainpad: project='gen', config=\"{'batch': 9}\" of the callback have no effect, since it "
        "records in the run a that is open: give them to trainpad.init, or end that run first\n"
    )
    begin(project="gen")  # said once
    assert not capsys.readouterr().err


@pytest.mark.parametrize("begin", BEGINS)
def test_keywords_that_fit_the_open_run_are_not(
    begin: Begin, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = trainpad.init("mine", "a", {"batch": 8}, steps=5)
    about = {"project": "mine", "name": "a", "config": {"batch": 8}, "steps": 5, "dir": runs}
    assert begin(**about, epochs=None, resume="never") is run
    run.finish()
    other = begin(project="other")
    assert other is not run and other.is_open
    assert not capsys.readouterr().err


def test_a_run_that_is_given_is_recorded_in_and_a_wrong_keyword_raises_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = trainpad.init("mine")
    for begin in BEGINS[:3]:
        assert begin(run, config=3, dir=7) is run
    assert capsys.readouterr().err.count("config='3', dir='7' of the callback have no effect") == 1


@pytest.mark.parametrize(
    ("live", "said"),
    [
        ({"nope": 3}, "live: 'nope' is 3, no Keras variable: give keras.Variable(0.1, trainable="),
        (["a"], "live must be a dict of Keras variables by name: dictionary update sequence"),
        (
            {"w": SimpleNamespace(assign=None, numpy=None, shape=(2, 3))},
            "live: 'w' has the shape (2, 3); give a single number",
        ),
    ],
)
def test_what_is_no_variable_is_named(live: Any, said: str) -> None:
    run = keras_begins(live=live)
    good = SimpleNamespace(assign=lambda _: None, numpy=lambda: 0.5, shape=())
    keras_begins(run, live={"bad": None, "rate": good})
    assert run.knob("rate") is not None
    run.finish()
    texts = [event["text"] for event in events(directory(run), "warned")]
    assert texts[0].startswith(said)
    assert texts[1].startswith("live: 'bad' is None, no Keras variable")


@pytest.mark.parametrize("resume", [None, "never"])
def test_no_resume_is_a_new_run(resume: Any, capsys: pytest.CaptureFixture[str]) -> None:
    first = trainpad.init("p", "a").path
    second = trainpad.init("p", "a", resume=resume)
    assert second.path is not None and second.path != first
    assert not capsys.readouterr().err
