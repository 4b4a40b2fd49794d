"""From a request to a source of events, without TensorFlow."""

import pytest
from conftest import MakeRun

from core.checkpoint import Checkpoint
from core.errors import RunError
from core.events import Opened
from core.hparams import HyperParameters
from core.request import Request
from core.resume import Origin
from core.session import session
from core.source import Source
from data.dataset import Dataset


def test_a_resumed_runs_own_texts_are_harmless(
    make_run: MakeRun, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Source, "load", lambda _source, **_options: tiny)
    run = make_run(dataset={"fingerprint": tiny.fingerprint, "notice": "\x1b]52;c;x\x07"})
    start = Origin(run, Checkpoint({}, {"step": 0}))
    source = session(Request(HyperParameters(), run.path.parent, resume=start))
    opened = next(event for event in source if isinstance(event, Opened))
    source.close()  # type: ignore[attr-defined]
    assert opened.info["dataset"]["notice"].isprintable()


def test_who_cannot_resume_a_run_steers_it_neither(
    make_run: MakeRun, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Source, "load", lambda _source, **_options: tiny)
    run = make_run(dataset={"name": tiny.name, "fingerprint": tiny.fingerprint})
    wish = run.path / "control.json"
    wish.write_bytes(b'{"pause_at": 0, "evaluate": 3}')
    opened = []
    start = Origin(run, Checkpoint({}, {"step": 0}))
    request = Request(
        HyperParameters(), run.path.parent, resume=start, on_open=opened.append
    )  # fmt: skip
    with run.locked(), pytest.raises(RunError, match="another process is training"):
        list(session(request))
    assert wish.read_bytes() == b'{"pause_at": 0, "evaluate": 3}'
    assert opened == []
