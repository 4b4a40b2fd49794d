"""What `trainpad doctor` found out, one sentence a thing, and how it is printed."""

import json
import textwrap
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final, Literal, TextIO

from trainpad.text import sanitize

State = Literal["good", "note", "broken"]
INDENT: Final = 22
"""Cells before a sentence."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    """``terminal``, ``device``, ``data``, ``runs`` or ``versions``."""
    what: str
    state: State
    """``good``; ``note``, which the sentence tells how to mend; ``broken``: trainpad needs it."""
    text: str


def ok(topic: str, what: str, text: str) -> Finding:
    """Something that is as it should be."""
    return Finding(topic, what, "good", text)


def hint(topic: str, what: str, text: str) -> Finding:
    """Something that could be better; `text` says how."""
    return Finding(topic, what, "note", text)


def problem(topic: str, what: str, text: str) -> Finding:
    """Something without which trainpad cannot work; `text` says how to mend it."""
    return Finding(topic, what, "broken", text)


def report(findings: Iterable[Finding], out: TextIO, *, as_json: bool, width: int = 0) -> int:
    """Print findings as they come; returns 1 where something needed is broken, else 0.

    Args:
        findings: What was found, topic by topic.
        out: Where to print.
        as_json: One JSON object a finding, instead of lines for people.
        width: Cells to wrap sentences to; 0 is one line each.
    """
    status, topic = 0, ""
    for finding in findings:
        status |= finding.state == "broken"
        if as_json:
            print(json.dumps(asdict(finding)), file=out, flush=True)
            continue
        if finding.topic != topic:
            topic = finding.topic
            print(topic, file=out)
        print(_lines(finding, width), file=out, flush=True)
    return status


def _lines(finding: Finding, width: int) -> str:
    line = f"  {finding.state:6}  {finding.what:10}  {sanitize(finding.text)}"
    if width <= len(line[:INDENT]):
        return line
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
