"""Pictures side by side with a line of text under each, one of them chosen.

They are shown as large as the room allows: where whole pixels do not fit, two by two or more of
them become one, which keeps a digit readable down to seven rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.segment import Segment
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from tui.widgets.half_blocks import Image, render_image
from tui.widgets.text_widget import Span, TextWidget, fit

GAP = 2
MIN_SIDE = 7
"""Pixels that a picture keeps at least, however little room there is."""
RenderImage = Callable[[Image, bool], list[Strip]]


@dataclass(frozen=True, slots=True, eq=False)
class CaptionedImage:
    """A picture and what it says under it, in full and in few words."""

    picture: Image
    caption: str
    short_caption: str


@dataclass(frozen=True, slots=True)
class GalleryLayout:
    """How pictures hang in a space of some size."""

    shrink: int
    """So many pixels, squared, become one."""
    across: int
    down: int
    width: int
    height: int
    """Of one picture, in cells."""

    @property
    def capacity(self) -> int:
        """How many pictures fit."""
        return self.across * self.down

    @classmethod
    def fitting(
        cls, shape: tuple[int, int], width: int, height: int, min_count: int = 1
    ) -> "GalleryLayout":
        """The largest pictures of which at least so many fit, if they can at all."""
        shrink = 1
        while (
            min(shape) // (shrink + 1) >= MIN_SIDE
            and cls._capacity_at(shape, width, height, shrink) < min_count
        ):
            shrink += 1
        wide, high = _cell_size(shape, shrink)
        across, down = (width + GAP) // (wide + GAP), (height + 1) // (high + 2)
        return cls(shrink, max(1, across), max(1, down), wide, high)

    @staticmethod
    def _capacity_at(shape: tuple[int, int], width: int, height: int, shrink: int) -> int:
        wide, high = _cell_size(shape, shrink)
        return (width + GAP) // (wide + GAP) * ((height + 1) // (high + 2))


class Gallery(TextWidget):
    """Pictures from a list that may be long: only those that are seen are asked for."""

    class Selected(Message):
        """Somebody clicked on a picture."""

        def __init__(self, gallery: "Gallery", place: int) -> None:
            super().__init__()
            self.gallery, self.index = gallery, place

    def __init__(self, render: RenderImage | None = None, *, min_count: int = 1) -> None:
        """Pictures as small as needed for `least` of them to be seen.

        `render` draws one, with blocks and colours or without either; grey if not given.
        """
        super().__init__()
        self._min_count = min_count
        self._render_image = render or (
            lambda picture, plain: render_image(picture, ascii_only=plain)
        )
        self._count = 0
        self._selected = 0
        self._get: Callable[[int], CaptionedImage] = _no_image
        self._shape = (28, 28)
        self._first = 0

    ascii_images = False
    """Whether to draw with letters: without Unicode, or without colours."""

    def show(
        self,
        count: int,
        get: Callable[[int], CaptionedImage],
        shape: tuple[int, int],
        selected: int,
    ) -> None:
        """Show pictures of this shape (height, width), around the chosen one of `count`."""
        self._count, self._get, self._shape, self._selected = count, get, shape, selected
        self.redraw()

    def clear(self) -> None:
        """Show no picture."""
        self._count = 0
        self.redraw()

    @property
    def capacity(self) -> int:
        """How many pictures are seen at once."""
        return self._layout_now.capacity

    @property
    def _layout_now(self) -> GalleryLayout:
        return GalleryLayout.fitting(self._shape, *self.size, self._min_count)

    def rows(self, width: int, height: int) -> list[Strip]:
        """The page of pictures that the chosen one is on."""
        wall = GalleryLayout.fitting(self._shape, width, height, self._min_count)
        self._first = self._selected // wall.capacity * wall.capacity
        shown = range(self._first, min(self._count, self._first + wall.capacity))
        rows: list[Strip] = []
        for start in range(0, len(shown), wall.across):
            rows += self._row(shown[start : start + wall.across], wall)
        return rows

    def _row(self, places: Sequence[int], wall: GalleryLayout) -> list[Strip]:
        """Pictures side by side, the line below them, and a blank one."""
        framed = [self._get(place) for place in places]
        pictures = [
            self._render_image(downsampled(one.picture, wall.shrink), self.ascii_images)
            for one in framed
        ]
        styles = self.role_styles
        gap = Strip([Segment(" " * GAP, styles["text"])])
        rows = []
        for y in range(wall.height):
            strips = [part for rows_of in pictures for part in (rows_of[y], gap)]
            rows.append(Strip.join(strips))
        captions = [
            part
            for place, one in zip(places, framed, strict=True)
            for part in (self._caption(one, place, wall.width), (" " * GAP, "text"))
        ]
        last = Strip([Segment(self._displayable(text), styles[role]) for text, role in captions])
        return [*rows, last, Strip([])]

    def _caption(self, one: CaptionedImage, place: int, width: int) -> Span:
        name, _, figure = one.short_caption.partition("  ")
        texts = one.caption, one.short_caption, f"{name} {figure}", name
        text = next((text for text in texts if cell_len(text) <= width), texts[-1])
        return fit(text, width), "chosen" if place == self._selected else "dim"

    def on_click(self, event: Click) -> None:
        """Pick the picture that was clicked."""
        wall = self._layout_now
        row, column = event.y // (wall.height + 2), event.x // (wall.width + GAP)
        place = self._first + row * wall.across + column
        if row < wall.down and column < wall.across and place < self._count:
            self.post_message(self.Selected(self, place))


def _cell_size(shape: tuple[int, int], shrink: int) -> tuple[int, int]:
    """Width and height, in cells, of a picture of so many pixels (height, width)."""
    rows, columns = shape
    return -(-columns // shrink), -(-rows // (2 * shrink))


def downsampled(picture: Image, factor: int) -> npt.NDArray[np.floating]:
    """`picture` with every ``factor`` x ``factor`` pixels as one, their mean."""
    if factor == 1:
        return picture
    height, width = picture.shape
    padded = np.pad(picture, ((0, -height % factor), (0, -width % factor)))
    blocks = padded.reshape(len(padded) // factor, factor, -1, factor)
    small: npt.NDArray[np.floating] = blocks.mean(axis=(1, 3))
    return small


def _no_image(place: int) -> CaptionedImage:
    raise IndexError(place)
