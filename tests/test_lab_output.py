import re

import numpy as np
import pytest

from core.run.events import Changed, Evaluated, Event, Paused, Started, Steps
from core.run.hparams import HyperParameters, as_dict
from core.session.lab_output import LabPrinter

FORM = re.compile(
    r"Step \d+: loss = \d+\.\d\d \(\d+\.\d{3} sec\)"
    r"|(Training|Validation|Test) Data Eval:"
    r"|Num examples: \d+ Num correct: \d+ Precision @ 1: [01]\.\d{4}"
)


def started(step: int = 0) -> Started:
    return Started(step, as_dict(HyperParameters()), "CPU:0", 1)


def printed(*events: Event) -> list[str]:
    lab = LabPrinter()
    return [line for event in events for line in lab.lines(event)]


def confusion(right: int, wrong: int) -> list[list[int]]:
    return [[right, wrong], [0, 0]]


def test_lines_equal_the_labs_byte_for_byte() -> None:
    evaluated = Evaluated(
        1000,
        {
            "train": confusion(47454, 55000 - 47454),
            "validation": confusion(4358, 642),
            "test": confusion(8737, 1263),
        },
        {"train": 0.5, "validation": 0.5, "test": 0.5},
        0.1,
    )
    lines = printed(
        started(),
        Steps(0, np.array([2.3055], np.float32), 0.547),
        Steps(1, np.full(100, 2.154, np.float32), 0.3),
        Paused(101),
        evaluated,
    )
    assert "\n".join(lines) == (
        "Step 0: loss = 2.31 (0.547 sec)\n"
        "Step 100: loss = 2.15 (0.003 sec)\n"
        "Training Data Eval:\n"
        "Num examples: 55000 Num correct: 47454 Precision @ 1: 0.8628\n"
        "Validation Data Eval:\n"
        "Num examples: 5000 Num correct: 4358 Precision @ 1: 0.8716\n"
        "Test Data Eval:\n"
        "Num examples: 10000 Num correct: 8737 Precision @ 1: 0.8737"
    )
    assert all(FORM.fullmatch(line) for line in lines)


@pytest.mark.parametrize("cuts", [[600], [1, 599], [100, 100, 1, 399], [1] * 600, [37] * 20])
def test_a_line_every_hundred_steps_for_any_chunk_size(cuts: list[int]) -> None:
    losses = np.arange(1000, dtype=np.float32)
    events: list[Event] = [started()]
    first = 0
    for count in cuts:
        events.append(Steps(first, losses[first : first + count], 0.1))
        first += count
    steps = range(0, first, 100)
    found = [line.split(" (")[0] for line in printed(*events)]
    assert found == [f"Step {step}: loss = {step}.00" for step in steps]


def test_the_interval_can_change_during_the_run() -> None:
    lines = printed(
        started(),
        Steps(0, np.ones(10, np.float32), 0.1),
        Changed(10, "summary_every", 100, 5),
        Changed(10, "learning_rate", 0.01, 5),
        Steps(10, np.ones(10, np.float32), 0.1),
    )
    assert [line.split(":")[0] for line in lines] == ["Step 0", "Step 10", "Step 15"]


def test_a_resumed_run_prints_from_its_step_on() -> None:
    lines = printed(started(150), Steps(150, np.ones(100, np.float32), 0.1))
    assert [line.split(":")[0] for line in lines] == ["Step 200"]


def test_precision_without_examples_is_zero() -> None:
    splits = {split: confusion(0, 0) for split in ("train", "validation", "test")}
    lines = printed(Evaluated(1, splits, {}, 0.1))
    assert lines[1] == "Num examples: 0 Num correct: 0 Precision @ 1: 0.0000"
