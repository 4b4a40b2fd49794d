"""Steps and epochs that a line names: ``Step 100:``, ``epoch=3``, ``Epoch [3/10]``."""

import re
from collections.abc import Mapping
from typing import Final

Mark = tuple[int, int]
"""A number, and of how many; 0 where that is not said."""
_MARK: Final = re.compile(
    r"(?<![\w./-])(?P<word>global[ _]step|step|iter(?:ation)?|itr|(?-i:(?<![a-z] ))it|batch"
    r"|epoch|ep|update)\s{0,9}[:=#]?\s{0,3}[\[(]?\s{0,3}(?P<number>\d{1,12}(?:,\d{3}){0,2})"
    r"(?:(?:\s?/\s?| of )(?P<total>\d{1,12}))?(?![\w%]|[.:-]\d)",
    re.IGNORECASE,
)
"""``it`` is no step after a word: ``repeat it 3 times``."""
_PLACE: Final = re.compile(r"\[\s{0,9}(\d{1,12})\s?/\s?(\d{1,12})[\s(\]]")
"""``[640/60000 (1%)]``: examples of an epoch."""
_TWO_PLACES: Final = re.compile(r"\[(\d{1,9})/(\d{1,9})\]\s?\[(\d{1,9})/(\d{1,9})\]")
"""``[0/5][50/1583]``: an epoch, and a step in it."""
_ROUND: Final = re.compile(r"\[(\d{1,9})\]\s")
"""``[10]`` at the beginning of a line: a round of boosting."""
_ORDER: Final = (
    "global step",
    "global_step",
    "step",
    "update",
    "iter",
    "iteration",
    "itr",
    "it",
    "batch",
)
"""Words for a step; where a line has several, the first of these counts."""


def marks_of(line: str) -> Mapping[str, Mark]:
    """Return the ``epoch`` and the ``step`` that a line names."""
    if found := _TWO_PLACES.search(line):
        epoch, epochs, step, steps = map(int, found.groups())
        return {"epoch": (epoch, epochs), "step": (step, steps)}
    named: dict[str, Mark] = {}
    for found in _MARK.finditer(line):
        number = int(found["number"].replace(",", ""))
        named.setdefault(found["word"].lower(), (number, int(found["total"] or 0)))
    epochs_named = [named[word] for word in ("epoch", "ep") if word in named]
    marks = {"epoch": epochs_named[0]} if epochs_named else {}
    steps_named = [named[word] for word in _ORDER if word in named]
    if steps_named:
        marks["step"] = steps_named[0]
    elif found := _PLACE.search(line):
        marks["step"] = int(found[1]), int(found[2])
    elif found := _ROUND.match(line):
        marks["step"] = int(found[1]), 0
    return marks


def without_marks(line: str) -> str:
    """Return a line with a bar in the place of each step and epoch that it names."""
    return _MARK.sub(" | ", _TWO_PLACES.sub(" | ", line))
