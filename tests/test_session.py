"""From a request to a source of events, without TensorFlow."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import MakeRun

from core.network.adam import DEVICE
from core.network.predictions import open_dataset
from core.run.events import Alert, Event, Failed, Opened, Preparing, Started, Steps
from core.run.hparams import HyperParameters
from core.rundir.checkpoint import Checkpoint
from core.rundir.data_source import DataSource
from core.rundir.resume import ResumePoint
from core.rundir.rundir import RunDir, list_runs
from core.session.request import Request
from core.session.session import session
from data.dataset import Dataset
from trainpad.errors import RunError, UserError


def test_texts_of_a_resumed_run_are_sanitized(
    make_run: MakeRun, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DataSource, "load", lambda _source, **_options: tiny)
    run = make_run(dataset={"fingerprint": tiny.fingerprint, "notice": "\x1b]52;c;x\x07"})
    start = ResumePoint(run, Checkpoint({}, {"step": 0}))
    source = session(Request(HyperParameters(), run.path.parent, resume=start))
    opened = next(event for event in source if isinstance(event, Opened))
    source.close()  # type: ignore[attr-defined]
    assert opened.info["dataset"]["notice"].isprintable()


def test_a_run_that_is_extended_opens_with_the_plan_of_now(
    make_run: MakeRun, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DataSource, "load", lambda _source, **_options: tiny)
    run = make_run(dataset={"fingerprint": tiny.fingerprint})
    start = ResumePoint(run, Checkpoint({}, {"step": 7}))
    changes = [(7, "max_steps", 4000), (8, "max_steps", 5000)]
    request = Request(HyperParameters(l2=0.1), run.path.parent, resume=start, changes=changes)
    source = session(request)
    opened = next(event for event in source if isinstance(event, Opened))
    source.close()  # type: ignore[attr-defined]
    plan = opened.info["hyperparameters"]
    assert (plan["max_steps"], plan["l2"]) == (4000, 0.1)


def test_a_run_that_cannot_be_resumed_is_not_steered(
    make_run: MakeRun, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DataSource, "load", lambda _source, **_options: tiny)
    run = make_run(dataset={"name": tiny.name, "fingerprint": tiny.fingerprint})
    control = run.path / "control.json"
    control.write_bytes(b'{"pause_at": 0, "evaluate": 3}')
    opened = []
    start = ResumePoint(run, Checkpoint({}, {"step": 0}))
    request = Request(
        HyperParameters(), run.path.parent, resume=start, on_open=opened.append
    )  # fmt: skip
    with run.writer_lock(), pytest.raises(RunError, match="another process is training"):
        list(session(request))
    assert control.read_bytes() == b'{"pause_at": 0, "evaluate": 3}'
    assert opened == []


@pytest.mark.parametrize(
    ("info", "why"),
    [
        ({"device": DEVICE}, "was fine-tuned on the pad with your own digits; .*--branch"),
        ({"device": "auto"}, "was trained on other data, mine, than this, "),
    ],
    ids=["fine-tuned", "other data"],
)
def test_a_run_resumes_only_with_its_own_data(
    make_run: MakeRun,
    tiny: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    info: dict[str, str],
    why: str,
) -> None:
    monkeypatch.setattr(DataSource, "load", lambda _source, **_options: tiny)
    run = make_run(dataset={"name": "mine"}, **info)
    start = ResumePoint(run, Checkpoint({}, {"step": 0}))
    with pytest.raises(UserError, match=why):
        list(session(Request(HyperParameters(), run.path.parent, resume=start)))
    assert not run.events.exists()


def resumed(run: RunDir, source: DataSource | None = None) -> Alert:
    """Return the first alert of a session that resumes this run."""
    start = ResumePoint(run, Checkpoint({}, {"step": 7}))
    request = Request(HyperParameters(), run.path.parent, source or DataSource(), resume=start)
    events = session(request)
    try:
        return next(event for event in events if isinstance(event, Alert))
    finally:
        events.close()  # type: ignore[attr-defined]


def test_a_run_resumes_after_its_test_set_has_changed_and_says_so(
    make_run: MakeRun, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = replace(tiny, fingerprint=f"{tiny.fingerprint}+8digits")
    monkeypatch.setattr(DataSource, "load", lambda _source, **_options: now)
    source = DataSource(eval_data="mine")
    before = {"name": tiny.name, "fingerprint": f"{tiny.fingerprint}+7digits"}
    run = make_run(dataset=before, source={"eval_data": "mine"})
    alert = resumed(run, source)
    assert "the test set mine has changed since this run began" in alert.text
    assert open_dataset(run.info()) is now
    with pytest.raises(UserError, match=r"is tested on mine, not on drawn; .* --eval_data drawn"):
        resumed(run, DataSource(eval_data="drawn"))


def test_training_data_that_has_changed_is_named_as_the_cause(
    make_run: MakeRun, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DataSource, "load", lambda _source, **_options: tiny)
    run = make_run(dataset={"name": tiny.name, "fingerprint": "f" * 64}, source={})
    why = f"the training data of {run.name}, {tiny.name}, has changed .* trainpad --branch /"
    with pytest.raises(UserError, match=why):
        resumed(run)


def replace_training(
    monkeypatch: pytest.MonkeyPatch, dataset: Dataset, *events: Event, then: Exception
) -> None:
    """Replace training by these events and an exception, on `dataset`."""

    def train(*_arguments: object) -> Iterator[Event]:
        yield from events
        raise then

    monkeypatch.setattr(DataSource, "load", lambda _source, **_options: dataset)
    monkeypatch.setattr("core.training.loop.train", train)


def test_a_request_that_cannot_be_fulfilled_leaves_no_run(
    tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_training(monkeypatch, tiny, Preparing("loading"), then=UserError("no such device"))
    with pytest.raises(UserError, match="no such device"):
        list(session(Request(HyperParameters(), tmp_path)))
    assert list_runs(tmp_path) == []


def test_other_data_than_the_fingerprint_asks_for_is_refused(
    tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_training(monkeypatch, tiny, then=UserError("the data was accepted"))
    request = Request(HyperParameters(), tmp_path, fingerprint="00c0ffee")
    with pytest.raises(UserError, match="this is other data than --fingerprint asks for: made for"):
        list(session(request))
    same = Request(HyperParameters(), tmp_path, fingerprint=tiny.fingerprint[:16].upper())
    with pytest.raises(UserError, match="the data was accepted"):
        list(session(same))


@pytest.mark.parametrize("error", [UserError("the batch cannot be split"), OSError("it broke")])
def test_an_error_after_training_started_ends_a_run_that_is_kept(
    tmp_path: Path, tiny: Dataset, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    steps = Steps(0, np.ones(7, np.float32), 0.1)
    replace_training(monkeypatch, tiny, Started(0, {}, "CPU:0", 10), steps, then=error)
    *_, last = session(Request(HyperParameters(), tmp_path))
    assert isinstance(last, Failed)
    assert str(error) in last.text
    assert last.step == 7
    (run,) = list_runs(tmp_path)
    assert np.fromfile(run.losses, "<f4").tolist() == [1.0] * 7
    assert b'"event": "failed"' in run.events.read_bytes().splitlines()[-1]
