"""Which metrics share a chart, and in which order the charts come.

A quantity's training, validation and test values belong on one chart: ``loss`` with ``val_loss``,
``train/x`` with ``val/x``. The loss comes first, then what is an accuracy, then the rest by name.
"""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from core.run.metric_names import SPLITS, is_accuracy, is_loss
from tui.chart.tags import Natural, sort_key

ROLE_OF: Final = {**SPLITS, "epoch": "epoch mean"}
"""What a prefix says that a value is of."""
ROLES: Final = tuple(dict.fromkeys(ROLE_OF.values()))
"""In the order of the lines on a chart."""
PREFIX: Final = re.compile(rf"({'|'.join(ROLE_OF)})[/_.:\- ](.+)", re.IGNORECASE)
SUFFIX: Final = re.compile(rf"(.+)/({'|'.join(ROLE_OF)})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One chart: its title, and the metrics on it with what each is of."""

    title: str
    metrics: tuple[tuple[str, str], ...]
    """What a metric is of (``training``, or ``""`` where it is alone), and its name."""

    @property
    def is_accuracy(self) -> bool:
        """Whether its name is one of an accuracy, which is 1 minus an error rate."""
        return is_accuracy(self.title)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its metrics."""
        return tuple(name for _, name in self.metrics)


def quantities(
    names: Iterable[str], pinned: Container[str] = (), first: Sequence[str] = ()
) -> list[Quantity]:
    """The charts of these metrics, the most important first; `pinned` titles before all.

    After the loss come those that `first` has by their titles or by one of their metrics.
    """
    groups: dict[str, dict[str, str]] = {}
    for name in names:
        role, title = role_of(name)
        group = groups.setdefault(title, {})
        if role in group:  # such as val_loss beside valid/loss
            groups[name] = {"": name}
        else:
            group[role] = name
    found = [_quantity(title, group) for title, group in groups.items()]

    def order(each: Quantity) -> tuple[bool, bool, int, int, tuple[Natural, Natural]]:
        place, name = _rank(each.title)
        named = {each.title, *each.names}
        chosen = next((i for i, one in enumerate(first) if one in named), len(first))
        return each.title not in pinned, place > 0, chosen, place, name

    return sorted(found, key=order)


def role_of(name: str) -> tuple[str, str]:
    """What a metric is of, as in `ROLES` or ``""``, and the name of the quantity."""
    if match := PREFIX.fullmatch(name):
        return ROLE_OF[match[1].lower()], match[2]
    if match := SUFFIX.fullmatch(name):
        return ROLE_OF[match[2].lower()], match[1]
    return "", name


def _quantity(title: str, group: dict[str, str]) -> Quantity:
    if len(group) == 1:
        (name,) = group.values()
        return Quantity(name, (("", name),))
    order = ["", *ROLES]
    roles = sorted(group, key=order.index)
    names = tuple((role or "training", group[role]) for role in roles)
    if "" in group and "training" in group:
        names = ((title, group[""]), *names[1:])
    return Quantity(title, names)


def _rank(title: str) -> tuple[int, tuple[Natural, Natural]]:
    """The kind of a quantity, the loss of the training being 0, and the order by name."""
    name = role_of(title)[1]
    place = 3
    if name.lower() == "loss":
        place = 0
    elif is_loss(name):
        place = 1
    elif is_accuracy(name):
        place = 2
    return place, sort_key(title)
