"""Why an attached run has no numbers to show, and what to do about it."""

from core.run.state import RunState
from trainpad.supervised import ADOPTED
from trainpad.text import sanitize


def only_prints(run: RunState) -> bool:
    """Whether `trainpad run` started the program, and it does not record the run itself."""
    return run.info.get("supervised") is True and ADOPTED not in run.info


def why_no_numbers(run: RunState, unreadable: str) -> str:
    """Return a sentence for a run without numbers.

    Args:
        run: The run.
        unreadable: Why its file of numbers cannot be read; empty where it can.
    """
    if unreadable:
        return f"metrics.jsonl cannot be read: {sanitize(unreadable, limit=200)}"
    if only_prints(run):
        return "no numbers yet: no `name: number` in its lines; see trainpad run --parse"
    return 'no numbers until the program calls run.log({"loss": loss}, step)'
