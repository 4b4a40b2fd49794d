"""Why a picture is read as it is: the pixels that spoke for a class, and the units that fire.

A pixel speaks by gradient times input: within the network's present linear piece the pixels'
shares sum to the class's logit, but for the biases.
"""

import numpy as np
from rich.segment import Segment
from textual.strip import Strip

from core.network.health import layer_name
from core.network.network import Floats, Network
from tui.dashboard.selection import Subject
from tui.weights.units import as_picture, two_colours
from tui.widgets.gallery import Wall, shrunk
from tui.widgets.text_widget import Lines, Part, fit

LEVELS, ASCII_LEVELS = " ▁▂▃▄▅▆▇█", " .:-=+*#@"
GAP = 2
LEAST_TEXT = 30
STRONGEST = 4


class Answer(Lines):
    """A picture in two colours, and beside it in words what the network makes of the image."""

    plain = False
    """Whether to draw with letters: without Unicode, or without colours."""

    def __init__(self) -> None:
        super().__init__()
        self._network: Network | None = None
        self._subject: Subject | None = None
        self._label = 0
        self._names: tuple[str, ...] = ()

    def show(
        self, network: Network, subject: Subject | None, label: int, names: tuple[str, ...]
    ) -> None:
        """Explain what spoke for the class `label` in this image."""
        self._network, self._subject, self._label, self._names = network, subject, label, names
        self.update_rows()

    def clear(self) -> None:
        """Explain nothing."""
        self._network = None
        self.update_rows()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The picture, and the words beside it."""
        network, subject = self._network, self._subject
        if network is None:
            return []
        if subject is None or subject.image.size != network.sizes[0]:
            hint = "choose a picture: . takes one of the validation images, w on Evaluate any"
            return [self._strip([(fit(hint, width), "dim")])]
        shape = (subject.image.shape[0], subject.image.shape[1])
        wall = Wall.of(shape, max(1, width - LEAST_TEXT - GAP), height + 1)
        spoke = network.explain(subject.image.ravel(), self._label)
        drawn = two_colours(shrunk(as_picture(spoke, shape), wall.shrink), self.plain)
        words = self._words(network, subject, width - wall.width - GAP)
        blank = Strip.blank(wall.width, self._style("text"))
        rows = max(len(drawn), len(words))
        drawn += [blank] * (rows - len(drawn))
        words += [[]] * (rows - len(words))
        beside: list[Part] = [(" " * GAP, "text")]
        return [
            Strip.join([cells, self._strip([*beside, *parts])])
            for cells, parts in zip(drawn, words, strict=True)
        ]

    def _words(self, network: Network, subject: Subject, width: int) -> list[list[Part]]:
        image = subject.image.reshape(1, -1)
        likely = network.probabilities(image)[0]
        first, second = np.argsort(likely)[::-1][:2].tolist()
        role = "alert" if subject.label not in (None, first) else "live"
        read = f"read as {self._called(first)}, {likely[first]:.0%}"
        other = f"   or {self._called(second)}, {likely[second]:.0%}"
        signs = ("@ for", "O against") if self.plain else ("orange for", "blue against")
        lines: list[list[Part]] = [
            [(fit(subject.origin, width), "text")],
            [(fit(read, min(width, len(read))), role), (fit(other, width - len(read)), "dim")],
            [(fit(f"{signs[0]} {self._called(self._label)}, {signs[1]}", width), "dim")],
        ]
        hidden = network.activations(image)[:-1]
        for number, values in enumerate(hidden):
            lines += self._firing(layer_name(number, True), values[0], width)
        return lines

    def _firing(self, name: str, values: Floats, width: int) -> list[list[Part]]:
        """Which units of a layer fire: how many, the strongest, and all in a strip."""
        fires = int((values > 0).sum())
        strongest = np.argsort(-values, kind="stable")[: min(STRONGEST, fires)]
        units = [f"{unit} ({values[unit]:.1f})" for unit in strongest]
        told = ["most: " + ", ".join(units[:count]) for count in range(len(units), 0, -1)]
        head = f"{name}: {fires:,} of {len(values):,} fire"
        rows: list[list[Part]] = [[], [(fit(head, width), "text")]]
        if told:
            most = next((text for text in told if len(text) <= width), told[-1])
            rows.append([(fit(most, width), "dim")])
        strip = self._strip_of(values)
        rows += [[(strip[i : i + width], "live")] for i in range(0, len(strip), max(1, width))][:3]
        return rows

    def _strip_of(self, values: Floats) -> str:
        """A character for each unit, the higher the more it fires."""
        levels = ASCII_LEVELS if self.ascii_only else LEVELS
        top = max(float(np.nan_to_num(values).max(initial=0)), 1e-12)
        places = np.ceil(np.clip(np.nan_to_num(values) / top, 0, 1) * (len(levels) - 1))
        return "".join(levels[int(place)] for place in places)

    def _called(self, label: int) -> str:
        return self._names[label] if label < len(self._names) else str(label)

    def _strip(self, parts: list[Part]) -> Strip:
        return Strip([Segment(self._spelled(text), self._style(role)) for text, role in parts])
