"""Why an attached run has no numbers to show, and what to do about it."""

from collections.abc import Sequence
from typing import Final

from core.output.marks import marks_of
from core.output.texts import pairs
from core.run.state import RunState
from core.run.status import RunStatus
from trainpad.supervised import ADOPTED
from trainpad.text import sanitize

SEARCHED: Final = 50
"""How many of the last lines are searched for one with a number."""


def only_prints(run: RunState) -> bool:
    """Whether `trainpad run` started the program, and it does not record the run itself."""
    return run.info.get("supervised") is True and ADOPTED not in run.info


def why_no_numbers(run: RunState, unreadable: str, printed: Sequence[str] = ()) -> str:
    """Return a sentence for a run without numbers.

    Args:
        run: The run.
        unreadable: Why its file of numbers cannot be read; empty where it can.
        printed: The lines that the program has printed.
    """
    if unreadable:
        return f"metrics.jsonl cannot be read: {sanitize(unreadable, limit=200)}"
    if run.metrics.fraction_read < 1:
        return "reading the numbers of this run ..."
    if only_prints(run):
        if run.status is RunStatus.FAILED:
            return "no numbers: the program failed before it printed one; its output may say why"
        return f"no numbers yet: {_what_lines_lack(printed)}"
    if not run.metrics.is_read:
        return "reading the numbers of this run ..."
    return 'no numbers yet: they come with run.log({"loss": loss}, step)'


def _what_lines_lack(printed: Sequence[str]) -> str:
    """Return why no number was found in these lines, with one of them, and what to do about it."""
    newest = printed[: -SEARCHED - 1 : -1]
    line = next((line for line in newest if any(pairs(line))), "") or next(
        (line for line in newest if any(map(str.isdecimal, line))), ""
    )
    if not line:
        return "no line names a step and a number, as `step 5 loss: 0.3` does"
    sample = sanitize(line.strip(), limit=60)
    lacks = "number after a name" if marks_of(line) else "step, as `step 5 loss: 0.3` does"
    return f"`{sample}` names no {lacks}; describe your lines with trainpad run --parse"
