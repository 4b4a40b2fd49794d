"""The process that computes a person's own model, as seen from where it is asked.

Keras and TensorFlow take seconds to load and hundreds of megabytes, and a screen must not wait; in
the process that trains, a second model would take part in the numbering of the first one's
variables. So another process loads them, when something of the model is to be shown.
"""

import os
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import numpy as np

from core.network.model_file import ModelFile
from core.network.network import Arrays, Floats
from core.own.layer import OwnLayer
from core.own.messages import Message, receive, send
from core.process.free_core import use_all_cores
from core.process.libraries import clean_environment
from core.process.python import python_command
from data.errors import DataError

SERVE: Final = "from core.own.server import serve; serve()"


class OwnProcess:
    """A model's process: started by the first request, for one request at a time."""

    def __init__(self, file: ModelFile, samples: Floats, classes: int) -> None:
        """Prepare to load the model of a file, without starting a process.

        Args:
            file: the file that builds the model.
            samples: a few images to try it with, ``[n, height, width]`` or with colours.
            classes: how many the data has; 0 where a model gives values.
        """
        self.file, self.classes = file, classes
        self.layers: tuple[OwnLayer, ...] = ()
        """Its layers; empty until it is loaded."""
        self.has_classes = classes > 0
        """Whether it gives classes, and not values."""
        self._samples = samples
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._weights: Arrays | None = None
        self._error = ""

    @property
    def is_loaded(self) -> bool:
        """Whether requests are answered at once."""
        return bool(self.layers)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Height and width of an image, and 3 of one in colour."""
        return tuple(self._samples.shape[1:])

    def ask(self, values: Mapping[str, Any], images: Floats, weights: Arrays) -> Message:
        """The answer to a request about images, computed with these weights.

        Raises:
            DataError: the model cannot be computed; the same again for each later request.
        """
        with self._lock:
            self._start()
            arrays = {"images": images}
            if weights is not self._weights:
                arrays |= {f"w:{name}": np.asarray(array) for name, array in weights.items()}
            answer = self._exchange(values, arrays)
            self._weights = weights
            return answer

    def close(self) -> None:
        """End the process."""
        process, self._process, self.layers = self._process, None, ()
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    assert pipe is not None  # noqa: S101 - both are pipes
                    pipe.close()
            process.kill()
            process.wait()

    def _start(self) -> None:
        """Start the process and load the model, unless that is done."""
        if self._error:
            raise DataError(self._error)
        if self._process is not None:
            return
        try:
            self._process = subprocess.Popen(  # noqa: S603 - ours
                python_command(SERVE),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=clean_environment(os.environ),
            )
        except OSError as error:
            raise DataError(f"Python cannot be started: {error.strerror}") from error
        use_all_cores(self._process.pid)
        file = self.file
        request = {
            "do": "load", "path": str(file.path), "folder": str(file.folder), "name": file.name,
            "function": file.function, "hp": dict(file.values), "classes": self.classes,
        }  # fmt: skip
        try:
            answer = self._exchange(request, {"images": self._samples})
        except DataError as error:
            self._error = str(error)
            self.close()
            raise
        self.has_classes = bool(answer.values["has_classes"])
        self.layers = tuple(map(OwnLayer.from_dict, answer.values["layers"]))

    def _exchange(self, values: Mapping[str, Any], arrays: Arrays) -> Message:
        process = self._process
        try:
            if process is None or process.stdin is None or process.stdout is None:
                raise ValueError("closed")
            send(process.stdin, values, arrays)  # type: ignore[arg-type]  # Popen's pipes are binary
            answer = receive(process.stdout)  # type: ignore[arg-type]
        except (OSError, ValueError):
            answer = None
        if answer is None:
            self.close()
            raise DataError(f"the process that computes {self.file.name} has ended")
        if error := answer.values.get("error"):
            raise DataError(str(error))
        return answer
