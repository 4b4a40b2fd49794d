"""The process that computes a person's own model: answers requests on its standard input.

It ends with its input: when the process that asked has ended.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.network.model_file import ModelFile
from core.own.messages import Array, Message, receive, send
from core.process.libraries import clean_imports
from core.process.threads import lower_thread_priority
from trainpad.errors import UserError

SETTINGS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
"""No messages, no GPU and one thread: training has the rest."""


def serve() -> None:
    """Answer the requests on standard input until it ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the person's file prints
    os.environ.update(SETTINGS)
    server = Server()
    while (request := receive(requests)) is not None:
        try:
            values, arrays = server.answer(request)
        except UserError as error:
            values, arrays = {"error": str(error)}, {}
        except Exception as error:  # noqa: BLE001 - any of the person's own
            values, arrays = {"error": f"{type(error).__name__}: {error}"}, {}
        send(answers, values, arrays)


class Server:
    """The model, once it is loaded."""

    def __init__(self) -> None:
        self._model: Any = None

    def answer(self, request: Message) -> tuple[Mapping[str, Any], Mapping[str, Array]]:
        """The answer to a request: values and arrays.

        Raises:
            UserError: the model cannot be built, or does not fit.
        """
        values, arrays = request
        weights = {n.removeprefix("w:"): a for n, a in arrays.items() if n.startswith("w:")}
        images = arrays.get("images", np.empty(0, np.float32))
        if values["do"] == "load":
            return self._load(values, images)
        if weights:
            self._model.load(weights)
        match values["do"]:
            case "logits":
                return {}, {"logits": self._model.logits(images)}
            case "explain":
                label, found = self._model.explain(images, values["label"])
                return {"label": label}, found
        return self._inspect(images)

    def _load(
        self, values: Mapping[str, Any], images: Array
    ) -> tuple[Mapping[str, Any], Mapping[str, Array]]:
        with clean_imports():
            from core.own.model import LoadedModel

            file = ModelFile(
                Path(values["path"]), Path(values["folder"]), values["name"],
                values["function"], values["hp"],
            )  # fmt: skip
            self._model = LoadedModel(file, images, values["classes"])
        lower_thread_priority()  # what follows takes seconds, beside a training perhaps
        layers = [layer.as_dict() for layer in self._model.layers]
        return {"layers": layers, "has_classes": self._model.has_classes}, {}

    def _inspect(self, images: Array) -> tuple[Mapping[str, Any], Mapping[str, Array]]:
        found = self._model.inspect(images)
        statistics = {
            name: [d.mean, d.std, d.low, d.high, d.finite, dead]
            for name, (d, dead) in found.items()
        }
        return {"layers": statistics}, {name: d.counts for name, (d, _) in found.items()}
