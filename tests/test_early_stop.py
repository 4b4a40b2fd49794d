"""When training ends before `max_steps`, because somebody asked for that."""

from core.run.hparams import validate_hparams
from core.training.early_stopping import EarlyStopping


def seen(*precisions: float, **wanted: float) -> list[str]:
    """What is said after each of these validation precisions."""
    stop, hparams, told = EarlyStopping(), validate_hparams(wanted), []
    for precision in precisions:
        stop.update(precision, hparams)
        told.append(stop.stop_reason)
    return told


def test_patience_counts_evaluations_without_a_better_one() -> None:
    assert seen(0.5, 0.4, 0.5, patience=3) == ["", "", ""]
    assert seen(0.5, 0.4, 0.6, 0.6, 0.1, patience=2) == [
        *[""] * 4, "done: no better for 2 evaluations",
    ]  # fmt: skip


def test_a_target_is_reached_by_what_equals_it() -> None:
    assert seen(0.89, 0.9, target_precision=0.9) == ["", "done: precision 0.9000 reached"]


def test_nobody_asked_for_an_end() -> None:
    assert seen(*[0.9] * 99) == [""] * 99


def test_what_was_counted_goes_on_after_a_resume() -> None:
    before, after = EarlyStopping(), EarlyStopping()
    hparams = validate_hparams({"patience": 2})
    for precision in (0.5, 0.4):
        before.update(precision, hparams)
    after.restore(before.state())
    after.update(0.5, hparams)
    assert after.stop_reason == "done: no better for 2 evaluations"
