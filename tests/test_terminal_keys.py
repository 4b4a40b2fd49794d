"""What a terminal does by itself while it reads lines, and sends at once: ctrl+\\, a paste."""

import signal
from pathlib import Path
from types import FrameType

import pytest
from textual.events import Paste

from tests.helpers.app import Scripted
from tests.helpers.attached_app import Program
from tests.helpers.waiting import shown, until
from tui.app import TrainpadApp
from tui.dashboard.values_panel import ValueRow, ValuesPanel


async def test_the_key_of_the_quit_signal_does_what_the_signal_does(tmp_path: Path) -> None:
    caught: list[int] = []

    def handler(number: int, _frame: FrameType | None) -> None:
        caught.append(number)

    app = TrainpadApp(iter(Scripted(tmp_path)))
    before = signal.signal(signal.SIGQUIT, handler)
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await shown(pilot, app, "100 / 2,000")
            await pilot.press("ctrl+backslash")
            await until(pilot, lambda: caught == [signal.SIGQUIT])
    finally:
        signal.signal(signal.SIGQUIT, before)


@pytest.mark.parametrize("source", [Scripted, Program])
async def test_a_line_that_is_pasted_into_the_panel_is_typed(
    tmp_path: Path, source: type[Scripted]
) -> None:
    run = source(tmp_path)
    app = TrainpadApp(iter(run), attached=source is Program)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "learning rate" if source is Scripted else "lr ")
        await pilot.press("tab")
        app.post_message(Paste(" 0.03\nq\n"))
        await shown(pilot, app, "0.03_")
        await pilot.press("enter")
        name = "learning_rate" if source is Scripted else "lr"
        await until(pilot, lambda: run.desired["hyperparameters"].get(name) == 0.03)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "width", "label", "value"),
    [
        ("0.01", 44, " network", "‹        0.01 ›"),
        ("conv 16 5x5, pool, 128", 44, " network", "‹ conv 16 5x5, pool, 128 ›"),
        ("conv 16 5x5, pool, 128", 34, " network", "‹ conv 16 5x5, pool, … ›"),
        ("conv 16 5x5, pool, 128", 23, " ne…ork", "‹ conv 16 5x… ›"),
    ],
)
def test_a_long_value_has_the_room_that_its_label_leaves(
    text: str, width: int, label: str, value: str
) -> None:
    spans = ValuesPanel()._value_spans(ValueRow("network", text), width, selected=False)
    assert "".join(part for part, _ in spans) == label.ljust(width - len(value)) + value
