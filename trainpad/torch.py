"""The learning rate of a PyTorch optimizer as a knob; PyTorch itself is never imported here.

A scheduler computes a group's rate from what it remembers, so a rate that is simply assigned is
overwritten at its next step. Everything that a rate is computed from is multiplied instead: it
keeps the ratios between groups, and the schedule goes on from there.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from trainpad.knobs import Knob

RATES = ("lr", "initial_lr", "max_lr", "min_lr", "base_lr")
"""What a group remembers of its rate, for one scheduler or another."""
LOG_INTERVAL = 0.5
"""Seconds between two records of the rate."""


class Run(Protocol):
    """What is needed of a `trainpad.Run`."""

    def log_beside(self, values: Mapping[str, Any]) -> None:
        """Record numbers with the newest step."""

    optimizers: list[tuple[Any, str]]
    """Those that are attached, and what the names of their values end with."""

    def knob(self, name: str) -> Knob[Any] | None:
        """Return the value that is declared as `name`, if there is one."""

    def live(
        self,
        name: str,
        value: float,
        low: float | None = None,
        high: float | None = None,
        *,
        on_change: Callable[[Any], object] | None = None,
    ) -> Knob[float]:
        """Declare a value that can be changed while the program trains."""


def attach(run: Run, optimizer: Any, scheduler: Any = None) -> Knob[float]:
    """Declare the learning rate of `optimizer`, and record it while it trains.

    One group without a scheduler gets the knob ``lr``, which is its rate, also where the program
    changes that itself; otherwise ``lr_scale`` multiplies every group's rate and what the
    schedulers compute it from. The names of a second optimizer end with ``_2``.

    Args:
        run: The run.
        optimizer: A ``torch.optim.Optimizer``.
        scheduler: Its ``LRScheduler``, or several in a list.
    """
    schedulers = scheduler if isinstance(scheduler, list | tuple) else [scheduler]
    schedulers = [found for found in schedulers if found is not None]
    groups = optimizer.param_groups
    base = "lr" if len(groups) == 1 and not schedulers else "lr_scale"
    suffix = next((found for each, found in run.optimizers if each is optimizer), None)
    is_new = suffix is None
    if suffix is None:
        suffix = _free_suffix(run)
        run.optimizers.append((optimizer, suffix))
    name = base + suffix
    known = run.knob(name)
    value = float(groups[0]["lr"]) if base == "lr" else 1.0
    if known is not None:  # attached again: it goes on from what it is now
        if base == "lr":
            known.value = value
        value = float(known.value)
    scale = value

    def read() -> float:
        return float(groups[0]["lr"])

    def change(new: float) -> None:
        nonlocal scale
        before = read() if base == "lr" else scale
        factor, scale = new / before if before > 0 else 1.0, new
        done: set[int] = set()
        if base == "lr":
            group = optimizer.param_groups[0]
            group["lr"] = _assigned(group["lr"], new)
            done.add(id(group["lr"]))
        for group in optimizer.param_groups:
            for key in RATES[1:] if base == "lr" else RATES:
                if group.get(key) is not None:
                    group[key] = _scaled_once(group[key], factor, done)
        for each in schedulers:
            _scale_scheduler(each, factor, done)

    middle = value if base == "lr" else 1.0
    if value > 0:
        knob = run.live(name, value, low=middle * 1e-6, high=middle * 1e6, on_change=change)
    else:  # a schedule begins with it
        knob = run.live(name, value, low=0.0, on_change=change)
    if base == "lr":
        knob.track(read)
    if is_new:
        _record_rate(run, optimizer, f"lr{suffix}")
    return knob


def scaled(value: Any, factor: float) -> Any:
    """Return a rate times `factor`; a tensor is changed in place, as a compiled step needs it."""
    if hasattr(value, "mul_"):
        value.mul_(factor)
        return value
    return value * factor


def _scaled_once(value: Any, factor: float, done: set[int]) -> Any:
    """Return a rate times `factor`; leave a tensor that was changed before, under another key."""
    if hasattr(value, "mul_"):
        if id(value) in done:
            return value
        done.add(id(value))
    return scaled(value, factor)


def _assigned(value: Any, new: float) -> Any:
    """Return the rate `new`; a tensor is changed in place."""
    if hasattr(value, "fill_"):
        value.fill_(new)
        return value
    return new


def _free_suffix(run: Run) -> str:
    """Return what the names of another optimizer end with: nothing for the first, then ``_2``."""
    suffix, number = "", 1
    while any(run.knob(base + suffix) is not None for base in ("lr", "lr_scale")):
        number += 1
        suffix = f"_{number}"
    return suffix


def _scale_scheduler(scheduler: Any, factor: float, done: set[int]) -> None:
    for inner in getattr(scheduler, "_schedulers", ()):  # ChainedScheduler, SequentialLR
        _scale_scheduler(inner, factor, done)
    for name in ("base_lrs", "min_lrs", "max_lrs"):
        rates = getattr(scheduler, name, None)
        if isinstance(rates, list):
            setattr(scheduler, name, [_scaled_once(rate, factor, done) for rate in rates])


def _record_rate(run: Run, optimizer: Any, name: str) -> None:
    register = getattr(optimizer, "register_step_post_hook", None)
    due = 0.0

    def record(*_: Any) -> None:
        nonlocal due
        if (now := time.monotonic()) >= due:
            due = now + LOG_INTERVAL
            run.log_beside({name: optimizer.param_groups[0]["lr"]})

    if callable(register):
        register(record)
