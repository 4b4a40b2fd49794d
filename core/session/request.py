"""A request to train, and how it is made from the flags of `trainpad train`.

Flags are as click passes them: text, or None where a flag was not given. A run to resume or to
branch from provides the values of flags that were not given.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.network.model_file import ModelFile
from core.output.counted import counted
from core.run.hparams import (
    SPECS,
    HyperParameters,
    Value,
    as_dict,
    known_hparams,
    update_hparams,
    validate_hparams,
)
from core.run.layers import OWN, Dense, format_layers, parse_layers
from core.run.own_hparams import is_own_value
from core.run.presets import PRESETS
from core.run.value_names import known_name
from core.rundir.data_source import DataSource, absolute_dataset, absolute_path
from core.rundir.resume import Change, ResumePoint, find_resume_point
from core.rundir.rundir import RunDir, log_dir_from
from core.training.cluster import STRATEGIES
from trainpad.errors import UserError

Flags = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A request to train a new run or to resume one."""

    hparams: HyperParameters
    log_dir: Path
    source: DataSource = field(default_factory=DataSource)
    fingerprint: str = ""
    """How the fingerprint of the data must begin, so that no other data is trained on."""
    offline: bool = False
    """Never use the network."""
    device: str = "auto"
    xla: bool | None = None
    """Whether to compile with XLA; None: where it gains."""
    own: ModelFile | None = None
    """The file of a model of a person's own; used where the hyperparameter `network` names it."""
    rate_given: bool = True
    """Whether the learning rate was chosen, so that a compiled model's own is not taken."""
    strategy: str = "none"
    """How several devices or machines share each batch; see `core.training.distributed`."""
    resume: ResumePoint | None = None
    branch: ResumePoint | None = None
    """The checkpoint that a new run starts from."""
    changes: Sequence[tuple[int, str, Any]] = ()
    profile: int = 0
    """Steps to trace with TensorFlow's profiler."""
    on_open: Callable[[RunDir], None] = field(default=lambda _run: None)
    """Called when the directory exists, before TensorFlow prints anything."""


def request_from(flags: Flags) -> Request:
    """Return the request that the flags make.

    Raises:
        UserError: a flag's value is invalid; one sentence.
    """
    named = [flags[name] for name in ("resume", "branch") if flags[name] is not None]
    if len(named) > 1:
        raise UserError("--resume continues a run and --branch starts a new one; give only one")
    log_dir = log_dir_from(flags["log_dir"])
    start = find_resume_point(named[0], log_dir) if named else None
    own = _own_model(flags, start)
    if own and flags["model"]:
        if flags["network"] is not None:
            raise UserError("--network and --model both say what to train; give only one")
        flags = {**flags, "network": f"{OWN} {own.name}"}
    hparams = _hyperparameters(flags, start)
    resume = start if flags["resume"] is not None else None
    before = _device_settings(resume.run.info() if resume else {})
    changes = [*_later_changes(flags, resume), *_changes(flags["change"], own)]
    if resume:
        if flags["max_steps"] is not None:
            _check_steps(resume, hparams.max_steps)
        hparams, changes = _plan(resume, hparams, changes)
    return Request(
        hparams=hparams,
        source=_source(flags, start, own),
        log_dir=log_dir,
        device=_device(flags["device"]) if flags["device"] else before["device"],
        xla=before["xla"] if flags["xla"] is None else flags["xla"],
        strategy=flags["strategy"] or before["strategy"],
        own=own,
        rate_given=flags["learning_rate"] is not None or bool(start or flags["preset"]),
        fingerprint=_fingerprint(flags["fingerprint"]),
        offline=flags["offline"],
        profile=flags["profile"] or 0,
        resume=resume,
        branch=None if resume else _branch_point(start),
        changes=tuple(changes),
    )


def _own_model(flags: Flags, start: ResumePoint | None) -> ModelFile | None:
    """Return the file of ``--model``, or the copy in the run to resume or branch from."""
    from core.network.model_copy import model_from_flags, recorded_model

    if flags["model"] and flags["resume"] is not None:
        raise UserError(
            f"a resumed run goes on with its copy of the model; for another file use "
            f"--branch {flags['resume']} --model {flags['model']}"
        )
    if flags["model"]:
        return model_from_flags(flags["model"], flags["hp"])
    if flags["hp"]:
        raise UserError("--hp is for the values that a model asks for: give --model FILE.py too")
    own = recorded_model(start.run, start.run.info()) if start else None
    return _with_live_values(own, start) if start and flags["branch"] is not None else own


def _with_live_values(own: ModelFile | None, start: ResumePoint) -> ModelFile | None:
    """Return a model with the values of `hp` of the checkpoint that a branch starts from."""
    live = start.checkpoint.metadata.get("own") if start.checkpoint else None
    return own.with_values(live) if own and isinstance(live, dict) else own


def _check_steps(start: ResumePoint, max_steps: int) -> None:
    """Raise a `UserError` where the run to resume has done `max_steps` already."""
    if max_steps <= start.step:
        done = counted(start.step, "step")
        raise UserError(f"{start.run.name} has done {done}; --max_steps must be above that")


def _plan(
    start: ResumePoint, hparams: HyperParameters, changes: list[Change]
) -> tuple[HyperParameters, list[Change]]:
    """Return the hyperparameters that a resumed run starts with, and the changes from there on.

    A run that begins again has its own in `run.json`: what differs from them is a change at step 0.

    Raises:
        UserError: values are given, but no step would be trained with them.
    """
    before = _recorded_hparams(start)
    now = as_dict(hparams)
    given = [
        (start.step, name, now[name]) for name, old in as_dict(before).items() if now[name] != old
    ]
    new = [*given, *(change for change in changes if change not in start.later_changes)]
    planned = {name: value for step, name, value in changes if step <= start.step}
    if new and planned.get("max_steps", hparams.max_steps) <= start.step:
        names = ", ".join(dict.fromkeys(name for _, name, _ in new))
        raise UserError(
            f"{start.run.name} is done after {counted(start.step, 'step')}, so no step would be "
            f"trained with the new {names}: give a larger --max_steps too"
        )
    return (hparams, changes) if start.checkpoint else (before, [*changes, *given])


def _branch_point(start: ResumePoint | None) -> ResumePoint | None:
    """Return what a new run branches from: of a run without a checkpoint, what that came from."""
    return start.parent if start and start.parent else start


def request_like(run: RunDir) -> Request:
    """Return a request for a new run like `run`: same hyperparameters, data and device.

    Raises:
        RunError: it is no run directory, or cannot be read.
    """
    info = run.info()
    values = info.get("hyperparameters")
    known = values if isinstance(values, dict) else {}
    return Request(
        hparams=validate_hparams(known_hparams(known)),
        log_dir=run.path.parent,
        source=DataSource.from_run_info(info),
        own=_recorded_own(run, info),
        **_device_settings(info),
    )


def _recorded_own(run: RunDir, info: Mapping[str, Any]) -> ModelFile | None:
    from core.network.model_copy import recorded_model

    return recorded_model(run, info)


def branch_request(run: RunDir) -> Request:
    """Return a request for a new run from the newest weights of `run`, on its own data.

    Raises:
        UserError: its checkpoint is not readable.
    """
    start = find_resume_point(str(run.path), run.path.parent)
    hparams, branch = _recorded_hparams(start), _branch_point(start)
    return replace(request_like(run), hparams=hparams, branch=branch)


def resume_request(run: RunDir, values: Mapping[str, Value]) -> Request:
    """Return a request that resumes `run` on its own data, with these hyperparameters changed.

    Raises:
        UserError: its checkpoint is not readable, or it has no steps left.
    """
    start = find_resume_point(str(run.path), run.path.parent)
    changes = [change for change in start.later_changes if change[1] not in values]
    own = {name: value for name, value in values.items() if is_own_value(name)}
    changes += [(start.step, name, value) for name, value in own.items()]
    hparams = update_hparams(
        _recorded_hparams(start), {name: v for name, v in values.items() if name not in own}
    )
    planned = {name: value for _, name, value in changes}
    _check_steps(start, planned.get("max_steps", hparams.max_steps))
    hparams, changes = _plan(start, hparams, changes)
    return replace(request_like(run), hparams=hparams, resume=start, changes=changes)


def _recorded_hparams(start: ResumePoint | None) -> HyperParameters:
    """Return the hyperparameters at a resume point; the defaults without one."""
    if start is None:
        return validate_hparams({})
    if start.checkpoint is not None:
        return validate_hparams(start.checkpoint.metadata.get("hyperparameters", {}))
    values = start.run.info().get("hyperparameters")
    return validate_hparams(known_hparams(values if isinstance(values, dict) else {}))


def _device_settings(info: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request on device and strategy, as far as `run.json` is valid."""
    device, strategy = info.get("device"), info.get("strategy")
    return {
        "device": device if isinstance(device, str) and _is_device(device) else "auto",
        "xla": info.get("xla") if isinstance(info.get("xla"), bool) else None,
        "strategy": strategy if strategy in STRATEGIES else "none",
    }


def _hyperparameters(flags: Flags, start: ResumePoint | None) -> HyperParameters:
    before = _recorded_hparams(start)
    values: dict[str, Any] = dict(PRESETS[flags["preset"]]) if flags["preset"] else {}
    values |= {name: flags[name] for name in SPECS if flags[name] is not None}
    network = update_hparams(before, values).network
    hparams = update_hparams(before, {**values, "network": _with_units(network, flags)})
    fixed = [name for name, spec in SPECS.items() if not spec.live]
    if flags["resume"] is not None and any(
        getattr(hparams, n) != getattr(before, n) for n in fixed
    ):
        raise UserError(
            f"a resumed run cannot change {', '.join(fixed)}; a new run with its weights can: "
            f"--branch {flags['resume']}"
        )
    return hparams


def _later_changes(flags: Flags, resume: ResumePoint | None) -> list[Change]:
    """Return the changes recorded after the checkpoint, without those that a flag overrides."""
    preset = PRESETS[flags["preset"]] if flags["preset"] else {}
    return [
        change
        for change in (resume.later_changes if resume else ())
        if flags.get(change[1]) is None and change[1] not in preset
    ]


def _changes(texts: Sequence[str], own: ModelFile | None) -> list[Change]:
    found: list[Change] = []
    for text in texts:
        step, _, rest = text.partition(":")
        name, _, value = rest.partition("=")
        if not step.isascii() or not step.isdigit() or not name:
            raise UserError(
                f"--change must be STEP:NAME=VALUE, as 500:learning_rate=0.02, not {text!r}"
            )
        if is_own_value(name):
            if own is None:
                raise UserError(f"{name} is a value of a model of your own: give --model FILE.py")
            found.append((int(step), name, value))  # checked once the model has declared it
            continue
        name = known_name(name, SPECS)
        if name not in SPECS:
            live = ", ".join(name for name, spec in SPECS.items() if spec.live)
            raise UserError(f"there is no hyperparameter called {name!r}; these can change: {live}")
        if not SPECS[name].live:
            raise UserError(f"{name} cannot change while a run trains")
        found.append((int(step), name, SPECS[name].check(value)))
    return found


def _with_units(network: str, flags: Flags) -> str:
    """Return the network with the units that ``--hidden1`` and ``--hidden2`` set.

    Raises:
        UserError: they are set, and it has other layers than fully connected ones.
    """
    layers = list(parse_layers(network))
    for index, name in enumerate(("hidden1", "hidden2")):
        if flags[name] is not None:
            if not all(isinstance(layer, Dense) for layer in layers):
                raise UserError(f"--{name} is for networks such as 128,32; use --network alone")
            layers[index : index + 1] = [Dense(_units(name, flags[name]))]
    return format_layers(layers)


def _units(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 8192:
        raise UserError(f"{name} must be a whole number from 1 to 8192, not {text!r}")
    return int(text)


def _fingerprint(text: str | None) -> str:
    if text is None or re.fullmatch(r"[0-9a-fA-F]{8,64}", text):
        return text or ""
    raise UserError(
        f"fingerprint must be 8 to 64 hexadecimal digits, as run.json has it, not {text[:80]!r}"
    )


def _device(text: str) -> str:
    if _is_device(text):
        return text
    raise UserError(f"device must be auto, cpu or gpu:N, not {text!r}")


def _is_device(text: str) -> bool:
    name, _, number = text.partition(":")
    if text in ("auto", "cpu", "gpu"):
        return True
    return name in ("cpu", "gpu") and number.isascii() and number.isdigit() and len(number) <= 2


def _source(flags: Flags, start: ResumePoint | None, own: ModelFile | None) -> DataSource:
    """Return the data that the flags name; without any, that of the model's file, or as before."""
    from core.network.model_copy import gives_data

    before = DataSource.from_run_info(start.run.info()) if start else DataSource()
    given = {
        "dataset": absolute_dataset(flags["dataset"]),
        "input_data_dir": absolute_path(flags["input_data_dir"]),
        "eval_data": absolute_dataset(str(flags["eval_data"])) if flags["eval_data"] else None,
        "fake_data": flags["fake_data"] or None,
        "variation": flags["variation"],
        "size": flags.get("size"),
    }
    named = {name: value for name, value in given.items() if value is not None}
    if named:
        return replace(before, function=False, **named)
    return replace(before, function=own is not None and gives_data(own))
