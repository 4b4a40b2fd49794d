"""A training that somebody asked for, and how the flags of `trainpad train` ask for one.

Flags come as click gives them: text, None where a flag was not given. A run that is named to go on
from, or to branch from, gives what the flags leave open.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.run.hparams import SPECS, HyperParameters, update_hparams, validate_hparams
from core.run.presets import PRESETS
from core.rundir.data_source import DataSource
from core.rundir.resume import Change, ResumePoint, find_resume_point
from core.rundir.rundir import RunDir, log_dir_from
from core.training.device import STRATEGIES
from data.files import exists
from trainpad.errors import UserError

Flags = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A training that somebody asked for."""

    hparams: HyperParameters
    log_dir: Path
    source: DataSource = field(default_factory=DataSource)
    offline: bool = False
    """Never use the network."""
    device: str = "auto"
    xla: bool = True
    strategy: str = "none"
    """How several devices or machines share the work; see `core.training.distributed`."""
    resume: ResumePoint | None = None
    branch: ResumePoint | None = None
    """Whose weights the new run starts with."""
    changes: Sequence[tuple[int, str, Any]] = ()
    profile: int = 0
    """How many steps to trace with TensorFlow's profiler."""
    on_open: Callable[[RunDir], None] = field(default=lambda _run: None)
    """Called when the directory exists, before TensorFlow says its first word."""


def request_from(flags: Flags) -> Request:
    """What the flags ask for.

    Raises:
        UserError: a flag's value cannot be used; one sentence.
    """
    named = [flags[way] for way in ("resume", "branch") if flags[way] is not None]
    if len(named) > 1:
        raise UserError("--resume goes on with a run and --branch begins a new one; give one")
    log_dir = log_dir_from(flags["log_dir"])
    start = find_resume_point(named[0], log_dir) if named else None
    hparams = _hyperparameters(flags, start)
    resume = start if flags["resume"] is not None else None
    before = _device_settings(resume.run.info() if resume else {})
    if resume and flags["max_steps"] is not None:
        _check_steps(resume, hparams.max_steps)
    return Request(
        hparams=hparams,
        source=_source(flags, start),
        log_dir=log_dir,
        device=_device(flags["device"]) if flags["device"] else before["device"],
        xla=before["xla"] if flags["xla"] is None else flags["xla"],
        strategy=flags["strategy"] or before["strategy"],
        offline=flags["offline"],
        profile=flags["profile"] or 0,
        resume=resume,
        branch=None if resume else start,
        changes=(*_later_changes(flags, resume), *_changes(flags["change"])),
    )


def _check_steps(start: ResumePoint, max_steps: int) -> None:
    """That there is something left to do, where somebody says how many steps there shall be."""
    done = start.checkpoint.step if start.checkpoint else 0
    if max_steps <= done:
        raise UserError(f"{start.run.name} has done {done:,} steps; --max_steps must be above that")


def request_like(run: RunDir) -> Request:
    """A new run as `run` began: with its hyperparameters, on its data, trained where it was.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    info = run.info()
    values = info.get("hyperparameters")
    known = values if isinstance(values, dict) else {}
    return Request(
        hparams=validate_hparams({name: value for name, value in known.items() if name in SPECS}),
        log_dir=run.path.parent,
        source=DataSource.from_run_info(info),
        **_device_settings(info),
    )


def resume_request(run: RunDir, *, branch: bool) -> Request:
    """Train on where `run` stood, on its own data; with `branch`, begin a new run from there.

    Raises:
        UserError: it has no checkpoint that is whole.
    """
    start = find_resume_point(str(run.path), run.path.parent)
    about = start.checkpoint.metadata if start.checkpoint else {}
    return replace(
        request_like(run),
        hparams=validate_hparams(about.get("hyperparameters", {})),
        resume=None if branch else start,
        branch=start if branch else None,
        changes=() if branch else start.later_changes,
    )


def _device_settings(info: Mapping[str, Any]) -> dict[str, Any]:
    """By what a run was trained, as far as its `run.json` can be believed: fields of a request."""
    device, strategy = info.get("device"), info.get("strategy")
    return {
        "device": device if isinstance(device, str) and _is_device(device) else "auto",
        "xla": info.get("xla") is not False,
        "strategy": strategy if strategy in STRATEGIES else "none",
    }


def _hyperparameters(flags: Flags, start: ResumePoint | None) -> HyperParameters:
    about = start.checkpoint.metadata if start and start.checkpoint else {}
    before = validate_hparams(about.get("hyperparameters", {}))
    values: dict[str, Any] = dict(PRESETS[flags["preset"]]) if flags["preset"] else {}
    values |= {name: flags[name] for name in SPECS if flags[name] is not None}
    hidden = list(update_hparams(before, values).hidden)
    for place, name in enumerate(("hidden1", "hidden2")):
        if flags[name] is not None:
            hidden[place : place + 1] = [_units(name, flags[name])]
    hparams = update_hparams(before, {**values, "hidden": hidden})
    fixed = [name for name, declared in SPECS.items() if not declared.live]
    if flags["resume"] is not None and any(
        getattr(hparams, n) != getattr(before, n) for n in fixed
    ):
        raise UserError(f"a resumed run keeps its {', '.join(fixed)}; --branch may change them")
    return hparams


def _later_changes(flags: Flags, resume: ResumePoint | None) -> list[Change]:
    """The changes after the checkpoint, but for those that a flag has the last word on."""
    preset = PRESETS[flags["preset"]] if flags["preset"] else {}
    return [
        change
        for change in (resume.later_changes if resume else ())
        if flags.get(change[1]) is None and change[1] not in preset
    ]


def _changes(texts: Sequence[str]) -> list[Change]:
    found = []
    for text in texts:
        step, _, rest = text.partition(":")
        name, _, value = rest.partition("=")
        if not step.isascii() or not step.isdigit() or not name:
            raise UserError(f"change must be like 500:learning_rate=0.02, not {text!r}")
        if name not in SPECS:
            live = ", ".join(name for name, declared in SPECS.items() if declared.live)
            raise UserError(f"there is no hyperparameter called {name!r}; these can change: {live}")
        if not SPECS[name].live:
            raise UserError(f"{name} cannot change while a run trains")
        found.append((int(step), name, SPECS[name].check(value)))
    return found


def _units(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 8192:
        raise UserError(f"{name} must be a whole number from 1 to 8192, not {text!r}")
    return int(text)


def _device(text: str) -> str:
    if _is_device(text):
        return text
    raise UserError(f"device must be auto, cpu or gpu:N, not {text!r}")


def _is_device(text: str) -> bool:
    name, _, number = text.partition(":")
    if text in ("auto", "cpu", "gpu"):
        return True
    return name in ("cpu", "gpu") and number.isascii() and number.isdigit() and len(number) <= 2


def _source(flags: Flags, start: ResumePoint | None) -> DataSource:
    before = DataSource.from_run_info(start.run.info()) if start else DataSource()
    given = {
        "dataset": _dataset(flags["dataset"]),
        "input_data_dir": _absolute(flags["input_data_dir"]),
        "eval_data": _absolute(flags["eval_data"]),
        "fake_data": flags["fake_data"] or None,
        "variation": flags["variation"],
    }
    return replace(before, **{name: value for name, value in given.items() if value is not None})


def _dataset(named: str | None) -> str | None:
    """The name of a data set as it is; a folder so that it is found again from any other one."""
    from data.sources import NAMES

    if not named or named in NAMES or not exists(Path(named).expanduser()):
        return named
    return _absolute(Path(named))


def _absolute(folder: Path | None) -> str | None:
    return str(folder.expanduser().resolve()) if folder else None
