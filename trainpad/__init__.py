"""Watch and steer a training from the terminal.

    import trainpad

    run = trainpad.init("cifar", config={"batch": 128}, steps=20_000)
    lr = run.live("lr", 3e-4, low=1e-6, high=1e-1)     # can be changed while it trains
    for step, batch in enumerate(batches):
        run.log({"loss": train_step(batch, lr.value)}, step)
        if not run.tick():                             # False: somebody asked it to stop
            break

and in another terminal ``trainpad open``. With Keras, give
``callbacks=[trainpad.keras.TrainpadCallback()]`` to `fit`.

This package needs nothing but the standard library, starts no process, opens no port and writes
nothing before `init`. It defines the files of a run directory, which a training program and the
dashboard share. The command `trainpad` is in `trainpad.__main__`.
"""

from trainpad.version import __version__

TYPE_CHECKING = False  # to import `typing` would take longer than all the rest
if TYPE_CHECKING:
    from typing import Any

    from trainpad import keras as keras
    from trainpad import torch as torch
    from trainpad.api import finish, init, log
    from trainpad.attached import Run
    from trainpad.errors import RunError
    from trainpad.knobs import Knob
    from trainpad.records import Record

    run: Run | None
    """The current run: the one that `init` began last."""
    config: Record
    """Its configuration."""
    summary: Record
    """The last value of every number of it."""

__all__ = [
    "Knob", "Run", "RunError", "__version__", "config", "finish", "init", "log", "run", "summary",
]  # fmt: skip
_MODULES = {
    "init": "api", "log": "api", "finish": "api", "Run": "attached", "Knob": "knobs",
    "RunError": "errors",
}  # fmt: skip
_ADAPTERS = ("keras", "torch", "transformers", "lightning")


def __getattr__(name: str) -> "Any":
    """Load what is asked for when it is: to import the package costs next to nothing."""
    from importlib import import_module

    if name in _MODULES:
        return getattr(import_module(f"trainpad.{_MODULES[name]}"), name)
    if name in _ADAPTERS:
        return import_module(f"trainpad.{name}")
    if name in ("run", "config", "summary"):
        return _of_current_run(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _of_current_run(name: str) -> "Any":
    from trainpad import api

    found = api.current()
    if name == "config":
        return api.config()
    if name == "summary":
        return {} if found is None else found.summary
    return found
