"""The table of evaluations."""

from itertools import pairwise

from core.run.events import Evaluated, Finished, Started
from core.run.hparams import HyperParameters, as_dict, validate_hparams
from core.run.state import RunState
from core.run.status import Outcome
from data.dataset import SPLITS
from tests.helpers.app import matrix
from tui.curves.own_lines import losses_of
from tui.train.evaluations import ROWS_PER_MOVE, EvaluationTable


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


def test_a_full_table_of_a_run_that_trains_moves_up_by_several_rows_at_a_time() -> None:
    run, table = RunState(), EvaluationTable()
    run.fold(Started(0, as_dict(HyperParameters()), "CPU:0", 1))
    firsts = []
    for step in range(1, 31):
        run.fold(Evaluated(step, {split: matrix(100, step) for split in SPLITS}, {}, 0.1))
        table.update_run(run)
        rows = table.lines(48, 13)[1:]
        assert 12 - ROWS_PER_MOVE < len(rows) <= 12 or step < 12
        firsts.append(int(rows[0][0][0]))
    moves = {after - before for before, after in pairwise(firsts)}
    assert moves == {0, ROWS_PER_MOVE}
    run.fold(Finished(30, Outcome.DONE, 1.0))
    table.update_run(run)
    assert len(table.lines(48, 13)) == 13


def evaluated(step: int, right: int, loss: float) -> Evaluated:
    confusion = {split: matrix(100, right) for split in SPLITS}
    return Evaluated(step, confusion, dict.fromkeys(SPLITS, loss), 0.1)


def test_the_loss_on_validation_is_in_the_table_where_there_is_room() -> None:
    run, table = RunState(), EvaluationTable()
    run.fold(evaluated(10, 50, 1.25))
    table.update_run(run)
    wide, narrow = ("".join(text for text, _ in table.lines(w, 5)[-1]) for w in (48, 32))
    assert wide.split() == ["10", "0.5000", "0.5000", "0.5000", "1.2500", "*"]
    assert narrow.split() == ["10", "0.5000", "0.5000", "0.5000", "*"]


def test_the_evaluation_at_the_cursor_is_highlighted_and_visible() -> None:
    run, table = RunState(), EvaluationTable()
    for step in range(10, 310, 10):
        run.fold(evaluated(step, 50, 1.0))
    table.update_run(run)
    table.show_cursor(52.0)
    rows = table.lines(48, 9)
    assert len(rows) == 9
    (selected,) = (row for row in rows if row[0][1] == "selected")
    assert selected[0][0].split()[0] == "50"
    table.show_cursor(None)
    assert table.lines(48, 9)[-1][0][0].strip() == "300"


def test_the_loss_chart_has_the_loss_on_validation_and_says_which_has_the_penalty() -> None:
    run = RunState()
    assert [line.name for line in losses_of(run)] == ["each batch"]
    run.fold(evaluated(10, 50, 1.25))
    batch, validation = losses_of(run)
    assert validation.curve.values.tolist() == [1.25]
    assert validation.layer > batch.layer
    run.fold(Started(10, as_dict(validate_hparams({"l2": 0.1})), "CPU:0", 1))
    names = [line.name for line in losses_of(run)]
    assert names == ["each batch, with the L2 penalty", "validation, without it"]
    run.fold(Started(0, as_dict(HyperParameters()), "CPU:0", 1))
    assert len(losses_of(run)) == 1


def test_names_of_narrow_columns_are_words_or_end_with_a_point() -> None:
    run, table = RunState(), EvaluationTable()
    run.fold(evaluated(10, 50, 1.25))
    table.update_run(run)
    heads = {width: table.lines(width, 5)[0][0][0].split() for width in (33, 48, 60)}
    assert heads[33] == ["step", "train", "val.", "test"]
    assert heads[48] == ["step", "train", "val.", "test", "val.", "loss"]
    assert heads[60] == ["step", "train", "validation", "test", "val.", "loss"]
