"""`Run`: what a training program holds to be watched and steered."""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

from trainpad import place
from trainpad.knobs import Knob, OnChange, Value, as_limit, as_plain
from trainpad.recording import Recording
from trainpad.records import as_mapping
from trainpad.steering import Broadcast
from trainpad.text import sanitize_name

POLL_INTERVAL = 0.05
"""Seconds between two polls of `control.json`."""
FOLLOW_INTERVAL = 1.0
"""Seconds between two checks of what the program itself has changed, at least."""
FOLLOW_SHARE = 0.01
"""The same while it changes all the time, of the time since the run began."""
BROADCAST_EVERY = 10
"""Calls of `tick` from one shared decision to the next."""


def _declaration(
    name: object,
    value: Any,
    low: Any,
    high: Any,
    scale: Any,
    choices: Any,
    problem: Callable[[str, Exception], None],
) -> Knob[Any]:
    """Return a knob, without its limits where they are wrong."""
    name = sanitize_name(str(name).strip())
    try:
        value = as_plain(value)
        low, high = as_limit(low), as_limit(high)
        knob = Knob(name, value, low=low, high=high, scale=scale, choices=choices)
        knob.check(value)
    except Exception as error:  # noqa: BLE001 - a framework may raise anything
        problem("live", error)
        return Knob(name, value)
    return knob


class Run(Recording):
    """One training, recorded in a directory; made by `trainpad.init`.

    Every method may be called from any thread, after `finish`, and in a process that records
    nothing (``TRAINPAD_MODE=off``, another rank, a worker), where it does nothing.

    Example:
        >>> with trainpad.init("cifar", steps=1000) as run:
        ...     for step in range(1000):
        ...         run.log({"loss": train_step()}, step)
        ...         if not run.tick():
        ...             break
    """

    _ticks = 0
    _polled = 0.0
    _follow_due = 0.0
    _is_shared = False
    """Whether the decisions are those of several processes."""

    def is_begun_with(self, name: str, value: object) -> bool:
        """Whether the run would be the same, had `init` got this keyword.

        Raises:
            Exception: `value` is none that it takes.
        """
        if name == "config":
            return all(self.config.get(key) == entry for key, entry in as_mapping(value).items())
        if value is None or (name == "resume" and value == "never"):
            return True
        if name == "dir":
            return self.path is not None and place.absolute(str(value)) in self.path.parents
        if name == "project":
            value = place.project_name(value)
        return bool(self._info.get("label" if name == "name" else name) == value)

    # -- steering ----------------------------------------------------------------------------

    def live(
        self,
        name: str,
        value: Value,
        low: float | None = None,
        high: float | None = None,
        scale: str | None = None,
        choices: Sequence[Value] | None = None,
        on_change: OnChange | None = None,
    ) -> Knob[Value]:
        """Declare a value that can be changed while the program trains; return its handle.

        A new value holds from the `tick` on that finds it. What does not fit the limits is refused.
        Declared again, as a cell of a notebook does, it is the same handle with the new limits; a
        value that was set from outside stays where they allow it, else the new one holds.

        Args:
            name: What it is called in the dashboard and in ``trainpad set``.
            value: What it is now: a number, true or false, or a text (with `choices`).
            low: The least number that is allowed.
            high: The greatest.
            scale: ``linear`` or ``log``; by default log where the limits span three decades.
            choices: The values that are allowed.
            on_change: Called with each new value, inside `tick`.

        Example:
            >>> lr = run.live("lr", 3e-4, low=1e-6, high=0.1)
            >>> optimizer.step(lr.value)
        """
        knob = Knob("", value)
        try:
            knob = _declaration(name, value, low, high, scale, choices, self.problem)
            knob.on_change, knob.changed = on_change, self._on_knob
            return self._declare(knob)
        except Exception as error:  # noqa: BLE001 - see the module's docstring
            self.problem("live", error)
            return knob

    def _declare(self, knob: Knob[Any]) -> Knob[Any]:
        known = self._steering.knobs.get(knob.name)
        if known is None:
            self._steering.knobs[knob.name] = known = knob
        else:
            before = known.declaration()
            known.declare_again(knob)
            if known.declaration() == before:
                return known
        if known.is_plain:
            self._event("declared", **known.declaration())
        return known

    def knob(self, name: str) -> Knob[Any] | None:
        """Return the value that is declared as `name`, if there is one."""
        return self._steering.knobs.get(name)

    def attach(self, optimizer: Any, scheduler: Any = None) -> None:
        """Let the learning rate of a PyTorch optimizer be changed from outside, and record it.

        Args:
            optimizer: A ``torch.optim.Optimizer``. With one group and no scheduler its rate is
                the knob ``lr``; otherwise ``lr_scale`` multiplies the rates of all groups.
            scheduler: Its scheduler, or a list of them: it goes on from the multiplied rate.

        Example:
            >>> run.attach(optimizer, scheduler)
        """
        from trainpad.torch import attach

        self._safely("attach", lambda: attach(self, optimizer, scheduler), default=None)

    def tick(self, broadcast: Broadcast | None = None) -> bool:
        """Apply what was requested from outside; return False where the program should end.

        Call it once a step. It waits while the run is paused. `control.json` is polled every
        50 ms at most, so that a call costs a fraction of a microsecond. `finish` is no request to
        end: a loop may go on, and what it logs then is not recorded.

        Args:
            broadcast: For several processes that train together: gets the first process's object
                (None on the others), and returns that object on each. All of them call `tick` in
                the same steps; the decision is shared at each tenth.

        Example:
            >>> if not run.tick():
            ...     break
        """
        if broadcast is None and monotonic() < self._due:
            return True
        return self._poll(broadcast)

    @property
    def next_poll(self) -> float:
        """The `time.monotonic` from which on `tick` has something to do."""
        return self._due

    def _on_knob(self, knob: Knob[Any], old: Any, new: Any) -> None:
        if knob.is_set_outside:
            self._event("changed", name=knob.name, old=old, new=new)
            return
        self._event("changed", name=knob.name, old=old, new=new, by="program")
        self.guard("control.json", lambda: self._steering.forget(knob.name))

    def _follow(self) -> None:
        """Take over what a schedule or a callback has changed."""
        has_changed = False
        for knob in tuple(self._steering.knobs.values()):
            limits = knob.low, knob.high
            has_changed |= self._safely(knob.name, knob.follow, default=False)
            if (knob.low, knob.high) != limits:
                self._event("declared", **knob.declaration())
        now = monotonic()
        share = FOLLOW_SHARE * (now - self._began) if has_changed else 0.0
        self._follow_due = now + max(FOLLOW_INTERVAL, share)

    def _poll(self, broadcast: Broadcast | None) -> bool:
        self._ticks += 1
        self._is_shared = self._is_shared or broadcast is not None
        if broadcast is not None and self._ticks % BROADCAST_EVERY:
            return not self._steering.stop
        if self._steering.is_alone or broadcast is not None:
            self.support("pause", "stop")
        if self._writer is not None and monotonic() >= self._follow_due:
            self._follow()
        try:
            self._steering.poll(self.step, broadcast)
        except Exception as error:  # noqa: BLE001 - see the module's docstring
            self.problem("tick", error)
        self._polled = monotonic()
        if self._writer is not None:
            is_held = self._steering.stop or self._steering.is_paused
            self._due = 0.0 if is_held else monotonic() + POLL_INTERVAL
        return not self._steering.stop

    @property
    def should_stop(self) -> bool:
        """Whether the program was asked to end; never waits."""
        self.support("stop")
        self._refresh()
        return bool(self._steering.stop)

    @property
    def is_requested(self) -> bool:
        """Whether a save or an evaluation is requested, as of the last `tick`; takes neither."""
        return self._steering.is_requested

    @property
    def save_requested(self) -> bool:
        """Whether a checkpoint was asked for; true once for each request."""
        self.support("save")
        self._refresh()
        return self._safely(
            "save_requested", lambda: self._steering.take("checkpoint", self.step), default=False
        )

    @property
    def evaluate_requested(self) -> bool:
        """Whether an evaluation was asked for; true once for each request."""
        self.support("evaluate")
        self._refresh()
        return self._safely(
            "evaluate_requested", lambda: self._steering.take("evaluate", self.step), default=False
        )

    def _refresh(self) -> None:
        """Poll, unless that was done just now or is for all processes to do together."""
        if self._is_shared or (now := monotonic()) < self._polled + POLL_INTERVAL:
            return
        self._polled = now
        self._safely("control.json", lambda: self._steering.refresh(self.step), default=None)

    # -- more than numbers -------------------------------------------------------------------

    def log_confusion(
        self,
        labels: Any,
        predictions: Any,
        classes: Sequence[str] | None = None,
        split: str = "validation",
    ) -> None:
        """Record a confusion matrix.

        Args:
            labels: The class of each example, ``[n]`` whole numbers from 0.
            predictions: What was predicted: ``[n]`` classes, or ``[n, classes]`` scores.
            classes: The names of the classes.
            split: What the examples are: ``validation``, ``test``.

        Example:
            >>> run.log_confusion(y_test, model.predict(x_test), classes=["cat", "dog"])
        """
        from trainpad.media import confusion

        def record() -> None:
            matrix = confusion(labels, predictions, None if classes is None else len(classes))
            names = None if classes is None else [str(name) for name in classes]
            fields: dict[str, Any] = {"loss": {}, "seconds": 0.0, "classes": names}
            self._event("evaluated", confusion={str(split): matrix}, **fields)

        self._record("log_confusion", record)

    def log_images(self, name: str, images: Any, captions: Sequence[str] | None = None) -> None:
        """Write images as PNG files into the run directory, 64 at most.

        Args:
            name: What they show.
            images: ``[n, height, width]`` or ``[n, height, width, 1, 3 or 4]``, or one of these;
                whole numbers from 0 to 255, or fractions from 0 to 1.
            captions: A text for each.
        """
        from trainpad.media import write_images

        def record() -> None:
            if self.path is not None:
                files = write_images(self.path / "images", name, images, self.step)
                texts = [str(text) for text in captions or ()]
                self._event("images", name=str(name), files=files, captions=texts)

        self._record("log_images", record)

    def log_weights(self, weights: Any, before: Mapping[str, Any] | None = None) -> None:
        """Record each layer's shape, mean, deviation, norm and histogram.

        Args:
            weights: Arrays by name, a PyTorch module or a Keras model. They are read at once,
                which waits for the device: not for every step.
            before: Copies of them from before the last step, by name, for ``update_ratio``: the
                norm of the change over the norm of the weights, of each layer and of all.
        """
        from trainpad.media import weight_statistics

        def record() -> None:
            layers, update_ratio = weight_statistics(weights, before)
            self._event("weights", layers=layers)
            if update_ratio is not None:
                self.log_beside({"update_ratio": update_ratio})

        self._record("log_weights", record)

    def _record(self, what: str, record: Callable[[], None]) -> None:
        if self._writer is not None:
            self._safely(what, record, default=None)
