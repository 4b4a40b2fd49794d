"""Why a picture is read as it is: the pixels that spoke for a class, and the units that fire.

A pixel speaks by gradient times input: within the network's present linear piece the pixels'
shares sum to the class's logit, but for the biases.
"""

import numpy as np
from rich.segment import Segment
from textual.strip import Strip

from core.network.health import layer_name
from core.network.network import Floats, Network
from tui.dashboard.selection import PickedImage
from tui.weights.units import render_diverging, to_image
from tui.widgets.gallery import GalleryLayout, downsampled
from tui.widgets.text_widget import Span, TextWidget, fit

ACTIVATION_LEVELS, ASCII_ACTIVATION_LEVELS = " ▁▂▃▄▅▆▇█", " .:-=+*#@"
GAP = 2
MIN_TEXT_WIDTH = 30
TOP_UNITS = 4


class Answer(TextWidget):
    """A picture in two colours, and beside it in words what the network makes of the image."""

    plain = False
    """Whether to draw with letters: without Unicode, or without colours."""

    def __init__(self) -> None:
        super().__init__()
        self._network: Network | None = None
        self._picked_image: PickedImage | None = None
        self._label = 0
        self._names: tuple[str, ...] = ()

    def show(
        self, network: Network, subject: PickedImage | None, label: int, names: tuple[str, ...]
    ) -> None:
        """Explain what spoke for the class `label` in this image."""
        self._network, self._picked_image, self._label, self._names = network, subject, label, names
        self.redraw()

    def clear(self) -> None:
        """Explain nothing."""
        self._network = None
        self.redraw()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The picture, and the words beside it."""
        network, subject = self._network, self._picked_image
        if network is None:
            return []
        if subject is None or subject.image.size != network.sizes[0]:
            hint = "choose a picture: . takes one of the validation images, w on Evaluate any"
            return [self._strip([(fit(hint, width), "dim")])]
        shape = (subject.image.shape[0], subject.image.shape[1])
        wall = GalleryLayout.fitting(shape, max(1, width - MIN_TEXT_WIDTH - GAP), height + 1)
        spoke = network.attribution(subject.image.ravel(), self._label)
        drawn = render_diverging(downsampled(to_image(spoke, shape), wall.shrink), self.plain)
        words = self._description(network, subject, width - wall.width - GAP)
        blank = Strip.blank(wall.width, self._role_style("text"))
        rows = max(len(drawn), len(words))
        drawn += [blank] * (rows - len(drawn))
        words += [[]] * (rows - len(words))
        beside: list[Span] = [(" " * GAP, "text")]
        return [
            Strip.join([cells, self._strip([*beside, *parts])])
            for cells, parts in zip(drawn, words, strict=True)
        ]

    def _description(self, network: Network, subject: PickedImage, width: int) -> list[list[Span]]:
        image = subject.image.reshape(1, -1)
        likely = network.probabilities(image)[0]
        first, second = np.argsort(likely)[::-1][:2].tolist()
        role = "alert" if subject.label not in (None, first) else "live"
        read = f"read as {self._class_name(first)}, {likely[first]:.0%}"
        other = f"   or {self._class_name(second)}, {likely[second]:.0%}"
        signs = ("@ for", "O against") if self.plain else ("orange for", "blue against")
        lines: list[list[Span]] = [
            [(fit(subject.origin, width), "text")],
            [(fit(read, min(width, len(read))), role), (fit(other, width - len(read)), "dim")],
            [(fit(f"{signs[0]} {self._class_name(self._label)}, {signs[1]}", width), "dim")],
        ]
        hidden = network.activations(image)[:-1]
        for number, values in enumerate(hidden):
            lines += self._activation_lines(layer_name(number, True), values[0], width)
        return lines

    def _activation_lines(self, name: str, values: Floats, width: int) -> list[list[Span]]:
        """Which units of a layer fire: how many, the strongest, and all in a strip."""
        fires = int((values > 0).sum())
        strongest = np.argsort(-values, kind="stable")[: min(TOP_UNITS, fires)]
        units = [f"{unit} ({values[unit]:.1f})" for unit in strongest]
        told = ["most: " + ", ".join(units[:count]) for count in range(len(units), 0, -1)]
        head = f"{name}: {fires:,} of {len(values):,} fire"
        rows: list[list[Span]] = [[], [(fit(head, width), "text")]]
        if told:
            most = next((text for text in told if len(text) <= width), told[-1])
            rows.append([(fit(most, width), "dim")])
        strip = self._sparkline(values)
        rows += [[(strip[i : i + width], "live")] for i in range(0, len(strip), max(1, width))][:3]
        return rows

    def _sparkline(self, values: Floats) -> str:
        """A character for each unit, the higher the more it fires."""
        levels = ASCII_ACTIVATION_LEVELS if self.ascii_only else ACTIVATION_LEVELS
        top = max(float(np.nan_to_num(values).max(initial=0)), 1e-12)
        places = np.ceil(np.clip(np.nan_to_num(values) / top, 0, 1) * (len(levels) - 1))
        return "".join(levels[int(place)] for place in places)

    def _class_name(self, label: int) -> str:
        return self._names[label] if label < len(self._names) else str(label)

    def _strip(self, parts: list[Span]) -> Strip:
        return Strip(
            [Segment(self._displayable(text), self._role_style(role)) for text, role in parts]
        )
