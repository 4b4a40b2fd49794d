"""`TrainpadLogger` and `TrainpadCallback` for Lightning; they extend its classes.

Lightning is imported when one of them is first asked for: the package that the program has
imported, ``lightning`` or ``pytorch_lightning``.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from trainpad import api
from trainpad.attached import Run
from trainpad.joining import joined_run

_classes: dict[str, Any] = {}


def __getattr__(name: str) -> Any:
    """Return ``TrainpadLogger`` or ``TrainpadCallback``."""
    if name not in ("TrainpadLogger", "TrainpadCallback"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if not _classes:
        package = "lightning.pytorch"
        if "pytorch_lightning" in sys.modules and "lightning" not in sys.modules:
            package = "pytorch_lightning"
        logger = import_module(f"{package}.loggers.logger").Logger
        callback = import_module(f"{package}.callbacks").Callback
        _classes["TrainpadLogger"] = type(
            "TrainpadLogger", (_Logger, logger), {"__doc__": _Logger.__doc__}
        )
        _classes["TrainpadCallback"] = type(
            "TrainpadCallback", (_Callback, callback), {"__doc__": _Callback.__doc__}
        )
    return _classes[name]


class _Logger:
    """Record what a LightningModule logs.

    Example:
        >>> Trainer(logger=trainpad.lightning.TrainpadLogger(project="p"),
        ...         callbacks=[trainpad.lightning.TrainpadCallback()])
    """

    def __init__(self, run: Run | None = None, **init: Any) -> None:
        """Record in `run`, by default the current one, else in a new one; see `trainpad.init`."""
        super().__init__()
        self._run: Run | None = run
        self._init = init

    @property
    def experiment(self) -> Run:
        """The run."""
        if self._run is None:
            self._run = joined_run(None, self._init) or api.init(**self._init)
        return self._run

    @property
    def name(self) -> str:
        """The run's name."""
        return self.experiment.name or "trainpad"

    @property
    def version(self) -> str:
        """The name of the run's folder."""
        path = self.experiment.path
        return path.name if path else "0"

    @property
    def save_dir(self) -> str | None:
        """The folder that the run's folder is in, where Lightning puts checkpoints."""
        path = self.experiment.path
        return str(path.parent) if path else None

    def log_hyperparams(self, params: Any = None, *_: Any, **__: Any) -> None:
        """Record the hyperparameters."""
        run = self.experiment
        run.guard("log_hyperparams", lambda: run.config.update(params))

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Record numbers."""
        self.experiment.log(metrics, step)

    def finalize(self, status: str) -> None:
        """End the run."""
        reason = {"success": "", "failed": "stopped: failed"}.get(status, status)
        if self._run is not None:
            self._run.finish(reason=reason)


class _Callback:
    """Record each step's loss and let a Lightning training be steered.

    Example:
        >>> Trainer(callbacks=[trainpad.lightning.TrainpadCallback()])
    """

    def __init__(self, run: Run | None = None, **init: Any) -> None:
        """Record in `run`, by default the current one, else in a new one; see `trainpad.init`."""
        super().__init__()
        self._given, self._init = run, init
        self._run, self._is_own = run or Run(), False

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Begin the run, unless there is one, and declare the learning rate."""
        self._is_own = False
        if (joined := joined_run(self._given, self._init)) is not None:
            self._run = joined
        else:
            steps = trainer.estimated_stepping_batches
            options = {"steps": None if steps == float("inf") else steps, **self._init}
            self._run, self._is_own = api.init(**options), True
        for optimizer in trainer.optimizers[:1]:
            schedulers = [found.scheduler for found in trainer.lr_scheduler_configs]
            self._run.attach(optimizer, schedulers)

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Record the beginning of an epoch."""
        planned = trainer.max_epochs
        self._run.epoch(trainer.current_epoch, planned if planned and planned > 0 else None)

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Record the loss and apply what was requested; wait while the run is paused."""
        loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
        if loss is not None:
            self._run.log({"train_step/loss": loss}, max(0, trainer.global_step - 1))
        if not self._run.tick():
            trainer.should_stop = True
        if self._run.save_requested and self._run.path is not None:
            path = self._run.path / "checkpoints" / f"step-{trainer.global_step:06}.ckpt"
            self._run.guard("save", lambda: self._save(trainer, path))
        if self._run.evaluate_requested:
            self._run.note("Lightning validates at its own times only: see val_check_interval")

    def _save(self, trainer: Any, path: Path) -> None:
        trainer.save_checkpoint(path)
        self._run.saved(f"checkpoints/{path.name}")

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Record that the training failed or was interrupted."""
        self._run.fail(exception)

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """End the run, where it was begun here."""
        if self._is_own:
            self._is_own = False
            self._run.finish()
