"""The findings of `trainpad doctor`, and how they are printed."""

import json
import textwrap
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final, Literal, TextIO

from trainpad.text import sanitize

State = Literal["ok", "hint", "problem"]
INDENT: Final = 23
"""Column at which sentences start."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    topic: str
    """``terminal``, ``device``, ``data``, ``runs`` or ``versions``."""
    what: str
    state: State
    """``ok``; ``hint``: could be better; ``problem``: trainpad cannot work without it."""
    text: str


def ok(topic: str, what: str, text: str) -> Finding:
    """Return a finding that needs no action."""
    return Finding(topic, what, "ok", text)


def hint(topic: str, what: str, text: str) -> Finding:
    """Return a finding that could be better; `text` says how."""
    return Finding(topic, what, "hint", text)


def problem(topic: str, what: str, text: str) -> Finding:
    """Return a finding without which trainpad cannot work; `text` says how to fix it."""
    return Finding(topic, what, "problem", text)


def report(findings: Iterable[Finding], out: TextIO, *, as_json: bool, width: int = 0) -> int:
    """Print findings as they are found; return 1 if one is a problem, else 0.

    Args:
        findings: Results of checks, topic by topic.
        out: Where to print.
        as_json: Print one JSON object for each finding instead of text.
        width: Cells at which sentences are wrapped; 0 for one line each.
    """
    status, topic = 0, ""
    for finding in findings:
        status |= finding.state == "problem"
        if as_json:
            print(json.dumps(asdict(finding)), file=out, flush=True)
            continue
        if finding.topic != topic:
            topic = finding.topic
            print(topic, file=out)
        print(_lines(finding, width), file=out, flush=True)
    return status


def _lines(finding: Finding, width: int) -> str:
    line = f"  {finding.state:7}  {finding.what:10}  {sanitize(finding.text)}"
    if width <= len(line[:INDENT]):
        return line
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
