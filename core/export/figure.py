"""Figures of matplotlib, an optional dependency, with labels that its fonts can draw.

A figure is made without `pyplot`, which has global state and may need a display.
"""

import io
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from core.export.export import Export
from trainpad.errors import RunError
from trainpad.text import sanitize

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = (9.0, 6.5)
"""Inches; at `DPI` 1350 x 975 pixels."""
DPI = 150
NEEDS_MATPLOTLIB = "plots need matplotlib: pip install matplotlib, or pip install -e '.[plot]'"
FALLBACK_FONTS = (
    "Noto Sans CJK TC", "Noto Sans TC", "Source Han Sans TC", "Noto Sans CJK JP",
    "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Droid Sans Fallback", "PingFang TC", "Unifont",
)  # fmt: skip
"""Fonts for the characters that matplotlib's own font lacks, where they are installed."""
Draw = Callable[["Figure", Sequence[str]], None]
"""Fills a figure, given a label for each run."""


def render(
    draw: Draw,
    exports: Sequence[Export],
    file_format: str,
    size: tuple[float, float] = SIZE,
) -> bytes:
    """Return the PNG or SVG of a figure, `size` in inches, that `draw` fills.

    Raises:
        RunError: matplotlib is not installed.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RunError(NEEDS_MATPLOTLIB) from error
    families = _families()
    known = _characters(families)
    with rc_context({"font.family": families}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # a box is drawn
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure, [_name(export, known) for export in exports])
        out = io.BytesIO()
        figure.savefig(out, format=file_format, dpi=DPI)
    return out.getvalue()


def label(text: str) -> str:
    """`text` for a legend: matplotlib takes dollar signs for mathematics, and hides ``_names``."""
    return text.replace("$", r"\$").lstrip("_") or "_"


def _name(export: Export, known: set[int]) -> str:
    """The run's title without the characters that no font has, or else its folder's name."""
    titles = export.title, sanitize(export.directory.name)
    drawable = ("".join(c for c in title if ord(c) in known).strip() for title in titles)
    return label(next(filter(None, drawable), "a run"))


def _families() -> list[str]:
    """The names of the fonts to use, the first one that has a character."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return ["DejaVu Sans", *(name for name in FALLBACK_FONTS if name in installed)]


def _characters(families: Sequence[str]) -> set[int]:
    """The code points that these fonts can draw."""
    from matplotlib import font_manager

    paths = (font_manager.findfont(family) for family in families)
    return set().union(*(font_manager.get_font(path).get_charmap() for path in paths))
