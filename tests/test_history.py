"""What a restart voids, which evaluation is the best, and which changes hold."""

from core.run.events import Changed, Evaluated, Event, Saved, Started, Steps
from core.run.history import best_evaluation, changes_of, restart_limits, surviving
from data.dataset import SPLITS


def started(step: int, *planned: tuple[int, str, object]) -> Started:
    return Started(step, {}, "CPU:0", 4, list(planned))


def evaluated(step: int, right: int) -> Evaluated:
    return Evaluated(step, {split: [[right, 10 - right], [0, 0]] for split in SPLITS}, {}, 0.1)


def test_a_restart_limits_the_events_before_it() -> None:
    events: list[Event] = [started(0), Saved(8, "a"), started(5), Saved(9, "b"), started(7)]
    assert restart_limits(events) == [5, 5, 7, 7, float("inf")]


def test_a_restart_voids_events_of_later_steps() -> None:
    events: list[Event] = [
        started(0),
        evaluated(5, 1),
        Saved(5, "a"),
        evaluated(8, 2),
        Saved(8, "b"),
    ]
    held = surviving([*events, started(5), evaluated(6, 3)])
    assert [(type(event), event.step) for event in held] == [  # type: ignore[attr-defined]
        (Started, 0), (Evaluated, 5), (Saved, 5), (Started, 5), (Evaluated, 6),
    ]  # fmt: skip


def test_what_happened_before_any_start_holds_only_up_to_its_step() -> None:
    events: list[Event] = [Saved(3, "a"), Saved(8, "b"), started(5), Saved(9, "c")]
    assert surviving(events) == [events[0], *events[2:]]


def test_a_restart_voids_changes_from_its_step_on() -> None:
    events: list[Event] = [started(0), Changed(4, "l2", 0, 1), Changed(5, "l2", 1, 2), started(5)]
    assert [event for event in surviving(events) if isinstance(event, Changed)] == [events[1]]


def test_events_without_a_step_survive() -> None:
    steps = Steps(0, [], 0.1)  # type: ignore[arg-type]
    assert surviving([steps, started(0)])[0] is steps


def test_the_first_of_equally_good_evaluations_is_the_best() -> None:
    evaluations = [evaluated(1, 5), evaluated(2, 9), evaluated(3, 9), evaluated(4, 7)]
    assert best_evaluation(evaluations) is evaluations[1]
    assert best_evaluation([]) is None
    assert best_evaluation([Evaluated(1, {}, {}, 0.1)]) is None


def test_changes_are_those_made_and_those_planned_by_ascending_step() -> None:
    changes = changes_of(
        [
            started(0, (9, "l2", 0.5)),
            Changed(3, "dropout", 0.0, 0.1),
            Changed(7, "dropout", 0.1, 0.2),
            started(5, (8, "l2", 0.3), (6, "dropout", 0.4)),
            Changed(6, "dropout", 0.1, 0.4),
        ]
    )
    assert [(change.step, change.name, change.new) for change in changes] == [
        (3, "dropout", 0.1), (6, "dropout", 0.4), (8, "l2", 0.3),
    ]  # fmt: skip
