"""Rows of a screen or a widget as text, as SVG and as PNG."""

import io
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from textual.strip import Strip

from tui.widgets.cell_shapes import shapes_of

CELL_WIDTH, CELL_HEIGHT = 10, 20
"""Of a picture, in pixels."""
BASELINE = 15
"""Pixels from the top of a cell to the baseline of its text."""
DOT_RADIUS = 1.6
FONT_SIZE = 16
SVG_FONT_SIZE = 16.6
"""With this the characters of the first fonts below are as wide as a cell."""
FINER = 2
"""A PNG is drawn this many times as large, then reduced, so that edges are smooth."""
FONTS = ("DejaVuSansMono", "LiberationMono-Regular", "NotoSansMono-Regular", "Menlo", "consola")
BOLD_FONTS = (
    "DejaVuSansMono-Bold",
    "LiberationMono-Bold",
    "NotoSansMono-Bold",
    "Menlo",
    "consolab",
)
SVG_FONTS = "'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace"
DARK, LIGHT = (18, 18, 18), (250, 250, 250)
"""The background of a style without any, on a dark terminal and on a light one."""

Rgb = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class Cell(NamedTuple):
    """One character, its position in cells and its colours."""

    row: int
    column: int
    character: str
    ink: Rgb
    paper: Rgb
    is_bold: bool


def as_text(strips: Sequence[Strip]) -> str:
    """The rows as lines of text, without blanks at their ends."""
    return "".join(f"{strip.text.rstrip()}\n" for strip in strips)


def as_svg(strips: Sequence[Strip], *, is_light: bool = False) -> str:
    """The rows as an SVG document, with every word in its own cells."""
    cells = list(_cells(strips, is_light))
    width, height = _size(strips)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f'<g font-family="{SVG_FONTS}" font-size="{SVG_FONT_SIZE:g}">',
        *(_svg_papers(cells)),
    ]
    for ink in dict.fromkeys(cell.ink for cell in cells):
        parts += _svg_ink([cell for cell in cells if cell.ink == ink], ink)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def as_png(strips: Sequence[Strip], *, is_light: bool = False) -> bytes:
    """The rows as a PNG."""
    width, height = _size(strips)
    image = Image.new("RGB", (width * FINER, height * FINER), LIGHT if is_light else DARK)
    draw, fonts = ImageDraw.Draw(image), (_font(FONTS), _font(BOLD_FONTS))
    cells = list(_cells(strips, is_light))
    for cell in cells:
        _draw_paper(draw, cell)
    for cell in cells:
        _draw_ink(draw, cell, fonts[cell.is_bold])
    out = io.BytesIO()
    image.resize((width, height), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


# -- cells ----------------------------------------------------------------------------------------


def _size(strips: Sequence[Strip]) -> tuple[int, int]:
    columns = max((strip.cell_length for strip in strips), default=1)
    return max(1, columns) * CELL_WIDTH, max(1, len(strips)) * CELL_HEIGHT


def _cells(strips: Sequence[Strip], is_light: bool) -> Iterator[Cell]:
    for row, strip in enumerate(strips):
        column = 0
        for text, style, control in strip:
            if control:
                continue
            ink, paper, is_bold = _colours(style, is_light)
            for character in text:
                cells = cell_len(character)
                yield Cell(row, column, character, ink, paper, is_bold)
                if cells == 2:
                    yield Cell(row, column + 1, " ", ink, paper, is_bold)
                column += cells


def _colours(style: Style | None, is_light: bool) -> tuple[Rgb, Rgb, bool]:
    style = style or Style()
    ink = _rgb(style.color, DARK if is_light else LIGHT)
    paper = _rgb(style.bgcolor, LIGHT if is_light else DARK)
    if style.reverse:
        ink, paper = paper, ink
    if style.dim:
        ink = _mixed(ink, paper, 0.5)
    return ink, paper, bool(style.bold)


def _rgb(colour: Color | None, default: Rgb) -> Rgb:
    if colour is None or colour.is_default:
        return default
    red, green, blue = colour.get_truecolor()
    return red, green, blue


def _mixed(a: Rgb, b: Rgb, part: float) -> Rgb:
    """Between two colours; ``part`` of the first."""
    red, green, blue = (round(part * x + (1 - part) * y) for x, y in zip(a, b, strict=True))
    return red, green, blue


# -- SVG ------------------------------------------------------------------------------------------


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _svg_papers(cells: Sequence[Cell]) -> Iterator[str]:
    """A rectangle for each run of cells of one row with the same background."""
    start: Cell | None = None
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        start = start or cell
        ends = after is None or after.row != cell.row or after.paper != cell.paper
        if ends:
            x, y = start.column * CELL_WIDTH, start.row * CELL_HEIGHT
            width = (cell.column + 1 - start.column) * CELL_WIDTH
            yield (
                f'<rect x="{x}" y="{y}" width="{width}" height="{CELL_HEIGHT}" '
                f'fill="{_hex(start.paper)}" shape-rendering="crispEdges"/>'
            )
            start = None


def _svg_ink(cells: Sequence[Cell], ink: Rgb) -> Iterator[str]:
    """All shapes and texts of one colour."""
    boxes: dict[float, list[str]] = {}
    dots: list[str] = []
    words: list[list[Cell]] = []
    for cell in cells:
        shapes = shapes_of(cell.character)
        x, y = cell.column * CELL_WIDTH, cell.row * CELL_HEIGHT
        if shapes is not None:
            dots += [
                f"M{x + dx * CELL_WIDTH:g} {y + dy * CELL_HEIGHT:g}h0" for dx, dy in shapes.dots
            ]
            for left, top, right, bottom, opacity in shapes.boxes:
                boxes.setdefault(opacity, []).append(
                    f"M{x + left * CELL_WIDTH:g} {y + top * CELL_HEIGHT:g}"
                    f"h{(right - left) * CELL_WIDTH:g}v{(bottom - top) * CELL_HEIGHT:g}"
                    f"h{(left - right) * CELL_WIDTH:g}z"
                )
        elif not cell.character.isspace():
            if not (words and _continues(words[-1][-1], cell)):
                words.append([])
            words[-1].append(cell)
    fill = _hex(ink)
    for opacity, paths in boxes.items():
        yield f'<path fill="{fill}" fill-opacity="{opacity:g}" d="{"".join(paths)}"/>'
    if dots:
        yield (
            f'<path stroke="{fill}" stroke-width="{2 * DOT_RADIUS:g}" stroke-linecap="round" '
            f'd="{"".join(dots)}"/>'
        )
    yield from (_svg_word(word, fill) for word in words)


def _continues(before: Cell, cell: Cell) -> bool:
    """Whether a character is of the same word as the one before, which has the same colour."""
    beside = before.row, before.column + cell_len(before.character), before.is_bold
    return beside == (cell.row, cell.column, cell.is_bold)


def _svg_word(word: Sequence[Cell], fill: str) -> str:
    """Adjacent characters; a font of another width than that of a cell is spaced, where known."""
    x, y = word[0].column * CELL_WIDTH, word[0].row * CELL_HEIGHT + BASELINE
    width = sum(cell_len(cell.character) for cell in word) * CELL_WIDTH
    text = escape("".join(cell.character for cell in word))
    weight = ' font-weight="bold"' if word[0].is_bold else ""
    return f'<text x="{x}" y="{y}" textLength="{width}" fill="{fill}"{weight}>{text}</text>'


# -- PNG ------------------------------------------------------------------------------------------


def _font(names: Sequence[str]) -> Font:
    """The first of these fonts that the system has, else Pillow's own."""
    for name in names:
        for ending in (".ttf", ".ttc"):
            try:
                return ImageFont.truetype(name + ending, FONT_SIZE * FINER)
            except OSError:
                continue
    return ImageFont.load_default(FONT_SIZE * FINER)


def _draw_paper(draw: ImageDraw.ImageDraw, cell: Cell) -> None:
    x, y = cell.column * CELL_WIDTH * FINER, cell.row * CELL_HEIGHT * FINER
    width, height = CELL_WIDTH * FINER, CELL_HEIGHT * FINER
    draw.rectangle((x, y, x + width - 1, y + height - 1), fill=cell.paper)


def _draw_ink(draw: ImageDraw.ImageDraw, cell: Cell, font: Font) -> None:
    width, height = CELL_WIDTH * FINER, CELL_HEIGHT * FINER
    x, y = cell.column * width, cell.row * height
    shapes = shapes_of(cell.character)
    if shapes is None:
        if not cell.character.isspace():
            at = (x, y + BASELINE * FINER)
            draw.text(at, cell.character, fill=cell.ink, font=font, anchor="ls")
        return
    for left, top, right, bottom, opacity in shapes.boxes:
        corners = (
            x + left * width,
            y + top * height,
            x + right * width - 1,
            y + bottom * height - 1,
        )
        draw.rectangle(corners, fill=_mixed(cell.ink, cell.paper, opacity))
    radius = DOT_RADIUS * FINER
    for dx, dy in shapes.dots:
        cx, cy = x + dx * width, y + dy * height
        draw.ellipse((cx - radius, cy - radius, cx + radius, cy + radius), fill=cell.ink)
