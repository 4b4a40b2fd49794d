"""How many steps a compiled call takes: about as many as fill a twentieth of a second."""

import pytest

from core.pacer import Pacer


@pytest.mark.parametrize(("milliseconds", "count"), [(0.4, 125), (5.0, 10), (200.0, 1)])
def test_calls_come_to_last_a_twentieth_of_a_second(milliseconds: float, count: int) -> None:
    pacer = Pacer()
    for _ in range(20):
        pacer.took(pacer.count, pacer.count * milliseconds / 1000)
    assert pacer.count == pytest.approx(count, rel=0.02, abs=1)


def test_a_call_that_took_no_time_and_no_steps_is_no_trouble() -> None:
    pacer = Pacer()
    pacer.took(0, 0.0)
    assert pacer.count >= 1
