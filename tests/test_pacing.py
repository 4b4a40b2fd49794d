"""When the screen is updated."""

from types import SimpleNamespace

import pytest
from conftest import FakeClock

from core.run.events import Notice, Paused
from tui.dashboard.pacing import UpdatePacer
from tui.terminal.environment import MAX_SHARE, Pace

PACE = Pace(8, None, MAX_SHARE)


@pytest.fixture
def pacer(clock: FakeClock) -> UpdatePacer:
    return UpdatePacer(PACE, clock, lambda: 0.0)


def test_each_version_is_drawn_once_unless_the_screen_is_outdated(pacer: UpdatePacer) -> None:
    assert pacer.begin_draw(1, None)
    assert not pacer.begin_draw(1, None)
    pacer.invalidate()
    assert pacer.begin_draw(1, None)
    assert pacer.begin_draw(2, None)


def test_events_are_shown_before_the_next_frame_but_not_more_often_than_frames(
    pacer: UpdatePacer, clock: FakeClock
) -> None:
    assert pacer.take_event(Notice(1, "a"))
    assert not pacer.take_event(Notice(1, "b"))
    clock.now += 0.13
    assert pacer.take_event(Notice(1, "c"))


@pytest.mark.parametrize(("stalled", "drawn"), [(False, True), (True, False)])
def test_only_a_stalled_terminal_delays_the_answer_to_a_key(
    pacer: UpdatePacer, stalled: bool, drawn: bool
) -> None:
    terminal = SimpleNamespace(is_behind=True, is_stalled=stalled)
    assert not pacer.begin_draw(1, terminal)
    pacer.take_event(Paused(1))
    assert pacer.begin_draw(1, terminal) is drawn


def test_the_byte_rate_counts_again_once_the_answer_is_drawn(pacer: UpdatePacer) -> None:
    terminal = SimpleNamespace(is_behind=True, is_stalled=False)
    pacer.invalidate(urgent=True)
    assert pacer.begin_draw(1, terminal)
    pacer.invalidate()
    assert not pacer.begin_draw(1, terminal)


def test_frames_take_a_share_of_a_core_and_are_never_far_from_each_other(clock: FakeClock) -> None:
    cpu = FakeClock()
    pacer = UpdatePacer(PACE, clock, cpu)
    assert pacer.begin_draw(1, None)
    cpu.now += 0.005
    clock.now += 0.004 / MAX_SHARE
    assert not pacer.begin_draw(2, None)
    clock.now += 0.0011 / MAX_SHARE
    assert pacer.begin_draw(2, None)
    cpu.now += 1.0
    clock.now += 0.44
    assert not pacer.begin_draw(3, None)
    clock.now += 0.011
    assert pacer.begin_draw(3, None)


def test_the_answer_to_a_key_is_drawn_also_if_frames_cost_much(clock: FakeClock) -> None:
    cpu = FakeClock()
    pacer = UpdatePacer(PACE, clock, cpu)
    assert pacer.begin_draw(1, None)
    cpu.now += 1.0
    pacer.invalidate()
    assert not pacer.begin_draw(1, None)
    pacer.invalidate(urgent=True)
    assert pacer.begin_draw(1, None)


def test_a_requested_number_of_frames_is_drawn_also_if_they_cost_much(clock: FakeClock) -> None:
    cpu = FakeClock()
    pacer = UpdatePacer(Pace.resolve(fps=30), clock, cpu)
    for version in range(3):
        assert pacer.begin_draw(version, None)
        cpu.now += 1.0
