"""The table of evaluations."""

from app_made import matrix

from core.events import Evaluated
from core.run import Run
from data.dataset import SPLITS
from tui.table import EvaluationTable


def test_the_star_is_at_the_best_of_all_and_at_none_where_that_is_not_shown() -> None:
    run, table = Run(), EvaluationTable()
    for step, right in ((100, 500), (200, 900), (300, 600), (400, 700)):
        run.fold(Evaluated(step, {split: matrix(1000, right) for split in SPLITS}, {}, 0.1))
    table._run = run
    starred = [row[0][0].strip() for row in table.lines(48, 10)[1:] if row[-1][0]]
    assert starred == ["200"]
    assert [row[-1][0] for row in table.lines(48, 3)[1:]] == ["", ""]
