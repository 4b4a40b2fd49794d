"""Progress bars of Keras, tqdm and Rich: where they are, and the metrics that they show."""

import re
from dataclasses import dataclass
from typing import Final

from core.output.texts import LETTER, NUMBER, Number, pairs, split_of, to_number, unambiguous

_KERAS: Final = re.compile(
    r"\s{0,8}(\d{1,12})/(\d{1,12}|Unknown|None) (?:\[[=>.]{5,60}\]|[━─╺╸ ]{5,60}|(?=- ))"
)
"""``938/938 ━━━━━━━━━━━━━━━━━━━━ 2s 2ms/step - accuracy: 0.97``, of Keras 2 and 3."""
_KERAS_METRIC: Final = re.compile(
    rf" - ({LETTER}[\w./ -]{{0,60}}): ({NUMBER})(?=\s|$)", re.IGNORECASE
)
_TQDM: Final = re.compile(
    r"(?P<percent>\d{1,3})%\|[^|]{0,500}\|\s{0,8}(?P<done>\d{1,15})/(?P<total>\d{1,15})\s{0,8}\["
)
_TQDM_OPEN: Final = re.compile(r"(?P<done>\d{1,15})(?:it|ba|ex) \[(?=\d\d:)")
"""Where the total is not known."""
_RICH: Final = re.compile(
    r"(?<![━╸╺])[━╸╺]{5,500}\s{0,3}(?P<done>\d{1,15})/(?P<total>\d{1,15}) \d{1,3}:\d\d:\d\d"
)
"""As Lightning's: ``Epoch 2/9 ━━━━━━ 18/20 0:00:00 • 0:00:01 38.1it/s v_num: 0 loss: 0.17``."""
_MAX_DESCRIPTION: Final = 200
_EPOCH_UNIT: Final = re.compile(r"\W*epochs?\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bar:
    """One state of a progress bar."""

    kind: str
    """Bars of one kind count the same steps."""
    done: int
    total: int
    """0 where it is not known."""
    values: dict[str, Number]
    description: str = ""
    """What is before the bar."""
    split: str = ""
    """The part of the data that the description names."""
    counts_epochs: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether it has reached its end."""
        return 0 < self.total <= self.done


def keras_bar(line: str) -> Bar | None:
    """Return the progress bar of Keras in a line, or None."""
    found = _KERAS.match(line)
    if found is None:
        return None
    total = int(found[2]) if found[2].isdecimal() else 0
    values = {}
    for metric in _KERAS_METRIC.finditer(line, max(0, found.end() - 1)):
        if (number := to_number(metric[2])) is not None:
            values[metric[1].strip()] = number
    return Bar("keras", int(found[1]), total, values)


def tqdm_bar(line: str) -> Bar | None:
    """Return the progress bar of tqdm or Rich in a line, or None."""
    found = _TQDM.search(line) or _TQDM_OPEN.search(line)
    if found is None and (found := _RICH.search(line)):
        return _described_bar(line, found, line[found.end() :])
    if found is None or found.start() > _MAX_DESCRIPTION:
        return None
    # After "elapsed<remaining, rate" comes what the program shows.
    shown = line[found.end() :].rstrip("] ").partition(", ")[2].partition(", ")[2]
    return _described_bar(line, found, shown)


def _described_bar(line: str, found: re.Match[str], shown: str) -> Bar:
    description = line[: found.start()].strip()
    groups = found.groupdict()
    total = int(groups.get("total") or 0)
    return Bar(
        f"{re.sub('[0-9]+', '', description)} {total}",
        int(groups["done"]),
        total,
        unambiguous(pairs(shown)) | unambiguous(pairs(description)),
        description,
        split_of(description),
        bool(_EPOCH_UNIT.match(description)),
    )
