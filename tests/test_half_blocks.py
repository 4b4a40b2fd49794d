"""Images in half blocks, or in ASCII characters."""

import numpy as np
from rich.color import Color
from rich.style import Style

from tui.widgets.half_blocks import GREY, Tones, half_blocks, render_image, render_signed


def test_two_colours_share_a_segment_and_a_third_starts_another():
    colours = [Color.from_ansi(232 + i) for i in range(4)]
    segments = half_blocks([0, 3, 0, 3, 1], [0, 0, 3, 3, 1], colours)
    assert [segment.text for segment in segments] == [" ▀▄█", "█"]
    assert segments[0].style == Style(color=colours[3], bgcolor=colours[0])


def test_an_image_in_half_blocks_and_letters():
    image = np.array([[0, 1, 0], [0, 1, 1], [1, 1, np.nan]])
    assert [strip.text for strip in render_image(image)] == [" █▄", "▀▀ "]
    assert [strip.text for strip in render_image(image, ascii_only=True)] == [" @=", "== "]
    for strip in render_image(image) + render_image(image, ascii_only=True):
        assert strip.cell_length == 3
        assert all(segment.style is not None for segment in strip)


def test_positive_and_negative_have_different_colours_and_letters():
    red = Tones(GREY.low, Color.from_rgb(255, 0, 0))
    blue = Tones(GREY.low, Color.from_rgb(0, 0, 255))
    image = np.array([[1.0, -1.0, 0.0], [1.0, -1.0, 0.0]])
    (strip,) = render_signed(image, red, blue)
    seen = {colour for part in strip for colour in (part.style.color, part.style.bgcolor)}
    assert {red.high, blue.high} <= seen
    (strip,) = render_signed(image, red, blue, ascii_only=True)
    assert strip.text == "@0 "
