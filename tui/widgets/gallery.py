"""A page of images side by side, each with a caption, one of them selected.

Images are shown as large as the space allows: if they do not fit pixel by pixel, they are reduced
to as many rows as fit, each pixel the mean of what it covers. A digit stays readable down to seven
rows; where not even that fits, none is shown, since a part of one says nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len
from rich.segment import Segment
from textual.events import Click
from textual.message import Message
from textual.strip import Strip

from tui.widgets.half_blocks import Image, render_picture
from tui.widgets.text_widget import Span, TextWidget, fit

GAP = 2
"""Cells between two images."""
NO_ROOM = "  the images need a taller window"
MIN_SIDE = 7
"""Smallest height and width, in pixels, that an image is reduced to."""
MIN_COUNT_CELLS = 2500
"""In a space of more cells than these, more than `min_count` images are shown."""
RenderImage = Callable[[Image, bool], list[Strip]]


@dataclass(frozen=True, slots=True, eq=False)
class CaptionedImage:
    """An image and its caption."""

    image: Image
    captions: tuple[str, ...]
    """In several lengths, the longest first."""


@dataclass(frozen=True, slots=True)
class GalleryLayout:
    """How images are arranged in the available space."""

    pixels: tuple[int, int]
    """Height and width that an image is reduced to."""
    across: int
    down: int
    width: int
    height: int
    """Of one image, in cells."""

    @property
    def capacity(self) -> int:
        """The number of images that fit."""
        return self.across * self.down

    @classmethod
    def fitting(
        cls, shape: tuple[int, int], width: int, height: int, min_count: int = 1
    ) -> "GalleryLayout":
        """The layout with the largest images of which at least `min_count` fit, if possible."""
        rows, columns = shape
        sizes = [(tall, max(1, round(columns * tall / rows))) for tall in _heights(rows)]
        readable = [size for size in sizes if min(size) >= MIN_SIDE] or sizes[:1]
        for tall, wide in readable:
            high = -(-tall // 2)
            across, down = (width + GAP) // (wide + GAP), (height + 1) // (high + 2)
            if across * down >= min_count:
                break
        return cls((tall, wide), max(1, across), max(1, down), wide, high)


class Gallery(TextWidget):
    """Images from a list that may be long: only the visible ones are requested."""

    class Selected(Message):
        """An image was clicked."""

        def __init__(self, gallery: "Gallery", index: int) -> None:
            super().__init__()
            self.gallery, self.index = gallery, index

    def __init__(
        self, render: RenderImage | None = None, *, min_count: int = 1, cells: int = MIN_COUNT_CELLS
    ) -> None:
        """Reduce images so that at least `min_count` are visible, and more in more than `cells`.

        `render` draws one, the second argument being `ascii_images`; in grey if not given.
        """
        super().__init__()
        self._min_count, self._cells = min_count, cells
        self._render_image = render or (
            lambda image, ascii_only: render_picture(image, ascii_only=ascii_only)
        )
        self._count = 0
        self._selected = 0
        self._get: Callable[[int], CaptionedImage] = _no_image
        self._shape = (28, 28)
        self._reason = ""
        self._first = 0
        self._rendered: dict[tuple[object, ...], list[Strip]] = {}
        """The images of the page that was drawn last: most of the next one are the same."""

    ascii_images = False
    """Whether to draw images with letters: without Unicode, or without colours."""

    def show(
        self,
        count: int,
        get: Callable[[int], CaptionedImage],
        shape: tuple[int, int],
        selected: int,
    ) -> None:
        """Show the page with the selected one of `count` images of this shape (height, width)."""
        self._count, self._get, self._shape, self._selected = count, get, shape, selected
        self.redraw()

    def clear(self, reason: str = "") -> None:
        """Show no image, but why there is none."""
        self._count, self._reason = 0, reason
        self.redraw()

    @property
    def capacity(self) -> int:
        """The number of images on a page."""
        return self._layout_now.capacity

    @property
    def _layout_now(self) -> GalleryLayout:
        return self._layout_in(*self.size)

    def _layout_in(self, width: int, height: int) -> GalleryLayout:
        min_count = self._min_count * max(self._cells, width * height) // self._cells
        return GalleryLayout.fitting(self._shape, width, height, min_count)

    def rows(self, width: int, height: int) -> list[Strip]:
        """The page with the selected image."""
        if not self._count:
            style = self._role_style("alert")
            lines = wrap(self._reason, max(1, width - 2 * GAP))
            return [Strip([Segment(fit(f"{'':{GAP}}{line}", width), style)]) for line in lines]
        layout = self._layout_in(width, height)
        if height < layout.height + 1:
            return [Strip([Segment(fit(NO_ROOM, width), self._role_style("dim"))])]
        self._first = self._selected // layout.capacity * layout.capacity
        visible = range(self._first, min(self._count, self._first + layout.capacity))
        rows: list[Strip] = []
        last, self._rendered = self._rendered, {}
        for start in range(0, len(visible), layout.across):
            rows += self._image_row(visible[start : start + layout.across], layout, last)
        return rows

    def _image_row(
        self,
        indices: Sequence[int],
        layout: GalleryLayout,
        last: Mapping[tuple[object, ...], list[Strip]],
    ) -> list[Strip]:
        """Images side by side, their captions, and a blank row; `last` has rendered images."""
        images = [self._get(index) for index in indices]
        strips = [self._image_strips(one.image, layout.pixels, last) for one in images]
        styles = self.role_styles
        gap = Strip([Segment(" " * GAP, styles["text"])])
        rows = [
            Strip.join([part for image in strips for part in (image[y], gap)])
            for y in range(layout.height)
        ]
        captions = [
            part
            for index, one in zip(indices, images, strict=True)
            for part in (self._caption(one, index, layout.width), (" " * GAP, "text"))
        ]
        below = Strip([Segment(self._displayable(text), styles[role]) for text, role in captions])
        return [*rows, below, Strip([])]

    def _image_strips(
        self, image: Image, pixels: tuple[int, int], last: Mapping[tuple[object, ...], list[Strip]]
    ) -> list[Strip]:
        key = pixels, self.ascii_images, image.dtype, image.shape, image.tobytes()
        strips = last.get(key) or self._render_image(reduced(image, pixels), self.ascii_images)
        self._rendered[key] = strips
        return strips

    def _caption(self, one: CaptionedImage, index: int, width: int) -> Span:
        """The longest version of the caption that fits."""
        text = next((text for text in one.captions if cell_len(text) <= width), one.captions[-1])
        return fit(text, width), "selected" if index == self._selected else "dim"

    def on_click(self, event: Click) -> None:
        """Report the image that was clicked."""
        layout = self._layout_now
        row, column = event.y // (layout.height + 2), event.x // (layout.width + GAP)
        index = self._first + row * layout.across + column
        if row < layout.down and column < layout.across and index < self._count:
            self.post_message(self.Selected(self, index))


def _heights(rows: int) -> list[int]:
    """The heights of an image of so many rows, in pixels, that end with a cell; highest first."""
    return [rows, *range(2 * ((rows - 1) // 2), 0, -2)]


def reduced(image: Image, pixels: tuple[int, int]) -> npt.NDArray[np.floating]:
    """`image` with so many rows and columns, each pixel the mean of what it covers."""
    if image.shape[:2] == pixels:
        return image
    rows, columns = (_means(old, new) for old, new in zip(image.shape, pixels, strict=False))
    small: npt.NDArray[np.floating] = np.einsum(
        "ir,jc,rc...->ij...", rows, columns, image, optimize=True
    )
    return small


def _means(old: int, new: int) -> npt.NDArray[np.float64]:
    """The matrix ``[new, old]`` that makes `new` equal parts of a line of `old` pixels."""
    edges, starts = np.linspace(0, old, new + 1)[:, None], np.arange(old)
    covered = np.minimum(edges[1:], starts + 1) - np.maximum(edges[:-1], starts)
    shares: npt.NDArray[np.float64] = np.maximum(covered, 0) * (new / old)
    return shares


def _no_image(index: int) -> CaptionedImage:
    raise IndexError(index)
