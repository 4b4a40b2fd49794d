"""The images that a program logged, for the gallery: read from its run directory on a thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.run.attached_events import ImagesLogged
from data.decode import decode
from data.errors import DataError
from trainpad.files import read_plain
from tui.dashboard.selection import PickedImage
from tui.widgets.gallery import CaptionedImage
from tui.widgets.half_blocks import Image
from tui.widgets.text_widget import Span

MAX_BYTES = 16 * 1024 * 1024
"""Bytes of an image's file; a larger one is left out."""
MAX_IMAGES = 256


@dataclass(frozen=True, slots=True, eq=False)
class LoggedImage:
    """One image, its caption, and what it was logged as."""

    image: Image
    caption: str
    name: str
    step: int


@dataclass(frozen=True, slots=True, eq=False)
class LoggedImages:
    """The images of one shape that were logged last, under each name."""

    images: Sequence[LoggedImage] = ()
    left_out: int = 0
    """How many could not be read, or have another shape than the first."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self.images[0].image.shape
        return height, width

    def captioned(self, index: int) -> CaptionedImage:
        """An image and its caption."""
        found = self.images[index]
        caption = found.caption or f"{found.name} {index + 1}"
        return CaptionedImage(found.image, (caption,))

    def picked_image(self, index: int) -> PickedImage:
        """An image to show on another screen."""
        found = self.images[index]
        caption = f", {found.caption}" if found.caption else ""
        return PickedImage(found.image, f"{found.name} at step {found.step:,}{caption}")

    def status(self, index: int) -> list[Span]:
        """Which image is selected."""
        if not self.images:
            left_out = f"{self.left_out} images cannot be read" if self.left_out else ""
            return [(left_out, "alert")]
        found = self.images[index]
        parts: list[Span] = [
            (found.name, "title"),
            (f"  {index + 1:,} of {len(self.images):,}  after step {found.step:,}", "text"),
        ]
        if self.left_out:
            parts.append((f"  {self.left_out} left out", "dim"))
        return parts


def newest_images(logged: Sequence[ImagesLogged]) -> tuple[ImagesLogged, ...]:
    """The newest images under each name, by name."""
    newest = {event.name: event for event in logged}
    return tuple(newest[name] for name in sorted(newest))


def read_images(directory: Path, logged: Sequence[ImagesLogged]) -> LoggedImages:
    """Read the images of these events."""
    found: list[LoggedImage] = []
    left_out = 0
    for event in logged:
        captions = [*event.captions, *[""] * len(event.files)]
        for file, caption in zip(event.files, captions, strict=False):
            image = _read(directory / file)
            fits = image is not None and (not found or found[0].image.shape == image.shape)
            if image is None or not fits or len(found) >= MAX_IMAGES:
                left_out += 1
            else:
                found.append(LoggedImage(image, caption, event.name, event.step))
    return LoggedImages(found, left_out)


def _read(path: Path) -> Image | None:
    try:
        return decode(read_plain(path, MAX_BYTES), path.name)
    except (OSError, DataError):
        return None
