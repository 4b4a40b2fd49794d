"""Changes that are planned for steps of a run."""

from core.training.planned import PlannedChanges

CHANGES = [(0, "l2", 0.1), (5, "learning_rate", 0.5), (5, "max_steps", 9), (7, "max_steps", 6)]


def test_changes_are_taken_once_at_their_step() -> None:
    planned = PlannedChanges(CHANGES)
    assert planned.take(0) == {"l2": 0.1}
    assert planned.take(0) == {}
    assert planned.take(5) == {"learning_rate": 0.5, "max_steps": 9}
    assert planned.take(6) == {}


def test_only_a_plan_of_more_steps_extends_a_run() -> None:
    planned = PlannedChanges(CHANGES)
    assert [step for step in range(9) if planned.extend_at(step)] == [5]
    planned.take(5)
    assert not planned.extend_at(5)


def test_later_changes_are_known() -> None:
    planned = PlannedChanges(CHANGES)
    assert planned.since(5) == CHANGES[1:]
    assert planned.since(6) == CHANGES[3:]
    assert planned.steps_until_due(5) == [2]
