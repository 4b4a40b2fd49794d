"""A pattern of the user's that says where a line's numbers are."""

import math
import re

from core.output.texts import Number, to_number
from trainpad.errors import UserError
from trainpad.expression import Expression

POSITIONS = ("step", "epoch")
"""Groups that say to which step the numbers belong."""


class Pattern:
    """A regular expression in which named groups are metrics, and ``step`` and ``epoch`` places."""

    def __init__(self, text: str) -> None:
        """Compile a pattern.

        Raises:
            UserError: it is no regular expression, or names no metric; one sentence.
        """
        try:
            self._expression = Expression(text, budget=math.inf)
        except (re.error, RecursionError, OverflowError) as error:
            raise UserError(f"--parse {text!r} is not a regular expression: {error}") from error
        names = self._expression.groupindex
        if not set(names) - set(POSITIONS):
            raise UserError(
                f"--parse {text!r} names no metric; "
                r"write one as a group such as (?P<loss>[-+.\deE]+), and (?P<step>\d+) for the step"
            )

    def find(self, line: str) -> dict[str, Number] | None:
        """Return the numbers of the groups in a line; None where the pattern is not in it.

        Raises:
            TooSlowError: the pattern takes too long with this line.
        """
        found = self._expression.search(line)
        if found is None:
            return None
        numbers = {}
        for name, text in found.groupdict().items():
            try:
                number = to_number((text or "").strip())
            except ValueError:
                continue
            if number is not None:
                numbers[name] = number
        return numbers
