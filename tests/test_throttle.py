"""The throttle's leading and trailing edge."""

from collections.abc import Callable

from conftest import FakeClock

from tui.widgets.throttle import Throttle


class Timers:
    """Collects timers; `fire` lets their time pass."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.pending: list[tuple[float, Callable[[], None]]] = []

    def set(self, delay: float, action: Callable[[], None]) -> None:
        self.pending.append((self.clock.now + delay, action))

    def fire(self) -> None:
        when, action = self.pending.pop(0)
        self.clock.now = when
        action()


def test_the_first_call_is_immediate_and_the_newest_follows_at_the_end(clock: FakeClock) -> None:
    timers, done = Timers(clock), []
    throttle = Throttle(2.0, clock)
    for number in (1, 2, 3):
        throttle.call(lambda number=number: done.append(number), timers.set)
    assert done == [1]
    assert [when for when, _ in timers.pending] == [2.0]
    assert not throttle.is_idle
    timers.fire()
    assert done == [1, 3]
    assert throttle.is_idle
    throttle.call(lambda: done.append(4), timers.set)
    assert done == [1, 3]  # the trailing call has started an interval of its own
    timers.fire()
    assert done == [1, 3, 4]


def test_after_an_idle_interval_a_call_is_immediate_again(clock: FakeClock) -> None:
    timers, done = Timers(clock), []
    throttle = Throttle(2.0, clock)
    throttle.call(lambda: done.append(1), timers.set)
    clock.now += 2.0
    throttle.call(lambda: done.append(2), timers.set)
    assert done == [1, 2]
    assert timers.pending == []


def test_after_a_reset_a_call_is_immediate_and_the_old_timer_does_nothing(clock: FakeClock) -> None:
    timers, done = Timers(clock), []
    throttle = Throttle(2.0, clock)
    throttle.call(lambda: done.append(1), timers.set)
    throttle.call(lambda: done.append(2), timers.set)
    throttle.reset()
    throttle.call(lambda: done.append(3), timers.set)
    timers.fire()
    assert done == [1, 3]
    assert timers.pending == []


def test_a_timer_that_is_too_early_waits_for_the_rest(clock: FakeClock) -> None:
    timers, done = Timers(clock), []
    throttle = Throttle(2.0, clock)
    throttle.call(lambda: done.append(1), timers.set)
    throttle.call(lambda: done.append(2), timers.set)
    throttle.start(5.0)
    timers.fire()
    assert done == [1]
    timers.fire()
    assert done == [1, 2]
    assert clock.now == 5.0


def test_a_call_within_the_grace_period_leads_the_next_interval(clock: FakeClock) -> None:
    timers, done = Timers(clock), []
    throttle = Throttle(2.0, clock, grace=0.5)
    throttle.call(lambda: done.append(1), timers.set)
    throttle.call(lambda: done.append(2), timers.set)
    clock.now = 2.1
    throttle.call(lambda: done.append(3), timers.set)
    assert done == [1, 3]
    timers.fire()
    assert done == [1, 3]
    assert clock.now == 2.5


def test_an_owner_may_ask_and_start_by_itself(clock: FakeClock) -> None:
    throttle = Throttle(2.0, clock)
    assert throttle.remaining == 0
    throttle.start()
    clock.now += 0.5
    assert throttle.remaining == 1.5
    clock.now += 10
    assert throttle.remaining == 0
