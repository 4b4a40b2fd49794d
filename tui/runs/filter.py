"""The filter of the Runs screen: words, ``key=value`` and comparisons such as ``loss<0.1``."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.run.hparams import SPECS
from core.run.own_hparams import is_own_value
from core.rundir.entry import RunEntry
from core.rundir.run_values import Setting

Test = Callable[[RunEntry], bool]
_COMPARISON: Final = re.compile(
    r"(?P<key>[^\s<>=!]+)(?P<sign><=|>=|!=|<|>|==?)(?P<value>[^\s<>=!]*)"
)
_SIGNS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
BEST: Final = "best:"
"""Before the name of a metric: its best value instead of the last one."""


def filtered_runs(entries: Sequence[RunEntry], text: str) -> list[RunEntry]:
    """The runs that pass every word of `text`.

    A word with ``=``, ``!=``, ``<``, ``<=``, ``>`` or ``>=`` compares a setting, a metric's last
    value (its best with ``best:`` before its name), or one of the fixed columns, where any run has
    it; any other has to be part of a run's name, tags, note, state, data, host or settings.
    """
    tests = [_test(word, entries) for word in text.split()]
    return [entry for entry in entries if all(test(entry) for test in tests)]


def _test(word: str, entries: Sequence[RunEntry]) -> Test:
    found = _COMPARISON.fullmatch(word)
    if found is not None and any(_value(entry, found["key"]) is not None for entry in entries):
        key, sign, given = found["key"], found["sign"], found["value"]
        if sign in _SIGNS:
            return _comparison(key, _SIGNS[sign], given)
        if sign == "!=":
            return lambda entry: not _is_equal(_value(entry, key), given)
        return lambda entry: _is_equal(_value(entry, key), given)
    part = word.lower()
    return lambda entry: part in _search_text(entry)


def _comparison(key: str, compare: Callable[[float, float], bool], given: str) -> Test:
    limit = _number(given)

    def test(entry: RunEntry) -> bool:
        value = _value(entry, key)
        if limit is None:  # the number is still being typed
            return value is not None
        return isinstance(value, int | float) and compare(value, limit)

    return test


def _is_equal(value: Setting | None, given: str) -> bool:
    number = _number(given)
    if number is not None and isinstance(value, int | float) and not isinstance(value, bool):
        return value == number
    return value is not None and str(value).lower() == given.lower()


def _value(entry: RunEntry, key: str) -> Setting | None:
    """The value of a run that a filter calls `key`; None if it has none of that name."""
    name = key.lower()
    if name.startswith(BEST):
        metrics = {metric.lower(): metric for metric in entry.values.metrics}
        metric = metrics.get(name.removeprefix(BEST))
        return None if metric is None else entry.values.metrics[metric].best(metric)
    for known, value in entry.values.settings.items():
        if known.lower() == name:
            return value
    for metric, values in entry.values.metrics.items():
        if metric.lower() == name:
            return values.last
    return _fixed(entry, name)


def _fixed(entry: RunEntry, name: str) -> Setting | None:
    values: dict[str, Setting | None] = {
        "name": entry.title,
        "state": str(entry.summary.state),
        "project": entry.project or "trainpad",
        "network": None if entry.project else entry.network,
        "data": entry.summary.dataset,
        "host": entry.summary.host,
        "steps": float(entry.summary.steps),
        "best": entry.accuracies[0],
        "last": entry.accuracies[1],
        "time": entry.seconds,
    }
    return values.get(name)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def _search_text(entry: RunEntry) -> str:
    note, state = entry.note, entry.summary
    settings = entry.values.settings.items()
    values = [f"{n}={v}" for n, v in settings if is_own_value(n) or not state.is_own]
    if state.is_own:
        values += (f"{name}={SPECS[name].format(v)}" for name, v in entry.hyperparameters.items())
    texts = (note.title, state.name, *note.tags, note.text, state.state, state.dataset, state.host)
    return "\n".join((*texts, entry.network, *values)).lower().replace(", ", ",")
