"""The table of evaluations."""

from conftest import FakeClock

from core.run.events import Evaluated, Finished, Started
from core.run.hparams import HyperParameters, as_dict
from core.run.state import Run
from core.run.status import Outcome
from data.dataset import SPLITS
from tests.helpers.app import matrix
from tui.train.evaluations import EvaluationTable


def test_the_star_marks_the_best_of_all_evaluations_if_it_is_visible() -> None:
    run, table = Run(), EvaluationTable()
    for step, right in ((100, 500), (200, 900), (300, 600), (400, 700)):
        run.fold(Evaluated(step, {split: matrix(1000, right) for split in SPLITS}, {}, 0.1))
    table._run = run
    starred = [row[0][0].strip() for row in table.lines(48, 10)[1:] if row[-1][0]]
    assert starred == ["200"]
    assert [row[-1][0] for row in table.lines(48, 3)[1:]] == ["", ""]


def test_rows_move_once_a_second_in_training_and_are_complete_at_the_end() -> None:
    clock = FakeClock()
    run, table = Run(), EvaluationTable(clock)
    moved: list[int] = []
    table.redraw = lambda: moved.append(len(run.evaluations)) or 1
    run.fold(Started(0, as_dict(HyperParameters()), "CPU:0", 1))
    for step in range(1, 31):
        run.fold(Evaluated(step, {split: matrix(10, 5) for split in SPLITS}, {}, 0.1))
        clock.now += 0.125
        table.update_run(run)
    assert moved == [1, 9, 17, 25]
    run.fold(Finished(30, Outcome.DONE, 3.0))
    table.update_run(run)
    assert moved[-1] == 30
