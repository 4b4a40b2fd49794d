"""Whether the data of now is that which a run to resume was trained on."""

from shlex import quote
from typing import TYPE_CHECKING

from core.output.counted import counted
from core.rundir.data_source import DataSource, same_training_data
from core.rundir.rundir import RunDir
from core.rundir.validation import sanitized_info
from core.session.request import Request
from trainpad.errors import UserError

if TYPE_CHECKING:
    from data.dataset import Dataset


def check_same_data(request: Request, run: RunDir, dataset: "Dataset") -> None:
    """Raise a `UserError` unless `dataset` trains the run as before; its test split may change.

    The digits that a person labels on the pad are such a test split, and grow while runs exist.
    """
    from core.network.adam import DEVICE

    info = sanitized_info(run.info())
    branch = f"trainpad --branch {quote(str(run.path))}"
    if info.get("device") == DEVICE:
        raise UserError(
            f"{run.name} was fine-tuned on the pad with your own digits; "
            f"a new run goes on with its weights: {branch}"
        )
    recorded, before = info["dataset"], DataSource.from_run_info(info)
    name, eval_data = recorded.get("name"), request.source.eval_data
    if not same_training_data(str(recorded.get("fingerprint")), dataset.fingerprint):
        if request.source == before and name == dataset.name:
            raise UserError(
                f"the training data of {run.name}, {name}, has changed since the run began; "
                f"a new run goes on with its weights: {branch}"
            )
        raise UserError(
            f"{run.name} was trained on other data, {name}, than this, {dataset.name} of "
            f"{dataset.source}; leave out the flags that name data, or start a new run with its "
            f"weights: {branch}"
        )
    if eval_data != before.eval_data:
        raise UserError(
            f"{run.name} is tested on {before.eval_data or 'the test split of its data'}, not on "
            f"{eval_data}; leave out --eval_data, or start a new run with its weights: "
            f"{branch} --eval_data {quote(str(eval_data))}"
        )


def changed_test_set(request: Request, dataset: "Dataset") -> str:
    """Return a sentence if the test split is not that which the run to resume began with."""
    recorded = sanitized_info(request.resume.run.info())["dataset"] if request.resume else {}
    if recorded.get("fingerprint", dataset.fingerprint) == dataset.fingerprint:
        return ""
    return (
        f"the test set {request.source.eval_data} has changed since this run began: its test "
        f"precision is of {counted(len(dataset.test), 'image')} from here on"
    )
