"""`TrainpadCallback`: any Keras model, watched and steered, by one object in ``callbacks=[...]``.

Keras is never imported here: what is needed of it comes with the model. A callback that has work
to do at the end of each batch makes Keras wait for the device unless it says ``async_safe``; this
one does, so its `on_train_batch_end` may run on Keras's threads and only puts numbers away. The
rest happens at the beginning of a batch, on the thread that trains, and only when the run has
something to poll: ten times a second. What runs in each batch is two short functions without a
method of our own: the processor's caches are full of the network then, and all Python is slow.
"""

import weakref
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, time
from typing import Any

from trainpad import api
from trainpad.attached import Run
from trainpad.errors import UserError
from trainpad.joining import joined_run
from trainpad.keras_rate import LearningRate, as_decimal, sync
from trainpad.keras_weights import WeightRecorder, is_built
from trainpad.step_losses import StepLosses
from trainpad.values import text_of
from trainpad.writer import Logged

RATE_INTERVAL = 1.0
"""Seconds between two records of the learning rate."""
INTERVAL = 0.1
"""Seconds between two polls of a run that is not held up."""


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""


class TrainpadCallback:
    """Record a Keras training and let it be steered: pause, stop, save, evaluate, learning rate.

    Each step's own loss is recorded (Keras itself gives the mean since the epoch began), the other
    metrics as Keras gives them, validation, the learning rate, and statistics of the weights.

    Example:
        >>> model.fit(x, y, callbacks=[trainpad.keras.TrainpadCallback()])
    """

    async_safe = True
    on_test_batch_begin = on_test_batch_end = staticmethod(_nothing)

    def __init__(
        self,
        run: Run | None = None,
        *,
        validation_data: tuple[Any, Any] | None = None,
        classes: list[str] | None = None,
        live: Mapping[str, Any] | None = None,
        weights: bool = True,
        **init: Any,
    ) -> None:
        """Make a callback.

        Args:
            run: Where to record; by default the current run, else a new one that ends with `fit`.
            validation_data: ``(x, y)`` for confusion matrices after each epoch and for evaluations
                on request.
            classes: The names of the classes.
            live: Keras variables by name, which can then be changed from outside, such as
                ``{"dropout": rate}``.
            weights: Whether to record statistics of the weights, in a quarter of a percent of
                the time.
            init: What `trainpad.init` takes: ``project``, ``name``, ``config``, ``dir``.
        """
        self.model: Any = None
        self.params: dict[str, Any] = {}
        self._run, self._is_own = run or Run(), False
        self._given = run
        self._validation_data, self._classes = validation_data, classes
        self._live = {} if live is None else live
        self._weights, self._init = weights, init
        self._rate: LearningRate | None = None
        self._recorder: WeightRecorder | None = None
        self._losses = StepLosses()
        self._base = 0
        """The step that the epoch begins with."""
        self._batches = 0
        """Batches of this epoch that were recorded."""
        self._batch_size: float | None = None
        self._examples: float | None = None
        self._is_fitting = False
        self._poll_due = self._rate_due = 0.0

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Do nothing at every other moment that Keras, or a later one, tells callbacks of."""
        if name.startswith("on_"):
            return _nothing
        raise AttributeError(name)

    def set_model(self, model: Any) -> None:
        """Keep the model; Keras calls this."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Keep ``epochs`` and ``steps``; Keras calls this."""
        self.params = params or {}

    # -- moments of a training ---------------------------------------------------------------

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Begin the run, unless there is one, and declare what can be changed."""
        self._leave()  # the last fit may have been interrupted
        with self._guard("on_train_begin"):
            self._begin_run()
            self._is_fitting = True
            self._base = max(0, self._run.step)
            self._batch_size = self._recorder = None
            self._poll_due = 0.0
            self._run.before_end = weakref.WeakMethod(self._leave)
            self._rate = LearningRate(self.model, self._run)
            self._declare_live()
            if self._weights and self._run.is_open:
                self._recorder = WeightRecorder(self.model, self._run)
            self._run.support("save", "evaluate")

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Begin an epoch."""
        with self._guard("on_epoch_begin"):
            together = getattr(self.model, "steps_per_execution", 1)
            self._losses = StepLosses(together, self.params.get("steps"))
            self._batches, self._examples = 0, None
            self._run.epoch(epoch, self.params.get("epochs"))

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Apply what was requested; wait while the run is paused."""
        if monotonic() >= self._poll_due:
            self._poll(batch)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record a batch; may be called out of order and by several threads at once."""
        self._losses.end((batch, time(), logs))

    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Count the examples of the epoch before the validation does away with that."""
        if self._is_fitting and self._examples is None:
            with self._guard("examples"):
                self._examples = self._count_examples()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Record the last batch, the validation, the confusion matrix and the weights."""
        with self._guard("on_epoch_end"):
            if self._examples is None:
                self._examples = self._count_examples()
            self._record(self._losses.finish(self._batch_size, self._examples))
            self._base += self._batches
            self._batches = 0
            step = max(0, self._base - 1)
            means = {k: v for k, v in (logs or {}).items() if not k.startswith("val_")}
            validation = {k: v for k, v in (logs or {}).items() if k.startswith("val_")}
            self._run.log({**validation, **{f"epoch_{k}": v for k, v in means.items()}}, step)
            self._record_confusion()
            self._count_parameters()
            if self._recorder is not None:
                self._recorder.after_step()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """End the run, where it was begun here; leave the optimizer as it was."""
        with self._guard("on_train_end"):
            if self._recorder is not None:
                self._recorder.finish()
        self._leave()
        if self._is_own:
            self._is_own = False
            self._run.finish()

    def _leave(self) -> None:
        """Record what is left of a fit, also one that was interrupted; restore the optimizer."""
        if not self._is_fitting:
            return
        self._is_fitting = False
        with self._guard("end of fit"):
            self._record(self._losses.finish(None, None))
            if self._rate is not None:
                self._rate.restore()

    def __del__(self) -> None:
        if getattr(self, "_is_fitting", False):
            self._leave()

    # -- within ------------------------------------------------------------------------------

    def _begin_run(self) -> None:
        if self._given is None and self._is_own:
            self._run.finish(reason="interrupted")  # the last fit was
        self._is_own = False
        if (joined := joined_run(self._given, self._init)) is not None:
            self._run = joined
        else:
            steps, epochs = self.params.get("steps"), self.params.get("epochs")
            planned = steps * epochs if steps and epochs else None
            self._run = api.init(**{"steps": planned, "epochs": epochs, **self._init})
            self._is_own = True
        about = {"model": self.model.name, "optimizer": type(self.model.optimizer).__name__}
        for name, value in about.items():
            self._run.config.setdefault(name, value)
        self._count_parameters()

    def _count_parameters(self) -> None:
        """Record how many parameters the model has, once it is built."""
        if "parameters" not in self._run.config and is_built(self.model):
            self._run.config["parameters"] = self.model.count_params()

    def _declare_live(self) -> None:
        given: dict[str, Any] = {}
        with self._guard("live must be a dict of Keras variables by name"):
            given = dict(self._live)
        for name, variable in given.items():
            with self._guard("live"):
                self._declare(name, variable)

    def _declare(self, name: str, variable: Any) -> None:
        model = self.model
        if not (hasattr(variable, "assign") and hasattr(variable, "numpy")):
            raise UserError(
                f"{name!r} is {text_of(variable, 40)}, no Keras variable: give "
                "keras.Variable(0.1, trainable=False), or a variable of the model"
            )
        if any(size != 1 for size in variable.shape):
            raise UserError(f"{name!r} has the shape {tuple(variable.shape)}; give a single number")

        def assign(value: Any) -> None:
            sync(model)
            variable.assign(value)

        def read() -> float:
            sync(model)
            return as_decimal(variable.numpy())

        value = read()
        if (known := self._run.knob(name)) is not None:
            known.value = value  # as the program has left it
        self._run.live(name, value, on_change=assign).track(read)

    def _poll(self, batch: int) -> None:
        """Record what has ended; do what was requested."""
        run, recorder, step = self._run, self._recorder, self._base + batch
        run.guard("losses", self._record_ended)
        run.reach(step)  # ends of batches may arrive later
        if batch and self._batch_size is None:
            self._batch_size = 0.0
            with self._guard("batch size"):
                self._batch_size = (self._count_examples() or 0.0) / batch
        while True:
            if not run.tick():
                self.model.stop_training = True
                break
            if not run.is_requested or not self._answer(step):
                break
        now = monotonic()
        self._poll_due = now if run.next_poll <= now else now + INTERVAL
        if not run.is_open:
            return
        if recorder is not None:
            run.guard("weights", recorder.between_steps)
        if now >= self._rate_due and self._rate is not None:
            self._rate_due = now + RATE_INTERVAL
            with self._guard("learning rate"):
                run.log({"lr": self._rate.now()}, step)
        if self._batch_size is None or (recorder is not None and recorder.is_between):
            self._poll_due = now  # the next step is needed

    def _record_ended(self) -> None:
        self._record(self._losses.take())

    def _record(self, ended: list[Logged]) -> None:
        """Record steps; their indices count from the beginning of the epoch."""
        if ended:
            base = self._base
            self._run.log_many([(base + step, moment, logs) for step, moment, logs in ended])
            self._batches = max(self._batches, ended[-1][0] + 1)

    def _answer(self, step: int) -> bool:
        """Save or evaluate where that was requested; return whether it was."""
        answered = False
        if self._run.save_requested:
            answered = True
            with self._guard("save"):
                self._save(step)
        if self._run.evaluate_requested:
            answered = True
            with self._guard("evaluate"):
                self._evaluate()
        return answered

    def _save(self, step: int) -> None:
        if self._run.path is None:
            return
        sync(self.model)
        folder = self._run.path / "checkpoints"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"step-{step:06}.keras"
        partial = path.with_name(f".part-{path.name}")
        try:
            self.model.save(partial)
            Path(partial).replace(path)
        finally:
            partial.unlink(missing_ok=True)
        self._run.saved(f"{folder.name}/{path.name}")

    def _evaluate(self) -> None:
        if self._validation_data is None:
            self._run.note("to evaluate on request, give TrainpadCallback validation_data")
            return
        sync(self.model)
        variables = list(self.model.metrics_variables)
        before = [variable.numpy() for variable in variables]
        # What is assigned afterwards is the epoch's own means, which an evaluation resets.
        was_fitting, self._is_fitting = self._is_fitting, False
        try:
            found = self.model.evaluate(*self._validation_data, verbose=0, return_dict=True)
        finally:
            self._is_fitting = was_fitting
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)
        self._run.log({f"val_{name}": value for name, value in found.items()}, self._run.step)
        self._record_confusion()

    def _record_confusion(self) -> None:
        if self._validation_data is None:
            return
        x, y = self._validation_data
        scores = self.model.predict(x, verbose=0)
        if getattr(scores, "ndim", 0) == 2 and scores.shape[1] > 1:
            self._run.log_confusion(y, scores, classes=self._classes)
        elif getattr(scores, "size", 0) == len(y):
            self._run.log_confusion(y, scores.reshape(-1) > 0.5, classes=self._classes)

    def _count_examples(self) -> float | None:
        """Return how many examples the epoch had so far, by Keras's own mean of the loss."""
        sync(self.model)
        for metric in self.model.metrics:
            if metric.name == "loss" and hasattr(metric, "count"):
                return float(metric.count.numpy())
        return None

    @contextmanager
    def _guard(self, what: str) -> Any:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - it would end the training
            self._run.problem(what, error)
