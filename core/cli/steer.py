"""Requests to a run from the shell, and whether the run answered.

They are the same as a dashboard makes, for our own runs and for attached ones.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.run.hparams import SPECS, HyperparameterSpec
from core.run.own_hparams import OwnHparams
from core.run.value_names import known_name
from core.rundir.attached import control_of, read_program, records_itself
from core.rundir.entry import read_entry
from core.rundir.json_tail import JsonTail
from core.rundir.resume import read_events
from core.rundir.rundir import RunDir, log_dir_from
from core.rundir.status import RunSummary, read_status, resolve_live_run
from trainpad.errors import RunError, UserError
from trainpad.knobs import Knob
from trainpad.text import sanitize

POLL_INTERVAL: Final = 0.1
"""Seconds between two polls of the run that is waited for."""
NO_ANSWER: Final = 1
"""The exit status where a run did not answer in time."""
ASKS: Final = {"save": "run.save_requested", "evaluate": "run.evaluate_requested"}
"""Where the program of an attached run finds a request; the others at ``run.tick()``."""
ENDS: Final = ("finished", "failed", "diverged")
Say = Callable[[str], object]
Answer = Callable[[Mapping[str, Any]], bool]
"""Whether an event is the run's answer."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A request to a run, and how the run answers it."""

    name: str
    request: Mapping[str, Any]
    """Keywords of `Control.request`."""
    answers: tuple[str, ...]
    """The events that answer it."""
    done: str
    """What is said when it is done."""
    state: str = ""
    """In this state a run has nothing left to do."""


VERBS: Final = (
    Verb("pause", {"pause_at": 0}, ("paused", *ENDS), "paused", "paused"),
    Verb("resume", {"pause_at": None}, ("continued", *ENDS), "resumed", "training"),
    Verb("stop", {"stop": "stopped"}, ENDS, "stopped"),
    Verb("save", {"increment": "checkpoint"}, ("saved", "answered:save", *ENDS), "saved"),
    Verb("evaluate", {"increment": "evaluate"}, ("evaluated", "answered:evaluate", *ENDS),
         "evaluated"),
)  # fmt: skip


def open_live(run: str, log_dir: Path | None) -> tuple[RunDir, RunSummary]:
    """The run that is meant, which can be steered.

    Raises:
        UserError: there is no such run, or it has ended.
    """
    found = resolve_live_run(run, log_dir_from(log_dir))
    summary = read_status(found)
    if not summary.is_live:
        raise UserError(f"{summary.name} is {summary.state}; only a live run can be steered")
    return found, summary


def steer(verb: Verb, run: str, log_dir: Path | None, wait: float, say: Say) -> int:
    """Make a request; wait so many seconds for the answer, and return the exit status.

    Raises:
        UserError: there is no such live run, or the request cannot be written.
    """
    found, summary = open_live(run, log_dir)
    if verb.name in ASKS and summary.is_attached and not records_itself(found):
        raise UserError(
            f"{summary.name} cannot be asked to {verb.name}: its program does not use trainpad; "
            f"one that does reads `{ASKS[verb.name]}`"
        )
    events = JsonTail(found.events, last=0)
    control_of(found).request(**verb.request)
    if verb.state == summary.state or not wait:
        doubt = _doubt(found, summary, verb)
        say(f"{summary.name}: {verb.done if wait else f'{verb.name} requested'}{doubt}")
        return 0

    def is_answer(event: Mapping[str, Any]) -> bool:
        name = event.get("event")
        return name in verb.answers or f"{name}:{event.get('request')}" in verb.answers

    return _await(summary, events, is_answer, wait, say, verb.done, verb.name)


def set_values(arguments: Sequence[str], log_dir: Path | None, wait: float, say: Say) -> int:
    """Change values of a run: ``[RUN] NAME=VALUE...``; return the exit status.

    Raises:
        UserError: there is no such live run, or a value is not one that it takes.
    """
    run = "" if not arguments or "=" in arguments[0] else arguments[0]
    pairs = arguments[bool(run) :]
    if not run and arguments and "=" not in arguments[-1]:
        ordered = " ".join((arguments[-1], *arguments[:-1]))
        raise UserError(f"{arguments[-1]!r} has no =; a run comes first: trainpad set {ordered}")
    if not pairs or not all("=" in pair[1:] for pair in pairs):
        raise UserError("give the run, if any, then NAME=VALUE, such as: trainpad set lr=0.001")
    found, summary = open_live(run, log_dir)
    knobs = read_values(found, summary)
    values = dict(_parse(knobs, pair) for pair in pairs)
    events = JsonTail(found.events, last=0)
    control_of(found).request(hyperparameters=values)
    shown = ", ".join(f"{name}={value}" for name, value in values.items())
    missing = {name for name, value in values.items() if knobs[name].value != value}
    if not wait:
        say(f"{summary.name}: {shown} requested")
        return 0

    def is_answer(event: Mapping[str, Any]) -> bool:
        if event.get("event") == "changed" and event.get("by") != "program":
            missing.discard(event.get("name", ""))
        return not missing or event.get("event") in ENDS

    if not missing:
        say(f"{summary.name}: {shown} already")
        return 0
    return _await(summary, events, is_answer, wait, say, shown, "set")


def _parse(knobs: Mapping[str, Knob[Any]], pair: str) -> tuple[str, Any]:
    """The name and the value of ``NAME=VALUE``; a name may contain a ``=`` itself.

    ``lr`` is also ``learning_rate``, where the run has only one of the two.
    """
    for name in sorted(knobs, key=len, reverse=True):
        if pair.startswith(f"{name}="):
            return name, knobs[name].parse(pair[len(name) + 1 :])
    name, _, text = pair.partition("=")
    if (other := known_name(name, knobs)) in knobs:
        return other, knobs[other].parse(text)
    if not knobs:
        raise UserError("this program has no values to change: it makes none with run.live")
    known = ", ".join(knobs)
    raise UserError(f"there is no value called {name[:40]!r} to change; there is: {known}")


def read_values(run: RunDir, summary: RunSummary) -> dict[str, Knob[Any]]:
    """What can be changed in a run of either kind, as it is now, by name."""
    if summary.is_attached:
        return read_program(run).knobs
    entry = read_entry(run)
    if entry is None:
        raise RunError(f"{run.path} cannot be read")
    values = {name: entry.hyperparameters[name] for name in SPECS if SPECS[name].live}
    own = OwnHparams().fold(read_events(run))
    return {
        name: _OurKnob(spec, value)
        for specs, found in ((SPECS, values), (own.specs, own.values))
        for name, value in found.items()
        if (spec := specs[name]).live
    }


class _OurKnob(Knob[Any]):
    """A hyperparameter of our own runs, with its own rules."""

    def __init__(self, spec: HyperparameterSpec, value: Any) -> None:
        super().__init__(spec.name, value)
        self._spec = spec

    def check(self, value: Any) -> Any:
        return self._spec.check(value)

    def parse(self, text: str) -> Any:
        return self.check(text)


def _doubt(run: RunDir, summary: RunSummary, verb: Verb) -> str:
    """That the program of an attached run has never read a request, where that is so."""
    if not summary.is_attached or verb.name not in ASKS:
        return ""
    if verb.name in read_program(run).requests:
        return ""
    return f", but its program has not read `{ASKS[verb.name]}` yet; it may never {verb.name}"


def _why_silent(summary: RunSummary, request: str) -> str:
    """Why a run may not answer a request."""
    if not summary.is_attached:
        return "it may be busy compiling, evaluating or saving"
    reads = f"reads `{ASKS[request]}`" if request in ASKS else "calls `run.tick()`"
    return f"its program answers when it {reads}, which it may do rarely or never"


def _await(
    summary: RunSummary,
    events: JsonTail,
    is_answer: Answer,
    wait: float,
    say: Say,
    done: str,
    request: str,
) -> int:
    """Poll for the answer, and say what came; a `request` that is refused is answered too."""
    name = summary.name
    end = time.monotonic() + wait
    while True:
        for event in events.poll():
            if event.get("event") == "warned":
                say(f"{name}: {sanitize(str(event.get('text')), limit=500)}")
                if event.get("refused") == request:
                    return NO_ANSWER
            if is_answer(event):
                step = event.get("step")
                say(f"{name}: {done} at step {step:,}" if isinstance(step, int) else name)
                return 0
        if time.monotonic() >= end:
            why = _why_silent(summary, request)
            say(f"{name}: no answer within {wait:g} seconds: {why}; the request stays")
            return NO_ANSWER
        time.sleep(POLL_INTERVAL)
