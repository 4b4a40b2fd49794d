"""The table of evaluations."""

from core.run.events import Evaluated, Started
from core.run.hparams import HyperParameters, as_dict
from core.run.state import RunState
from data.dataset import SPLITS
from tests.helpers.app import matrix
from tui.train.evaluations import EvaluationTable


def test_the_star_marks_the_best_of_all_evaluations_if_it_is_visible() -> None:
    run, table = RunState(), EvaluationTable()
    for step, right in ((100, 500), (200, 900), (300, 600), (400, 700)):
        run.fold(Evaluated(step, {split: matrix(1000, right) for split in SPLITS}, {}, 0.1))
    table._run = run
    starred = [row[0][0].strip() for row in table.lines(48, 10)[1:] if row[-1][0]]
    assert starred == ["200"]
    assert [row[-1][0] for row in table.lines(48, 3)[1:]] == ["", ""]


def test_each_evaluation_is_in_the_table_as_soon_as_it_is_in_the_run() -> None:
    run, table = RunState(), EvaluationTable()
    run.fold(Started(0, as_dict(HyperParameters()), "CPU:0", 1))
    for step in range(1, 31):
        run.fold(Evaluated(step, {split: matrix(100, step) for split in SPLITS}, {}, 0.1))
        table.update_run(run)
        newest = table.lines(48, 10)[-1]
        assert (newest[0][0].strip(), newest[-1][0]) == (str(step), " *")
