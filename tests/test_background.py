"""Background jobs: one at a time, the newest next, with a cooldown between them."""

from collections.abc import Callable

import pytest
from conftest import FakeClock

from tests.helpers.waiting import wait_until
from tui.widgets.background import MAX_CPU_SHARE, BackgroundJob, JobFinished


class Owner:
    """A screen as `BackgroundJob` sees it; the test fires its timers and delivers its messages."""

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


def test_only_the_newest_job_runs_after_the_cooldown(clock: FakeClock) -> None:
    owner, results = Owner(), []
    jobs = BackgroundJob(owner, results.append, clock=clock)  # type: ignore[arg-type]

    def numbered(number: int) -> Callable[[], int]:
        def work() -> int:
            clock.now += 0.1
            return number

        return work

    for number in (1, 2, 3):
        jobs.submit(numbered(number))
    owner.deliver()
    assert results == [1]
    jobs.submit(numbered(4))
    assert [round(delay, 6) for delay, _ in owner.timers] == [0.1 / MAX_CPU_SHARE]
    clock.now += 0.1 / MAX_CPU_SHARE
    owner.timers.pop()[1]()
    owner.deliver()
    assert results == [1, 4]
    jobs.submit(numbered(5))
    jobs.run_now()
    owner.deliver()
    jobs.submit(numbered(6), now=True)
    owner.deliver()
    assert results == [1, 4, 5, 6]


def test_an_error_is_delivered_and_the_next_job_runs(clock: FakeClock) -> None:
    owner, results = Owner(), []
    jobs = BackgroundJob(owner, results.append, cooldown=2.0, clock=clock)  # type: ignore[arg-type]
    jobs.submit(lambda: 1 // 0)
    owner.deliver()
    assert isinstance(results[0], ZeroDivisionError)
    jobs.submit(lambda: 7)
    assert [delay for delay, _ in owner.timers] == [2.0]
    jobs.run_now()
    owner.deliver()
    assert results[1:] == [7]


@pytest.mark.parametrize("by", ["submit", "run_now"])
def test_a_job_requested_by_a_key_skips_the_cooldown(clock: FakeClock, by: str) -> None:
    owner, results = Owner(), []
    jobs = BackgroundJob(owner, results.append, clock=clock)  # type: ignore[arg-type]

    def work() -> float:
        clock.now += 0.2
        return clock.now

    assert not jobs.busy
    jobs.submit(work)
    assert jobs.busy
    jobs.submit(work, now=by == "submit")
    if by == "run_now":
        jobs.run_now()
    owner.deliver()
    assert (jobs.busy, owner.timers) == (True, [])
    owner.deliver()
    assert [round(result, 6) for result in results] == [0.2, 0.4]
    jobs.submit(work)  # the next job has its cooldown again
    assert (jobs.busy, len(owner.timers)) == (False, 1)


def test_run_now_without_a_pending_job_skips_one_cooldown(clock: FakeClock) -> None:
    owner, results = Owner(), []
    jobs = BackgroundJob(owner, results.append, cooldown=2.0, clock=clock)  # type: ignore[arg-type]
    jobs.run_now()
    jobs.submit(lambda: 1)
    owner.deliver()
    jobs.submit(lambda: 2)
    assert [delay for delay, _ in owner.timers] == [2.0]


def test_a_cancelled_result_is_dropped_and_the_next_job_starts_at_once(
    clock: FakeClock,
) -> None:
    owner, results = Owner(), []
    jobs = BackgroundJob(owner, results.append, cooldown=2.0, clock=clock)  # type: ignore[arg-type]
    jobs.submit(lambda: 1)
    jobs.submit(lambda: 2)
    jobs.cancel()
    jobs.submit(lambda: 3)
    owner.deliver()
    assert (results, jobs.busy) == ([], True)
    owner.deliver()
    assert (results, jobs.busy) == ([3], False)
    jobs.cancel()  # nothing is running
    jobs.submit(lambda: 4)
    owner.deliver()
    assert results == [3, 4]
