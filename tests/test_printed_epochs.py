"""Programs that print a line an epoch: a step that is the same in each epoch counts over them."""

import pytest

from core.output.found import Numbers
from core.output.numbers import NumberParser


def steps_in(*lines: str) -> list[int]:
    parser = NumberParser()
    found = [entry for line in lines for entry in parser.parse(line)]
    return [entry.step for entry in found if isinstance(entry, Numbers)]


@pytest.mark.parametrize(
    ("line", "steps"),
    [
        ("Epoch [{e}/4], Step [100/100], Loss: 1.5", [100, 200, 300, 400]),
        ("Epoch {e}/4, Batch 100/100, Loss: 1.5", [100, 200, 300, 400]),
        ("[{e}/4][0/40] Loss_D: 1.5 Loss_G: 2.5", [0, 40, 80, 120]),
        ("epoch {e} iter 100 loss 1.5", [100, 200, 300, 400]),
        ("epoch {e} iter 0 loss 1.5", [0, 1, 2, 3]),
        ("Epoch {e}/4\nStep 100/100 loss: 1.5", [100, 200, 300, 400]),
    ],
)
def test_the_same_step_in_each_epoch_counts(line: str, steps: list[int]) -> None:
    lines = [part for e in range(1, 5) for part in line.format(e=e).split("\n")]
    assert steps_in(*lines) == steps
    with_two = [part for part in lines for _ in range(2)]  # as of training and of validation
    assert steps_in(*with_two) == [step for step in steps for _ in range(2)]


def test_steps_that_go_on_over_epochs_are_as_printed_also_where_one_is_printed_again() -> None:
    lines = []
    for e in range(1, 4):
        lines += [f"step {e * 100} loss 1.5", f"Epoch {e} done, val_loss: 2.5"]
    assert steps_in(*lines, "step 300 test accuracy 0.5") == [100, 100, 200, 200, 300, 300, 300]


def test_a_step_that_is_printed_again_after_others_of_its_epoch_is_the_same_one() -> None:
    lines = ["Epoch 1/3", "step 100 loss: 1.5", "step 500 loss: 1.4"]
    lines += ["Epoch 2/3", "step 500 val_loss: 1.3", "step 600 loss: 1.2"]
    lines += ["Epoch 3/3", "step 600 val_loss: 1.1", "step 700 loss: 1.0"]
    assert steps_in(*lines) == [100, 500, 500, 600, 600, 700]


def test_an_epoch_of_which_the_number_falls_is_no_next_one() -> None:
    assert steps_in("epoch 3 step 100 loss 1.5", "epoch 1 step 100 test_loss 1.5") == [100, 100]
