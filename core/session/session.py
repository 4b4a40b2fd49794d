"""From a request to a source of events: load the data, make the run directory, train, record.

Nothing is written before the data was loaded and validated. What takes long to import is imported
when the first event is pulled: by then the dashboard is on the screen.
"""

import math
import os
import traceback
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.network.model_copy import changed_since, copy_model, model_info
from core.network.model_file import ModelFile
from core.run.events import (
    Alert,
    Event,
    Failed,
    Notice,
    Opened,
    Preparing,
    Started,
    StepEvent,
    Steps,
)
from core.run.hparams import as_dict
from core.run.layers import is_own, parse_layers, short_name
from core.rundir import rundir
from core.rundir.control import open_control
from core.rundir.rundir import RunDir
from core.rundir.validation import sanitized_info
from core.rundir.versions import versions
from core.session.request import Request
from core.session.same_data import changed_test_set, check_same_data
from trainpad.errors import UserError
from trainpad.failure import said_by
from trainpad.probe import NOT_PRIVATE, check_log_dir, is_private

if TYPE_CHECKING:
    from core.training.config import TrainConfig
    from data.dataset import Dataset

BEGINS_AGAIN = "it had saved no checkpoint yet: it trains again from its beginning"
LOST_WORKER_ERRORS = (
    "UnavailableError",
    "AbortedError",
    "CancelledError",
    "DeadlineExceededError",
    "InternalError",
)
"""TensorFlow's errors when a machine of the cluster no longer answers."""


def session(request: Request) -> Iterator[Event]:
    """Train as requested and record the run; yield everything that happens.

    Raises:
        UserError: the request cannot be fulfilled; the directory of a new run is deleted again.
    """
    from core.rundir.deletion import discard_empty
    from core.rundir.recorder import record
    from core.session.summaries import with_summaries
    from core.training.config import check_batch_size, check_network

    yield Preparing("reading the data")
    if request.resume is None:
        check_log_dir(request.log_dir)
    dataset = yield from _load_data(request)
    _check_fingerprint(request, dataset)
    check_batch_size(request.hparams, dataset)
    if request.resume is None:
        check_network(request.hparams, dataset)
    run = _run_directory(request, dataset)
    training = _FailureEvents(_open_and_train(request, run, dataset), request.strategy)
    try:
        recorded = record(with_summaries(iter(training), run.path, dataset), run)
        with closing(recorded) as events:
            yield from events
    except UserError:
        if not training.started and request.resume is None:
            discard_empty(run)
        raise


def worker_session(request: Request) -> Iterator[Event]:
    """Train as a worker that is not the chief: compute its part of each batch, write nothing.

    Raises:
        UserError: the request cannot be fulfilled.
    """
    from core.training.config import check_batch_size, check_network
    from core.training.loop import train

    dataset = yield from _load_data(request)
    _check_fingerprint(request, dataset)
    check_batch_size(request.hparams, dataset)
    check_network(request.hparams, dataset)
    yield from _FailureEvents(train(_config(request, dataset, None), None), request.strategy)


def _open_and_train(request: Request, run: RunDir, dataset: "Dataset") -> Iterator[Event]:
    """Yield `Opened`, then the training; first pulled when the writer's lock is held."""
    from core.training.loop import train

    request.on_open(run)
    control = open_control(run.path, start=as_dict(request.hparams))
    # Of a run that is resumed, the plan of now and not the one that it began with.
    info = sanitized_info(run.info()) | {"hyperparameters": _first_hparams(request)}
    yield Opened(str(run.path), info, control, dataset)
    if not is_private(run.path):
        yield Alert(_first_step(request), NOT_PRIVATE)
    if request.resume and (sentence := changed_since(run.info())):
        yield Alert(_first_step(request), sentence)
    if sentence := changed_test_set(request, dataset):
        yield Alert(_first_step(request), sentence)
    if request.resume and request.resume.checkpoint is None:
        yield Notice(0, BEGINS_AGAIN)
    yield from train(_config(request, dataset, run), control)


def _check_fingerprint(request: Request, dataset: "Dataset") -> None:
    if not dataset.fingerprint.startswith(request.fingerprint.lower()):
        raise UserError(
            f"this is other data than --fingerprint asks for: {dataset.source}, fingerprint "
            f"{dataset.fingerprint[:16]}; name the right one with --dataset or --input_data_dir"
        )


def _first_step(request: Request) -> int:
    return request.resume.step if request.resume else 0


def _first_hparams(request: Request) -> dict[str, Any]:
    """Return the hyperparameters that hold from the first step on, planned changes included."""
    step = _first_step(request)
    planned = {name: value for at, name, value in request.changes if at == step}
    return as_dict(request.hparams) | planned


def _config(request: Request, dataset: "Dataset", run: RunDir | None) -> "TrainConfig":
    from core.training.config import TrainConfig

    start = request.resume or request.branch
    return TrainConfig(
        request.hparams,
        dataset,
        own=_own_model(request),
        rate_given=request.rate_given,
        device=request.device,
        xla=request.xla,
        strategy=request.strategy,
        resume=start.weights if start else None,
        branch=request.resume is None or request.resume.checkpoint is None,
        planned_changes=tuple(request.changes),
        profile_steps=request.profile if run else 0,
        profile_dir=str(run.path) if run else "",
    )


def _load_data(request: Request) -> "Generator[Event, None, Dataset]":
    """Load the data on a thread of its own; yield the progress of slow steps, return the data."""
    from concurrent.futures import ThreadPoolExecutor
    from queue import SimpleQueue

    from core.training.own_data import load_data

    progress: SimpleQueue[Event | None] = SimpleQueue()

    def load() -> "Dataset":
        try:
            if request.source.function and request.own:
                return load_data(request.own)
            return request.source.load(
                offline=request.offline,
                progress=lambda what, fraction: progress.put(Preparing(what, fraction)),
            )
        finally:
            progress.put(None)

    with ThreadPoolExecutor(1, "data") as pool:
        loading = pool.submit(load)
        while (event := progress.get()) is not None:
            yield event
        return loading.result()


class _FailureEvents:
    """The events of a training, in which an exception becomes a last event, `Failed`.

    A `UserError` before training started is raised as it is. The traceback of any other exception
    goes to `run.log`.
    """

    def __init__(self, source: Iterator[Event], strategy: str) -> None:
        self.started = False
        """Whether training started, so that there may be something to keep."""
        self._source = source
        self._strategy = strategy

    def __iter__(self) -> Iterator[Event]:
        step = 0
        try:
            for event in self._source:
                step = _step_after(event, step)
                self.started = self.started or isinstance(event, Started)
                yield event
        except UserError as error:
            if not self.started:
                raise
            yield Failed(step, str(error))
        except Exception as error:  # noqa: BLE001 - the boundary: any error is reported, once
            # Descriptor 2 is the run's log by now; `sys.stderr` may be the dashboard's.
            with suppress(OSError):
                os.write(2, traceback.format_exc().encode("utf-8", "replace"))
            yield Failed(step, _describe_error(error, self._strategy))


def _step_after(event: Event, before: int) -> int:
    """Return how many steps are done after `event`."""
    if isinstance(event, Steps):
        return event.first + len(event.losses)
    return event.step if isinstance(event, StepEvent) else before


def _describe_error(error: Exception, strategy: str) -> str:
    """Return one sentence on an exception that ended the training."""
    if strategy == "multi_worker" and type(error).__name__ in LOST_WORKER_ERRORS:
        return "a worker was lost; restart all of them with --resume RUN"
    if type(error).__name__ == "ResourceExhaustedError":
        return "the device is out of memory; use a smaller --batch_size, or --device cpu"
    return f"training failed: {said_by(error)[:200]}; run.log has the details"


def _run_directory(request: Request, dataset: "Dataset") -> RunDir:
    """Return the directory of the run to resume, or make that of a new run."""
    if request.resume:
        check_same_data(request, request.resume.run, dataset)
        return request.resume.run
    own = _own_model(request)
    layers = parse_layers(request.hparams.network)
    network = short_name(layers).replace("-", "x")
    info = {
        "hyperparameters": as_dict(request.hparams),
        "network": _sizes(request, dataset),
        **({"model": model_info(own)} if own else {}),
        "dataset": dataset_info(dataset),
        "source": asdict(request.source),
        "device": request.device,
        "xla": request.xla,
        "strategy": request.strategy,
        "versions": versions(),
        "planned": [list(change) for change in request.changes],
    }
    if request.branch:
        parent = request.branch
        info["parent"] = {"run": parent.run.name, "step": parent.step}
    run = rundir.create_run(request.log_dir, network, info)
    if own:
        copy_model(own, run)
    return run


def _own_model(request: Request) -> ModelFile | None:
    """Return the file of the model to train, if the network is one of a person's own."""
    if not is_own(parse_layers(request.hparams.network)):
        return None
    if request.own is None:
        raise UserError(f"name the file of {request.hparams.network} with --model FILE.py")
    if request.strategy != "none":
        raise UserError("a model of your own trains on one device: leave out --strategy")
    return request.own


def _sizes(request: Request, dataset: "Dataset") -> list[int]:
    """Return the pixels of an image, and the units of each layer with weights that is known."""
    from core.training.config import architecture_for

    if is_own(parse_layers(request.hparams.network)):
        return [math.prod(dataset.image_shape), len(dataset.classes)]
    return list(architecture_for(request.hparams, dataset).sizes)


def dataset_info(dataset: "Dataset") -> dict[str, Any]:
    """Return what `run.json` holds about a data set."""
    return {
        "name": dataset.name,
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "classes": list(dataset.classes),
        "image_shape": list(dataset.image_shape),
        "train": len(dataset.train),
        "validation": len(dataset.validation),
        "test": len(dataset.test),
        "notice": dataset.notice,
    }
