"""A run that is resumed with other values, and stopped before it has done a step with them."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.run.events import Changed, Finished, Snapshot, Steps
from core.rundir.checkpoint import Checkpoint
from data.dataset import Dataset
from tests.helpers.session import Session

if TYPE_CHECKING:
    from core.training.engine import Engine


@pytest.mark.parametrize("stopped", [False, True])
def test_a_value_is_recorded_as_changed_only_where_a_step_is_trained_with_it(
    fresh: "Engine", tiny: Dataset, tmp_path: Path, stopped: bool
) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    snapshot = Session(fresh, tiny, folders[0], values={"eval_every": 10}).until(Snapshot)
    assert isinstance(snapshot, Snapshot)
    saved = Checkpoint(snapshot.arrays, snapshot.metadata)
    run = Session(fresh, tiny, folders[1], values={"learning_rate": 0.5}, resume=saved)
    if stopped:
        run.control.request(hyperparameters={"dropout": 0.3}, stop="stopped")
        run.until(Finished)
    else:
        run.until(Steps)
    made = {(event.name, event.new) for event in run.all(Changed)}
    assert made == (set() if stopped else {("learning_rate", 0.5), ("eval_every", 50)})
