"""From printed lines to metrics: which format a line has, and to which step its numbers belong.

A line of no known format counts where it names a step or an epoch. Without one, a number counts
only after the word for a metric, such as ``loss``, and belongs to the last step.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from core.output.bars import keras_bar, tqdm_bar
from core.output.dicts import dict_values
from core.output.found import EpochBegins, Found, Numbers
from core.output.marks import marks_of, without_marks
from core.output.pattern import POSITIONS, Pattern
from core.output.position import Position
from core.output.progress import Progress
from core.output.texts import (
    Number,
    by_parts,
    is_metric,
    pairs,
    split_of,
    unambiguous,
    with_split,
)

_LAB_EVALUATION: Final = re.compile(r"\s{0,4}(Training|Validation|Test) Data Eval:\s{0,4}$")
_HEADING: Final = re.compile(r"\W{0,9}(?:train\w{0,3} )?(?:ep(?:och)?|step|iter)", re.IGNORECASE)
_HAS_NUMBER: Final = re.compile(r"\d|\b(?:nan|inf)\b", re.IGNORECASE)


OF_ALL: Final = ("lr", "learning_rate")
"""What is of no part of the data, wherever a line has it."""


class NumberParser:
    """Finds metrics in lines, one after the other."""

    def __init__(self, patterns: Sequence[Pattern] = ()) -> None:
        """Make a parser.

        Args:
            patterns: The user's own: a line that one of them fits is read by it alone.
        """
        self._patterns = patterns
        self._position = Position()
        self._progress = Progress(self._position)
        self._split = ""
        """The part of the data that the lab's next numbers are about."""
        self._dicts = 0

    @property
    def step(self) -> int:
        """How many steps are done, by what was printed."""
        return self._position.last + 1

    def parse(self, line: str) -> Iterator[Found]:
        """Yield the metrics of a line, and the epoch that it begins."""
        for pattern in self._patterns:
            if (numbers := pattern.find(line)) is not None:
                yield from self._placed(numbers)
                return
        if not _HAS_NUMBER.search(line):
            if found := _LAB_EVALUATION.match(line):
                self._split = split_of(found[1])
        elif numbers := dict_values(line):
            yield from self._dict(numbers)
        elif bar := keras_bar(line):
            yield from self._progress.keras(bar)
        elif bar := tqdm_bar(line):
            yield from self._progress.tqdm(bar)
        else:
            yield from self._text(line)

    def end(self) -> Iterator[Found]:
        """Yield what still waited for a line after it."""
        yield from self._progress.end()

    def _placed(self, numbers: dict[str, Number]) -> Iterator[Found]:
        """Yield the metrics of a line that has its step and epoch among its numbers."""
        values = {name: value for name, value in numbers.items() if name not in POSITIONS}
        epoch, step = _as_count(numbers.get("epoch")), _as_count(numbers.get("step"))
        if epoch is not None:
            yield from self._begin_epoch(epoch, 0)
        at = self._position.in_context() if step is None else self._position.at_step(step)
        if values:
            yield Numbers(at, values)

    def _dict(self, numbers: dict[str, Number]) -> Iterator[Found]:
        """A dict without a step has that of the progress bar; without one, dicts are counted."""
        values = {name: v for name, v in numbers.items() if name not in ("step", "time")}
        if not set(values) - {"epoch"}:
            return
        if (step := _as_count(numbers.get("step"))) is not None:
            yield Numbers(self._position.at_step(step), values)
        elif not self._progress.wait(values):
            yield Numbers(self._position.reach(self._dicts), values)
            self._dicts += 1

    def _text(self, line: str) -> Iterator[Found]:
        marks = marks_of(line)
        values = _values_of(line, has_marks=bool(marks))
        split = split_of(line)
        if not values and not _HEADING.match(line):
            return  # as "restoring the weights of epoch: 7"
        if "epoch" in marks:
            yield from self._begin_epoch(*marks["epoch"])
        if "step" in marks:
            step = self._position.at_step(*marks["step"])
        else:
            step = self._position.in_context()
        if not marks:
            has_context = self._position.has_context
            values = {
                n: v for n, v in values.items() if has_context and is_metric(n, only_known=True)
            }
            if values:
                split, self._split = self._split or split, ""
        if values:
            yield Numbers(step, {with_split(split, name): value for name, value in values.items()})

    def _begin_epoch(self, printed: int, epochs: int) -> Iterator[Found]:
        self._progress.is_in_epoch = True
        if self._position.begin_epoch(printed) and self._position.epoch is not None:
            yield EpochBegins(self._position.epoch, epochs or None, self._position.last + 1)


def _values_of(line: str, *, has_marks: bool) -> dict[str, Number]:
    """Return the metrics of a line; where it has a name twice, each is of the split before it."""
    text = without_marks(line) if has_marks else line
    found = list(pairs(text))
    values = unambiguous(found)
    if {name for name, _ in found} - set(values):
        for split, part in by_parts(text):
            for name, number in unambiguous(pairs(part)).items():
                if name not in OF_ALL:
                    values.pop(name, None)
                    values[with_split(split, name)] = number
    return values


def _as_count(number: Number | None) -> int | None:
    """Return a number that may count steps as an integer, else None."""
    is_count = number is not None and 0 <= number < 2**53 and number == int(number)
    return int(number) if number is not None and is_count else None
