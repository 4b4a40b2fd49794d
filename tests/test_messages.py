"""The messages of a run: checkpoints do not push out what matters."""

from core.run.events import Alert, Saved
from core.run.state import RunState
from tui.dashboard.messages import MessageLog


def test_successive_checkpoints_are_one_line() -> None:
    run, messages = RunState(), MessageLog()
    run.fold(Saved(1000, "step-000999.safetensors", True))
    run.fold(Alert(1500, "the disk is full"))
    for step in range(2000, 7000, 1000):
        run.fold(Saved(step, "a.safetensors", step == 3000))
    messages._run = run
    assert [" ".join("".join(t for t, _ in row).split()) for row in messages.lines(90, 5)] == [
        "6,000 checkpoint saved, the best so far at 3,000 (5 saved)",
        "1,500 the disk is full",
        "1,000 checkpoint saved, best so far on validation",
    ]
