"""The Evaluate screen with many classes."""

import time
from pathlib import Path

import numpy as np
import pytest

from core.network.predictions import predict_split
from core.run.metrics import top_confusions
from tests.helpers.app import Scripted
from tests.helpers.evaluate import looked, table
from tests.helpers.learned import EVIL, evaluated, learned, opened, patterns
from tests.helpers.waiting import shown, text_of, until
from tui.app import TrainpadApp
from tui.evaluate.confusion import CellFormat, ConfusionMatrix
from tui.evaluate.pairs import WorstPairs


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_many_classes_with_hostile_names_and_large_images(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    names = [*EVIL, *(f"class {i}" for i in range(57))]
    data = patterns(names, (40, 52))
    network = learned(data)
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, data), *evaluated(1000, network, data))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=size, notifications=True) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("2", "up", "left")
        await shown(pilot, app, "misclassified")
        await pilot.press(*["down"] * 9, "p")
        await shown(pilot, app, "28 x 28")
        assert "\x1b" not in text_of(app)


async def test_of_a_hundred_classes_the_worst_pairs_are_shown_too(tmp_path: Path) -> None:
    hundred = patterns([f"kind {number}" for number in range(100)], (10, 10))
    network = learned(hundred, hidden=(40,))
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, hundred), *evaluated(100, network, hundred))
    predictions = predict_split(network, hundred.test)
    true, predicted, count = top_confusions(predictions.confusion, 1)[0]
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("2")
        top = f"top-5 {predictions.top_accuracy(5):.4f}"
        share = f"{count / predictions.confusion[true].sum():.1%}"
        pair = f"› kind {true} → kind {predicted}"
        screen = await shown(pilot, app, top, "confused most", pair, share)
        assert "true ↓ predicted →" in screen
        second = top_confusions(predictions.confusion, 2)[1]
        await pilot.press("g")
        await shown(pilot, app, f"› kind {second[0]} → kind {second[1]}")
        assert app.screen._cursor == second[:2]
        await pilot.press("G", "G")
        await until(pilot, lambda: app.screen._cursor == (true, predicted))
        await pilot.click(WorstPairs, offset=(4, 2))
        await until(pilot, lambda: app.screen._cursor == second[:2])
        await pilot.resize_terminal(80, 24)
        await shown(pilot, app, "confused most", pair.removeprefix("› "))
        assert not app.screen.query_one(ConfusionMatrix).region.height
        await pilot.press("t")
        await until(pilot, lambda: not app.screen.query_one(WorstPairs).region.height)
        assert app.screen.query_one(ConfusionMatrix).region.height


def test_a_thousand_classes_are_drawn_in_little_time() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.integers(0, 3, (1000, 1000)) + 40 * np.eye(1000, dtype=np.int64)
    look = looked(matrix.tolist(), tuple(f"a class with the number {n}" for n in range(1000)))
    started = time.process_time()
    for numbers in CellFormat:
        rows = table(look, 160, 24, numbers)
        assert len(rows) == 24
        assert all(len(row) <= 160 for row in rows)
    assert time.process_time() - started < 3
    pairs = WorstPairs()
    pairs.redraw = lambda: 0
    pairs.show(look, (0, 0))
    lines = ["".join(text for text, _ in row) for row in pairs.lines(56, 12)]
    assert {len(line) for line in lines} == {56}
    assert "a class with… → a class with …" in lines[1]
