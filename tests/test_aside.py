"""Jobs aside: one at a time, the newest wish next, and rest between them."""

from collections.abc import Callable

import pytest
from conftest import FakeClock

from tests.helpers.waiting import wait_until
from tui.widgets.background import MAX_CPU_SHARE, BackgroundJob, JobFinished


class Owner:
    """A screen as `Aside` knows it; its timers and messages wait until a test looks at them."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.posted: list[JobFinished] = []

    def set_timer(self, delay: float, callback: Callable[[], None]) -> None:
        self.timers.append((delay, callback))

    def post_message(self, message: JobFinished) -> None:
        self.posted.append(message)

    def deliver(self) -> None:
        wait_until(lambda: self.posted)
        self.posted.pop().deliver()


def test_the_newest_wish_alone_is_done_after_a_rest(clock: FakeClock) -> None:
    owner, taken = Owner(), []
    aside = BackgroundJob(owner, taken.append, clock=clock)  # type: ignore[arg-type]

    def job(number: int) -> Callable[[], int]:
        def work() -> int:
            clock.now += 0.1
            return number

        return work

    for number in (1, 2, 3):
        aside.submit(job(number))
    owner.deliver()
    assert taken == [1]
    aside.submit(job(4))
    assert [round(delay, 6) for delay, _ in owner.timers] == [0.1 / MAX_CPU_SHARE]
    clock.now += 0.1 / MAX_CPU_SHARE
    owner.timers.pop()[1]()
    owner.deliver()
    assert taken == [1, 4]
    aside.submit(job(5))
    aside.run_now()
    owner.deliver()
    aside.submit(job(6), now=True)
    owner.deliver()
    assert taken == [1, 4, 5, 6]


def test_what_a_job_raises_is_handed_over_and_the_next_goes_on(clock: FakeClock) -> None:
    owner, taken = Owner(), []
    aside = BackgroundJob(owner, taken.append, cooldown=2.0, clock=clock)  # type: ignore[arg-type]
    aside.submit(lambda: 1 // 0)
    owner.deliver()
    assert isinstance(taken[0], ZeroDivisionError)
    aside.submit(lambda: 7)
    assert [delay for delay, _ in owner.timers] == [2.0]
    aside.run_now()
    owner.deliver()
    assert taken[1:] == [7]


@pytest.mark.parametrize("by", ["asking now", "hurrying"])
def test_a_wish_by_key_under_way_starts_without_a_rest(clock: FakeClock, by: str) -> None:
    owner, taken = Owner(), []
    aside = BackgroundJob(owner, taken.append, clock=clock)  # type: ignore[arg-type]

    def work() -> float:
        clock.now += 0.2
        return clock.now

    aside.submit(work)
    assert aside.busy
    aside.submit(work, now=by == "asking now")
    if by == "hurrying":
        aside.run_now()
    owner.deliver()
    assert (aside.busy, owner.timers) == (True, [])
    owner.deliver()
    assert [round(result, 6) for result in taken] == [0.2, 0.4]
    aside.submit(work)  # one wish by key leaves the next job its rest
    assert (aside.busy, len(owner.timers)) == (False, 1)


def test_to_hurry_with_nothing_waiting_spares_one_rest_alone(clock: FakeClock) -> None:
    owner, taken = Owner(), []
    aside = BackgroundJob(owner, taken.append, cooldown=2.0, clock=clock)  # type: ignore[arg-type]
    aside.run_now()
    aside.submit(lambda: 1)
    owner.deliver()
    aside.submit(lambda: 2)
    assert [delay for delay, _ in owner.timers] == [2.0]


def test_what_is_forgotten_is_not_taken_and_the_next_does_not_rest(clock: FakeClock) -> None:
    owner, taken = Owner(), []
    aside = BackgroundJob(owner, taken.append, cooldown=2.0, clock=clock)  # type: ignore[arg-type]
    aside.submit(lambda: 1)
    aside.submit(lambda: 2)
    aside.cancel()
    aside.submit(lambda: 3)
    owner.deliver()
    assert (taken, aside.busy) == ([], True)
    owner.deliver()
    assert (taken, aside.busy) == ([3], False)
    aside.cancel()  # nothing is under way
    aside.submit(lambda: 4)
    owner.deliver()
    assert taken == [3, 4]
