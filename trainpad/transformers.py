"""`TrainpadCallback` for the Trainer of Hugging Face's transformers, which is never imported here.

The Trainer's control flags are the requests: stop, save, evaluate. It pauses at the end of a step.
"""

from collections.abc import Callable, Mapping
from typing import Any

from trainpad import api
from trainpad.attached import Run
from trainpad.joining import joined_run
from trainpad.records import is_secret

CANNOT_EVALUATE = (
    "to evaluate on request, give the Trainer an eval_dataset and set eval_strategy to 'steps' "
    "or 'epoch' in its arguments"
)


class TrainpadCallback:
    """Record a Trainer's training and let it be steered.

    Example:
        >>> Trainer(model, args, ..., callbacks=[trainpad.transformers.TrainpadCallback()])
    """

    def __init__(self, run: Run | None = None, **init: Any) -> None:
        """Make a callback.

        Args:
            run: Where to record; by default the current run, else a new one that ends with
                `train`.
            init: What `trainpad.init` takes: ``project``, ``name``, ``config``, ``dir``.
        """
        self._given, self._init = run, init
        self._run, self._is_own = run or Run(), False

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Do nothing at every other moment that the Trainer tells callbacks of."""
        if name.startswith("on_"):
            return _nothing
        raise AttributeError(name)

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Begin the run, unless there is one, and declare the learning rate."""
        if not state.is_world_process_zero:
            return
        if self._given is None and self._is_own:
            self._run.finish(reason="interrupted")  # the last training was
        self._is_own = False
        if (joined := joined_run(self._given, self._init)) is not None:
            self._run = joined
        else:
            options = {"steps": state.max_steps, "config": _settings(args), **self._init}
            self._run, self._is_own = api.init(**options), True
        optimizer, scheduler = more.get("optimizer"), more.get("lr_scheduler")
        if optimizer is not None:  # accelerate wraps both
            inner = getattr(optimizer, "optimizer", optimizer)
            self._run.attach(inner, getattr(scheduler, "scheduler", scheduler))

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Record the beginning of an epoch."""
        self._run.epoch(round(state.epoch or 0), int(state.num_train_epochs))

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Apply what was requested; wait while the run is paused."""
        self._run.reach(state.global_step)
        if not self._run.tick():
            control.should_training_stop = True
        if self._run.save_requested:
            control.should_save = True
        if self._run.evaluate_requested:
            if self._can_evaluate(args, more):
                control.should_evaluate = True
            else:
                self._run.note(CANNOT_EVALUATE)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any
    ) -> None:
        """Record what the Trainer logs: means since it last did."""
        numbers = {k: v for k, v in (logs or {}).items() if isinstance(v, int | float)}
        self._run.log(numbers, max(0, state.global_step - 1))

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Record that a checkpoint was written."""
        self._run.saved(f"{args.output_dir}/checkpoint-{state.global_step}")

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """End the run, where it was begun here."""
        if self._is_own:
            self._is_own = False
            self._run.finish()

    def _can_evaluate(self, args: Any, more: Mapping[str, Any]) -> bool:
        strategy = getattr(args.eval_strategy, "value", args.eval_strategy)
        return strategy != "no" or more.get("eval_dataloader") is not None


def _settings(args: Any) -> dict[str, Any]:
    """Return the training arguments that are numbers or texts, without secrets."""
    sanitized = getattr(args, "to_sanitized_dict", None)
    values = sanitized() if callable(sanitized) else vars(args)
    return {
        name: value
        for name, value in values.items()
        if isinstance(value, int | float | str) and not is_secret(name, value)
    }


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""
