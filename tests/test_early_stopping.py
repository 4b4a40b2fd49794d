"""Early stopping: by patience, and by target."""

from core.run.hparams import validate_hparams
from core.training.early_stopping import EarlyStopping


def reasons(*accuracies: float, **hparams: float) -> list[str]:
    """The stop reason after each of these validation accuracies."""
    stopping, values, result = EarlyStopping(), validate_hparams(hparams), []
    for accuracy in accuracies:
        stopping.update(accuracy, values)
        result.append(stopping.stop_reason)
    return result


def test_patience_counts_evaluations_without_improvement() -> None:
    assert reasons(0.5, 0.4, 0.5, patience=3) == ["", "", ""]
    assert reasons(0.5, 0.4, 0.6, 0.6, 0.1, patience=2) == [
        *[""] * 4, "no improvement in 2 evaluations",
    ]  # fmt: skip


def test_a_target_is_reached_by_what_equals_it() -> None:
    assert reasons(0.89, 0.9, target_precision=0.9) == ["", "precision 0.9000 reached"]


def test_without_patience_or_target_nothing_stops() -> None:
    assert reasons(*[0.9] * 99) == [""] * 99


def test_the_count_survives_a_resume() -> None:
    before, after = EarlyStopping(), EarlyStopping()
    hparams = validate_hparams({"patience": 2})
    for accuracy in (0.5, 0.4):
        before.update(accuracy, hparams)
    after.restore(before.state())
    after.update(0.5, hparams)
    assert after.stop_reason == "no improvement in 2 evaluations"
