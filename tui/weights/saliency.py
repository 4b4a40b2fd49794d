"""Saliency of one image: the evidence of each pixel for a class, and the active units.

Evidence is gradient times input. A ReLU network is linear around the image, so the evidence of
all pixels and the share of the biases add up to the class's logit.
"""

import numpy as np
from rich.segment import Segment
from textual.strip import Strip

from core.network.explanation import Explanation
from core.network.network import Floats
from core.run.class_names import class_name
from tui.dashboard.selection import PickedImage
from tui.weights.units import render_diverging, to_image
from tui.widgets.map_grid import resized
from tui.widgets.text_widget import Span, TextWidget, fit

ACTIVATION_LEVELS, ASCII_ACTIVATION_LEVELS = " ▁▂▃▄▅▆▇█", " .:-=+*#@"
GAP = 2
MIN_TEXT_WIDTH = 30
TOP_UNITS = 4
SHOWN_SIDE = 28
"""Images of fewer pixels are enlarged up to this side."""


class SaliencyView(TextWidget):
    """The saliency map of an image in two colours, and its prediction in words beside it."""

    plain = False
    """Whether to draw with letters: without Unicode, or without colours."""

    def __init__(self) -> None:
        super().__init__()
        self._explanation: Explanation | None = None
        self._picked_image: PickedImage | None = None
        self._names: tuple[str, ...] = ()
        self._note = ""

    def show(self, explanation: Explanation, subject: PickedImage, names: tuple[str, ...]) -> None:
        """Show the evidence for a class in this image."""
        self._explanation, self._picked_image, self._names = explanation, subject, names
        self.redraw()

    def show_note(self, text: str) -> None:
        """Show a sentence in place of an image."""
        self._explanation, self._note = None, text
        self.redraw()

    def rows(self, width: int, height: int) -> list[Strip]:
        """The saliency map, and the description beside it."""
        explanation, subject = self._explanation, self._picked_image
        if explanation is None or subject is None:
            return [self._strip([(fit(self._note, width), "dim")])]
        shape = (subject.image.shape[0], subject.image.shape[1])
        side = _drawn_size(shape, max(1, width - MIN_TEXT_WIDTH - GAP), height)
        evidence = explanation.evidence.reshape(*shape, -1).sum(axis=2).ravel()  # of all colours
        image = resized(to_image(evidence, shape)[..., None], side)[..., 0]
        drawn = render_diverging(image, self.plain)
        description = self._description(explanation, subject, width - side[1] - GAP, height)
        blank = Strip.blank(side[1], self._role_style("text"))
        rows = max(len(drawn), len(description))
        drawn += [blank] * (rows - len(drawn))
        description += [[]] * (rows - len(description))
        gap: list[Span] = [(" " * GAP, "text")]
        return [
            Strip.join([cells, self._strip([*gap, *parts])])
            for cells, parts in zip(drawn, description, strict=True)
        ]

    def _description(
        self, explanation: Explanation, subject: PickedImage, width: int, height: int
    ) -> list[list[Span]]:
        """The prediction and the active units, in as much detail as there are rows for."""
        probabilities, label = explanation.probabilities, explanation.label
        first, second = np.argsort(probabilities)[::-1][:2].tolist()
        role = "alert" if subject.label not in (None, first) else "live"
        predicted = f"predicted {class_name(self._names, first)}, {probabilities[first]:.0%}"
        other = f"   or {class_name(self._names, second)}, {probabilities[second]:.0%}"
        colours = ("@ for", "O against") if self.plain else ("orange for", "blue against")
        lines: list[list[Span]] = [
            [(fit(subject.origin, width), "text")],
            [
                (fit(predicted, min(width, len(predicted))), role),
                (fit(other, width - len(predicted)), "dim"),
            ],
            [(fit(f"{colours[0]} {class_name(self._names, label)}, {colours[1]}", width), "dim")],
        ]
        # Of a channel, the strongest of its places counts.
        hidden = [
            (output.name, output.values.reshape(-1, output.values.shape[-1]).max(axis=0))
            for output in explanation.outputs
            if output.is_hidden
        ]
        for details in (3, 2, 1):
            layers = [
                row
                for name, values in hidden
                for row in self._activation_lines(name, values, width, details)
            ]
            if len(lines) + len(layers) <= height:
                break
        return (lines + layers)[:height]

    def _activation_lines(
        self, name: str, values: Floats, width: int, details: int
    ) -> list[list[Span]]:
        """The active units of a layer: their number, the strongest, and a sparkline of all.

        With less than 3 `details` the sparkline is left out, with 1 the strongest and the blank
        row before as well.
        """
        active = int((values > 0).sum())
        strongest = np.argsort(-values, kind="stable")[: min(TOP_UNITS, active)]
        units = [f"{unit} ({values[unit]:.1f})" for unit in strongest]
        descriptions = [
            "strongest: " + ", ".join(units[:count]) for count in range(len(units), 0, -1)
        ]
        head = f"{name}: {active:,} of {len(values):,} active"
        if details == 1:
            return [[(fit(head, width), "text")]]
        rows: list[list[Span]] = [[], [(fit(head, width), "text")]]
        if descriptions:
            strongest_text = next(
                (text for text in descriptions if len(text) <= width), descriptions[-1]
            )
            rows.append([(fit(strongest_text, width), "dim")])
        if details == 2:
            return rows
        strip = self._sparkline(values)
        rows += [[(strip[i : i + width], "live")] for i in range(0, len(strip), max(1, width))][:3]
        return rows

    def _sparkline(self, values: Floats) -> str:
        """One character per unit, higher for a stronger activation."""
        levels = ASCII_ACTIVATION_LEVELS if self.ascii_only else ACTIVATION_LEVELS
        top = max(float(np.nan_to_num(values).max(initial=0)), 1e-12)
        indices = np.ceil(np.clip(np.nan_to_num(values) / top, 0, 1) * (len(levels) - 1))
        return "".join(levels[int(index)] for index in indices)

    def _strip(self, parts: list[Span]) -> Strip:
        return Strip(
            [Segment(self._displayable(text), self._role_style(role)) for text, role in parts]
        )


def _drawn_size(shape: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """Height and width in pixels that an image of this shape is drawn in: whole, as it is or less.

    In a space of ``width`` x ``height`` cells; small images are enlarged by a whole factor.
    """
    scale = min(2 * height / shape[0], width / shape[1])
    scale = float(min(int(scale), max(1, SHOWN_SIDE // max(shape)))) if scale >= 1 else scale
    return max(1, int(shape[0] * scale)), max(1, int(shape[1] * scale))
