"""The callback for Lightning, without Lightning."""

from types import SimpleNamespace
from typing import Any

import pytest

import trainpad
from tests.helpers.attached import directory, events, steer
from trainpad.lightning import _Callback

pytestmark = pytest.mark.usefixtures("polled_runs")


@pytest.mark.parametrize("fails", [False, True])
def test_only_a_checkpoint_that_was_written_is_recorded(fails: bool) -> None:
    def save(_: Any) -> None:
        if fails:
            raise OSError("No space left on device")

    run = trainpad.init("p")
    callback = _Callback(run)
    trainer = SimpleNamespace(global_step=3, should_stop=False, save_checkpoint=save)
    steer(directory(run), increment="checkpoint")
    callback.on_train_batch_end(trainer, None, {"loss": 1.0}, None, 0)
    run.finish()
    saved = [event["file"] for event in events(directory(run), "saved")]
    warned = [event["text"] for event in events(directory(run), "warned")]
    assert saved == ([] if fails else ["checkpoints/step-000003.ckpt"])
    assert warned == (["save: No space left on device"] if fails else [])
