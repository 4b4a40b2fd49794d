"""From progress bars to metrics: which of them count the steps of a training.

Programs also draw bars while they download, tokenize, validate and test. Only a bar that shows
metrics counts steps; the first one of tqdm without a description places the dicts that Hugging
Face's Trainer prints beside it.
"""

from collections.abc import Iterator
from enum import Enum

from core.output.bars import Bar
from core.output.found import EpochBegins, Found, Numbers
from core.output.marks import marks_of
from core.output.position import Position
from core.output.texts import Number, with_split

MAX_KINDS = 1000
"""How many kinds of bars are followed."""


class _Keras(Enum):
    """What the present bar of Keras is drawn by."""

    FIT = "fit"
    EVALUATE = "evaluate"


class Progress:
    """Follows the progress bars of a program."""

    def __init__(self, position: Position) -> None:
        self._position = position
        self._done: dict[str, int] = {}
        """How far each kind of bar was at last."""
        self._counting: set[str] = set()
        """The kinds that have shown metrics."""
        self._keras = _Keras.FIT
        self._keras_total = -1
        self._main = ""
        self._waiting: list[dict[str, Number]] = []
        """Dicts that wait for the bar that is drawn again after them."""
        self.is_in_epoch = False
        """Whether an epoch was announced that no bar of Keras has ended yet."""

    # -- Keras ---------------------------------------------------------------------------------

    def keras(self, bar: Bar) -> Iterator[Found]:
        """Yield the metrics of a bar of `fit`, or at its end of `evaluate`.

        Without ``Epoch 1/5`` before it, a bar is of `evaluate` where its length is another than
        that of the epochs before.
        """
        if self._is_restarted("keras", bar):
            is_fit = self.is_in_epoch or self._keras_total in (-1, bar.total)
            self._keras = _Keras.FIT if is_fit else _Keras.EVALUATE
            if is_fit and not self.is_in_epoch:
                self._position.next_round()
        if not bar.done:
            return
        if self._keras is _Keras.EVALUATE:
            if bar.is_whole and bar.values:
                named = {f"evaluate/{name}": value for name, value in bar.values.items()}
                yield Numbers(self._position.in_context(), named)
            return
        step = self._position.within_epoch(bar.done - 1, bar.total)
        if bar.is_whole:
            self.is_in_epoch, self._keras_total = False, bar.total
        if bar.values:
            yield Numbers(step, bar.values)

    # -- tqdm ----------------------------------------------------------------------------------

    def tqdm(self, bar: Bar) -> Iterator[Found]:
        """Yield the metrics that a bar shows, and the dicts that waited for it."""
        is_restarted = self._is_restarted(bar.kind, bar)
        if not bar.description:
            self._main = self._main or bar.kind
        if bar.kind == self._main and not is_restarted:
            yield from self._release(max(0, bar.done - 1))
        values = {with_split(bar.split, name): value for name, value in bar.values.items()}
        if bar.counts_epochs or bar.split in ("val", "test"):
            if values and (bar.is_whole or bar.counts_epochs):
                yield Numbers(self._position.in_context(), values)
            return
        epoch = marks_of(bar.description).get("epoch")
        if epoch is not None:
            if self._position.begin_epoch(epoch[0]) and self._position.epoch is not None:
                first = self._position.last + 1
                yield EpochBegins(self._position.epoch, epoch[1] or None, first)
        elif is_restarted and (bar.kind in self._counting or values):
            self._position.next_round()
        if not values or not bar.done:
            return
        self._counting.add(bar.kind)
        place = self._position.at_step if epoch is None else self._position.within_epoch
        yield Numbers(place(bar.done - 1, bar.total), values)

    def wait(self, values: dict[str, Number]) -> bool:
        """Keep a dict for the bar that is drawn again after it; return whether there is one."""
        if self._main:
            self._waiting.append(values)
        return bool(self._main)

    def end(self) -> Iterator[Found]:
        """Yield the dicts that no bar followed."""
        yield from self._release(max(0, self._done.get(self._main, 1) - 1))

    def _release(self, step: int) -> Iterator[Found]:
        for values in self._waiting:
            yield Numbers(self._position.reach(step), values)
        self._waiting.clear()

    def _is_restarted(self, kind: str, bar: Bar) -> bool:
        """Whether this is the first state of another bar of its kind."""
        before = self._done.get(kind)
        if before is None and len(self._done) >= MAX_KINDS:
            self._done.clear()
        self._done[kind] = bar.done
        return before is None or bar.done < before
