from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.run.hparams import SCHEDULES, validate_hparams
from core.run.schedules import EXPONENTIAL_END, learning_rates


def rates(first: int = 0, count: int = 1001, **values: object) -> list[float]:
    hparams = validate_hparams({"learning_rate": 0.5, "max_steps": 1000, **values})
    return learning_rates(hparams, first, count).tolist()


def test_the_constant_schedule_is_constant() -> None:
    assert rates() == [0.5] * 1001


def test_the_cosine_schedule_falls_from_1_through_half_to_0() -> None:
    falling = rates(schedule="cosine")
    assert falling[0] == 0.5
    assert falling[500] == pytest.approx(0.25)
    assert falling[1000] == pytest.approx(0, abs=1e-9)
    assert falling == sorted(falling, reverse=True)


def test_the_exponential_schedule_falls_by_the_same_factor_each_step() -> None:
    falling = rates(schedule="exponential")
    assert falling[0] == 0.5
    assert falling[1000] == pytest.approx(0.5 * EXPONENTIAL_END)
    assert falling[501] / falling[500] == pytest.approx(falling[1] / falling[0], rel=1e-5)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_warm_up_is_linear_up_to_the_full_rate(schedule: str) -> None:
    warm = rates(schedule=schedule, warmup_steps=100)
    assert warm[:100] == pytest.approx([0.5 * (step + 1) / 100 for step in range(100)])
    assert warm[100] == 0.5
    assert max(warm) == 0.5


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_after_max_steps_the_rate_is_constant(schedule: str) -> None:
    assert rates(5000, 2, schedule=schedule) == [rates(1000, 1, schedule=schedule)[0]] * 2


def test_warm_up_may_be_longer_than_the_run() -> None:
    assert rates(0, 10, schedule="cosine", warmup_steps=5000)[9] == pytest.approx(0.5 * 10 / 5000)


@given(
    st.sampled_from(SCHEDULES),
    st.integers(0, 300),
    st.integers(1, 400),
    st.lists(st.integers(0, 400), max_size=5),
)
def test_rates_do_not_depend_on_chunking(
    schedule: str, warm: int, steps: int, cuts: list[int]
) -> None:
    hparams = validate_hparams({"max_steps": steps, "schedule": schedule, "warmup_steps": warm})
    edges = sorted({0, 400, *cuts})
    pieces = [learning_rates(hparams, start, stop - start) for start, stop in pairwise(edges)]
    assert np.concatenate(pieces).tobytes() == learning_rates(hparams, 0, 400).tobytes()
