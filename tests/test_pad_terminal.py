"""`trainpad pad` on a real pseudo-terminal."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.terminal import Terminal, trainpad
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.terminal


@pytest.fixture
def pad(tmp_path: Path) -> Iterator[Terminal]:
    command = trainpad("pad", "--log_dir", tmp_path / "runs", "--export", tmp_path / "digit.json")
    terminal = Terminal(command)
    terminal.wait_for("draw a digit here")
    yield terminal
    terminal.end()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("leave", ["q", "\x03"])
def test_the_drawing_is_exported_when_the_user_quits(
    pad: Terminal, tmp_path: Path, leave: str
) -> None:
    pad.type("\x1b[<0;10;8M\x1b[<32;30;8M\x1b[<32;20;18M\x1b[<0;20;18m")
    pad.wait_for(r" 7   \d+%")
    pad.type(leave)
    wait_until(lambda: pad.process.poll() is not None)
    assert pad.process.returncode == 0
    (stroke,) = json.loads((tmp_path / "digit.json").read_text())["strokes"]
    assert len(stroke) == 3


@pytest.mark.timeout(120)
def test_an_empty_drawing_is_not_exported(pad: Terminal, tmp_path: Path) -> None:
    pad.type("q")
    wait_until(lambda: pad.process.poll() is not None)
    assert pad.process.returncode == 0
    assert not (tmp_path / "digit.json").exists()
    pad.wait_for("nothing is drawn, so .*digit.json")


@pytest.mark.timeout(120)
def test_mouse_reports_in_one_write_that_end_outside_the_field(
    pad: Terminal, tmp_path: Path
) -> None:
    pad.type("\x1b[<0;20;12M\x1b[<32;30;12M\x1b[<32;99;12M\x1b[<32;99;20M\x1b[<0;99;20m")
    pad.wait_for(r"\d+%|not sure|draw bigger")
    pad.type("\x1b[<35;20;18M\x1b[<35;25;18M")
    pad.type("q")
    wait_until(lambda: pad.process.poll() is not None)
    (stroke,) = json.loads((tmp_path / "digit.json").read_text())["strokes"]
    assert stroke[-1][0] == 1


@pytest.mark.timeout(120)
def test_no_part_of_a_paste_is_a_key_and_a_key_after_it_is_one(pad: Terminal) -> None:
    for piece in ("\x1b[200~qe", "\x1b[31mq", "q\x1b[20", "1~", "\x1b[200~no end, q"):
        pad.type(piece)
        time.sleep(0.15)
    time.sleep(1.3)
    assert pad.process.poll() is None
    pad.type("e")
    pad.wait_for("eraser")
    pad.type("q")
    wait_until(lambda: pad.process.poll() is not None)
    assert pad.process.returncode == 0


@pytest.mark.timeout(120)
def test_a_terminal_that_reports_pixels_draws_between_the_cells(
    pad: Terminal, tmp_path: Path
) -> None:
    wait_until(lambda: b"\x1b[?1016$p" in pad.sent)
    pad.type("\x1b[?1016;2$y")
    wait_until(lambda: b"\x1b[16t" in pad.sent)
    pad.type("\x1b[6;20;10t")
    wait_until(lambda: b"\x1b[?1016h\x1b[?1016$p" in pad.sent)
    pad.type("\x1b[?1016;1$y\x1b[<0;104;164M\x1b[<32;304;164M\x1b[<0;304;164m")
    pad.wait_for(r"\d+%|not sure")
    pad.type("q")
    wait_until(lambda: pad.process.poll() is not None)
    (stroke,) = json.loads((tmp_path / "digit.json").read_text())["strokes"]
    (left, top), (right, bottom) = stroke
    side = 20 / (right - left)  # columns of the field: the stroke is 20 cells long
    assert top == bottom
    assert 20 < side < 110
    assert (left * side) % 1 == pytest.approx(0.35, abs=0.01)
    wait_until(lambda: b"\x1b[?1016l" in pad.sent)
