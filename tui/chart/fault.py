"""A chart that cannot be drawn, because of an error that nobody expected: it says so itself.

The other charts, and the program that shows them, go on.
"""

from typing import Final

from core.cli.fault import describe_fault

MAX_DESCRIBED: Final = 20
"""How many errors are written to a file; a chart is drawn several times a second."""
described: Final[dict[tuple[str, str, int], str]] = {}
"""The sentence about each error, by its name and the place that raised it."""


def fault_text(error: Exception) -> str:
    """Return a sentence about an error: what it is, and where its traceback was written."""
    name, trace = type(error).__name__, error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    file, line = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else ("", 0)
    key = name, file, line
    if key not in described:
        if len(described) >= MAX_DESCRIBED:
            return f"drawing failed unexpectedly ({name})"
        described[key] = f"drawing {describe_fault(error)}"
    return described[key]
