"""From what a user asked for to a source of events: data, run directory, training, recording.

Nothing is written before the data has been read and found good.
"""

import os
import platform
import traceback
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from queue import SimpleQueue
from typing import Any

from core.network.adam import DEVICE
from core.run.events import Event, Failed, Opened, Preparing, Started, Steps
from core.run.hparams import as_dict
from core.rundir import rundir
from core.rundir.control import open_control
from core.rundir.deletion import delete_run
from core.rundir.recorder import record
from core.rundir.rundir import RunDir
from core.rundir.validation import sanitized_info
from core.session.request import Request
from core.session.summaries import with_summaries
from core.training.loop import TrainConfig, check_batch_size, train
from data.dataset import Dataset
from trainpad.errors import UserError

LOST_WORKER_ERRORS = ("UnavailableError", "AbortedError", "CancelledError", "DeadlineExceededError",
               "InternalError")  # fmt: skip
"""TensorFlow's errors when a machine of the cluster no longer answers."""


def session(request: Request) -> Iterator[Event]:
    """All that happens from here on, recorded.

    Raises:
        UserError: what was asked for cannot be done; of a new run, nothing is left.
    """
    yield Preparing("reading the data")
    dataset = yield from _load_data(request)
    check_batch_size(request.hparams, dataset)
    run = _run_directory(request, dataset)
    told = _with_failure_event(
        _open_and_train(request, run, _job(request, dataset, run)), request.strategy
    )
    began = request.resume is not None
    try:
        with closing(record(with_summaries(told, run.path, dataset), run)) as events:
            for event in events:
                began = began or isinstance(event, Started)
                yield event
    except UserError:
        # Only TensorFlow could tell that this cannot be done: a new run leaves no trace of it.
        if not began:
            with suppress(UserError):
                delete_run(run, ended_here=True)
        raise


def _open_and_train(request: Request, run: RunDir, job: TrainConfig) -> Iterator[Event]:
    """A run from its directory on; nothing happens before its lock is held and this is pulled."""
    request.on_open(run)
    control = open_control(run.path, start=as_dict(request.hparams))
    yield Opened(str(run.path), sanitized_info(run.info()), control, job.dataset)
    yield from train(job, control)


def worker_session(request: Request) -> Iterator[Event]:
    """The part of a worker that is not the chief: it computes its share, and writes nothing.

    Raises:
        UserError: what was asked for cannot be done.
    """
    dataset = yield from _load_data(request)
    check_batch_size(request.hparams, dataset)
    yield from _with_failure_event(train(_job(request, dataset, None), None), request.strategy)


def _job(request: Request, dataset: Dataset, run: RunDir | None) -> TrainConfig:
    start = request.resume or request.branch
    return TrainConfig(
        request.hparams,
        dataset,
        device=request.device,
        xla=request.xla,
        strategy=request.strategy,
        resume=start.checkpoint if start else None,
        branch=request.branch is not None,
        planned_changes=tuple(request.changes),
        profile_steps=request.profile if run else 0,
        profile_dir=str(run.path) if run else "",
    )


def _load_data(request: Request) -> Generator[Event, None, Dataset]:
    """The data; slow steps of getting it are told on the way, from a thread of their own."""
    told: SimpleQueue[Event | None] = SimpleQueue()

    def load() -> Dataset:
        try:
            return request.source.load(
                offline=request.offline,
                progress=lambda what, fraction: told.put(Preparing(what, fraction)),
            )
        finally:
            told.put(None)

    with ThreadPoolExecutor(1, "data") as pool:
        loading = pool.submit(load)
        while (event := told.get()) is not None:
            yield event
        return loading.result()


def _with_failure_event(source: Iterator[Event], strategy: str) -> Iterator[Event]:
    """`source`, with a crash of it as the last event; the traceback goes to `run.log`.

    Raises:
        UserError: what was asked for cannot be done, and no training had begun.
    """
    step, began = 0, False
    try:
        for event in source:
            step = _step_after(event, step)
            began = began or isinstance(event, Started)
            yield event
    except UserError as error:
        if not began:
            raise
        yield Failed(step, str(error))
    except Exception as error:  # noqa: BLE001 - the boundary: whatever breaks is told, once
        # Descriptor 2 is the run's log by now; `sys.stderr` may be the dashboard's.
        with suppress(OSError):
            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
        yield Failed(step, _describe_error(error, strategy))


def _step_after(event: Event, before: int) -> int:
    """How many steps are done by the end of `event`."""
    if isinstance(event, Steps):
        return event.first + len(event.losses)
    step: int = getattr(event, "step", before)
    return step


def _describe_error(error: Exception, strategy: str) -> str:
    """What broke, in one sentence."""
    if strategy == "multi_worker" and type(error).__name__ in LOST_WORKER_ERRORS:
        return "a worker was lost; start all of them again with --resume RUN to go on"
    if type(error).__name__ == "ResourceExhaustedError":
        return "the device's memory is full; use a smaller --batch_size, or --device cpu"
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"training failed: {lines[0][:200]}; run.log has the details"


def _run_directory(request: Request, dataset: Dataset) -> RunDir:
    if request.resume:
        _check_same_data(request.resume.run, dataset)
        return request.resume.run
    network = "x".join(map(str, request.hparams.hidden)) or "softmax"
    info = {
        "hyperparameters": as_dict(request.hparams),
        "network": [int(u) for u in (*_inputs(dataset), *request.hparams.hidden)]
        + [len(dataset.classes)],
        "dataset": dataset_info(dataset),
        "source": asdict(request.source),
        "device": request.device,
        "xla": request.xla,
        "strategy": request.strategy,
        "versions": versions(),
    }
    if request.branch:
        parent = request.branch
        step = parent.checkpoint.step if parent.checkpoint else 0
        info["parent"] = {"run": parent.run.name, "step": step}
    return rundir.create_run(request.log_dir, network, info)


def _check_same_data(run: RunDir, dataset: Dataset) -> None:
    info = sanitized_info(run.info())
    if info.get("device") == DEVICE:
        raise UserError(f"{run.name} was taught on the pad, from your own digits; use --branch")
    recorded = info["dataset"]
    if recorded.get("fingerprint") != dataset.fingerprint:
        raise UserError(
            f"{run.name} was trained on other data, {recorded.get('name')}, than this, "
            f"{dataset.source}; name the same data, or use --branch"
        )


def _inputs(dataset: Dataset) -> tuple[int]:
    height, width = dataset.image_shape
    return (height * width,)


def dataset_info(dataset: Dataset) -> dict[str, Any]:
    """What `run.json` says of a data set."""
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


def versions() -> dict[str, str]:
    """What this run was made with."""
    found = {"python": platform.python_version()}
    for package in ("trainpad", "tensorflow", "keras", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
