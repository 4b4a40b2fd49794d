"""Write event files: the training thread appends to a queue, another thread encodes and writes.

An append costs about 0.2 µs. Once a second the thread encodes and writes what is queued. When the
disk is full, the unwritten bytes are kept and written later, so that a file never has a gap.
Training is not affected.
"""

import itertools
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, SupportsFloat, SupportsInt

import numpy as np
import numpy.typing as npt

from core.tfevents import encode
from core.tfevents.items import HParam
from core.tfevents.messages import EventProto
from core.tfevents.records import encode_record

FLUSH_INTERVAL: Final = 1.0
"""Seconds between two flushes."""
MAX_UNWRITTEN: Final = 64 << 20
"""Bytes kept while writing fails; beyond them records are dropped and counted."""
_START: Final = 1
_VERSION: Final = b"brain.Event:2"

# What is queued: the tag of a scalar, or a function that makes values on the writer's thread.
Payload = str | Callable[[], encode.Value | Sequence[encode.Value]]


class EventWriter:
    """A new event file in a folder; close it, or use it as a context manager.

    Only wrong arguments raise. Arrays passed to it must not be changed afterwards: another thread
    reads them later.

    Args:
        folder: Where the file is made; created if missing.
        purge_step: The step at which a resumed run starts: readers discard what earlier files of
            the folder contain at that step and later.
        interval: Seconds between two flushes.
    """

    def __init__(
        self, folder: Path, purge_step: int | None = None, *, interval: float = FLUSH_INTERVAL
    ) -> None:
        self.folder = folder
        self.path: Path | None = None
        """The event file; None until it exists."""
        self.error: OSError | None = None
        """Why the last write failed; None if it succeeded."""
        self.dropped = 0
        """Records lost: writing failed for too long, or a step was beyond int64."""
        self._queue: deque[tuple[float, int, Payload, float]] = deque()
        self._file: FileIO | None = None
        self._unwritten = bytearray()
        self._writing = threading.Lock()
        self._interval, self._closing = interval, threading.Event()
        self._encode(time.time(), 0, file_version=_VERSION)
        if purge_step is not None:
            self._encode(time.time(), purge_step, session_log={"status": _START})
        self._thread = threading.Thread(target=self._run, name="event writer", daemon=True)
        self._thread.start()

    def scalar(self, tag: str, value: SupportsFloat, step: SupportsInt) -> None:
        """Queue one number, stored as float32."""
        self._queue.append((time.time(), int(step), tag, float(value)))

    def text(self, tag: str, content: str, step: SupportsInt) -> None:
        """Queue a text; TensorBoard renders it as Markdown."""
        self._enqueue(step, partial(encode.text, tag, content))

    def image(self, tag: str, pixels: npt.NDArray[np.uint8], step: SupportsInt) -> None:
        """Queue images, uint8 ``[height, width]``, ``[n, height, width]``, or with 3 channels.

        Images in colour have 4 axes.
        """
        in_colour = pixels.ndim == 4 and pixels.shape[3] == 3
        if pixels.dtype != np.uint8 or not (pixels.ndim in (2, 3) or in_colour):
            raise ValueError(f"not images: {pixels.dtype}, shape {pixels.shape}")
        self._enqueue(step, partial(encode.images, tag, pixels))

    def deferred(self, make: Callable[[], Sequence[encode.Value]], step: SupportsInt) -> None:
        """Queue values that the writer's thread makes: it calls `make`, which must not raise."""
        self._enqueue(step, make)

    def keras_model(self, config: str) -> None:
        """Queue the conceptual graph: a Keras model's ``to_json()``."""
        self._enqueue(0, partial(encode.keras_model, config))

    def hparams_experiment(self, names: Sequence[str], metrics: Sequence[str]) -> None:
        """Queue which hyperparameters and metrics (scalar tags) the experiment compares."""
        self._enqueue(0, partial(encode.experiment, tuple(names), tuple(metrics), time.time()))

    def hparams_start(self, hparams: Mapping[str, HParam]) -> None:
        """Queue the hyperparameters of this run."""
        self._enqueue(0, partial(encode.session_start, dict(hparams), time.time()))

    def hparams_end(self, status: encode.Status) -> None:
        """Queue how the run ended."""
        value = encode.session_end(status, time.time())
        self._enqueue(0, lambda: value)

    def flush(self) -> None:
        """Write everything that was queued; `error` tells whether it worked."""
        with self._writing:
            while self._queue:
                wall_time, step, payload, number = self._queue.popleft()
                self._encode(wall_time, step, **_fields(payload, number))
            self._write()

    def close(self) -> None:
        """Write the rest, once, and close the file; nothing may be queued afterwards."""
        self._closing.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _enqueue(self, step: SupportsInt, payload: Payload) -> None:
        self._queue.append((time.time(), int(step), payload, 0.0))

    def _run(self) -> None:
        """Flush until closed, and once more; runs on the thread."""
        while not self._closing.wait(self._interval):
            self.flush()
        self.flush()
        if self._file:
            self._file.close()

    def _encode(self, wall_time: float, step: int, **fields: Any) -> None:
        """Append one record to the unwritten bytes."""
        try:
            event = EventProto(wall_time=wall_time, step=step, **fields)
        except ValueError:
            self.dropped += 1
            return
        if len(self._unwritten) > MAX_UNWRITTEN:
            self.dropped += 1
        else:
            self._unwritten += encode_record(event.SerializeToString())

    def _write(self) -> None:
        """Write the unwritten bytes; after a short write the rest remains for the next time."""
        try:
            if self._file is None:
                self._file = self._open()
            while self._unwritten:
                written = self._file.write(self._unwritten)
                del self._unwritten[:written]
            self.error = None
        except OSError as error:
            self.error = error

    def _open(self) -> FileIO:
        """Create the file, with a name that no other writer has."""
        self.folder.mkdir(parents=True, exist_ok=True)
        start = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}"
        for number in itertools.count():
            path = self.folder / f"{start}.{number}.v2"
            with suppress(FileExistsError):
                file = FileIO(path, "x")
                self.path = path
                return file
        raise AssertionError("there is always another number")


def _fields(payload: Payload, number: float) -> dict[str, Any]:
    """Return the fields of an event with the queued values."""
    values = encode.scalar(payload, number) if isinstance(payload, str) else payload()
    return {"summary": {"value": [values] if isinstance(values, dict) else values}}
