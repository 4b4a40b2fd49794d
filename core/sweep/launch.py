"""From the options of `trainpad sweep` to trials that run, and what is printed at the end."""

import shlex
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.process.system_stats import gpu_count
from core.run.own_hparams import PREFIX
from core.sweep.devices import AUTO, shares
from core.sweep.folder import PRUNERS, SAMPLERS, Description, StudyFolder, create_study, studies_dir
from core.sweep.interrupt import Interrupt
from core.sweep.model_space import model_space
from core.sweep.paths import absolute_choices, absolute_flags
from core.sweep.plan import best_command
from core.sweep.process import Forker, Spawner
from core.sweep.request import (
    check_names,
    described_study,
    parse_goal,
    parse_time,
    split_flags,
)
from core.sweep.runner import Job, Limits, Sweep
from core.sweep.study import Study, best_first
from core.sweep.study_control import read_desired_state, request
from trainpad.errors import UserError
from trainpad.place import absolute

TRIALS: Final = 40
DONE, FAILED, INTERRUPTED = 0, 1, 130
OPTIONS: Final = frozenset(
    ("study", "trials", "time", "jobs", "goal", "direction", "sampler", "pruner", "seeds", "seed")
)
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A study that exists, and how its trials are to be run."""

    folder: StudyFolder
    jobs: Sequence[Job]
    seconds: float
    trials: int | None
    """How many trials there shall be; None for as many as were planned."""


def prepare(
    options: Mapping[str, Any], flags: Mapping[str, Any], program: Sequence[str]
) -> Prepared:
    """Create a study, or find the one to go on with.

    Raises:
        UserError: an option is invalid, or the study cannot be written.
    """
    unknown = sorted(set(options) - OPTIONS)
    if unknown:
        raise UserError(f"{unknown[0]!r} is no option of a sweep; there are {', '.join(OPTIONS)}")
    seconds = parse_time(str(options["time"])) if options.get("time") else float("inf")
    jobs = [Job(environment) for environment in shares(_jobs(str(options.get("jobs", "auto"))))]
    return Prepared(_open_folder(options, flags, program), jobs, seconds, options.get("trials"))


def run_sweep(prepared: Prepared, say: Say) -> int:
    """Run trials until there are enough; return the exit status.

    Raises:
        UserError: the study cannot be written, or its first trials all failed.
    """
    folder, jobs = prepared.folder, prepared.jobs
    study = Study(folder, folder.description())
    limits = Limits(_begin(folder, prepared.trials, study.description.trials), prepared.seconds)
    say(f"study {folder.path}: {_counted(limits.trials, 'trial')}, {len(jobs)} at a time")
    interrupt = Interrupt()
    interrupt.install()
    starter = Spawner() if study.description.program or gpu_count() else Forker()
    Sweep(study, limits, jobs, say, lambda: interrupt.number > 0, starter).run()
    has_best = say_end(study, say)
    if interrupt.number == signal.SIGINT:
        return INTERRUPTED
    return DONE if has_best or interrupt.number else FAILED


def _begin(folder: StudyFolder, trials: int | None, planned: int) -> int:
    """Drop an earlier request to stop; return how many trials there shall be, and keep that."""
    desired = read_desired_state(folder)
    if trials is not None and trials != (desired.trials or planned):
        desired = request(folder, trials=int(trials))
    if desired.stop:
        request(folder, stop=False)
    return desired.trials or planned


def _open_folder(
    options: Mapping[str, Any], flags: Mapping[str, Any], program: Sequence[str]
) -> StudyFolder:
    """The study's folder: the one that is named, else a new one."""
    named = options.get("study")
    path = absolute(Path(named)) if named else _new_path()
    folder = StudyFolder(path)
    if folder.is_study():
        return _check_same(folder, options, flags, program)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UserError(f"{path} is neither a study nor an empty folder")
    return create_study(path, _description(options, flags, program))


def _check_same(
    folder: StudyFolder,
    options: Mapping[str, Any],
    flags: Mapping[str, Any],
    program: Sequence[str],
) -> StudyFolder:
    """Go on with a study; what is given again must be as it was."""
    before = folder.description().as_dict()
    before["fixed"] = absolute_flags(before["fixed"])  # earlier versions kept what was typed
    before["space"] = absolute_choices(before["space"])
    asked = {
        name: options[name]
        for name in ("sampler", "pruner", "seeds", "seed", "goal", "direction")
        if options.get(name) is not None
    }
    after = {**before, **asked, "program": list(program) or before["program"]}
    if flags:
        after = _description(after, flags, after["program"]).as_dict()
    for name, value in after.items():
        if name != "trials" and before.get(name) != value:
            raise UserError(
                f"{folder.path} is another study: its {name} is {before.get(name)!r}, "
                f"not {value!r}; choose another folder with --study"
            )
    return folder


def _description(
    options: Mapping[str, Any], flags: Mapping[str, Any], program: Sequence[str]
) -> Description:
    is_ours = not program
    if is_ours:
        split = split_flags(flags)
        varied = {**_own_space(flags), **absolute_choices(split.varied)}
        fixed = absolute_flags(split.fixed)
        check_names(varied)
    else:
        varied, fixed = {name: str(value) for name, value in flags.items()}, []
    goal = parse_goal(
        str(options.get("goal") or ""), str(options.get("direction") or ""), is_ours=is_ours
    )
    return described_study(
        varied, fixed, list(program), goal=goal,
        sampler=options.get("sampler") or SAMPLERS[0], pruner=options.get("pruner") or PRUNERS[0],
        seeds=int(options.get("seeds") or 1), seed=int(options.get("seed") or 0),
        trials=int(options.get("trials") or TRIALS),
    )  # fmt: skip


def _own_space(flags: Mapping[str, Any]) -> dict[str, str]:
    """What the model of ``--model`` asks for, without what ``--hp`` fixes."""
    if not flags.get("model"):
        return {}
    given = {str(one).partition("=")[0] for one in flags.get("hp") or ()}
    found = model_space(str(flags["model"]))
    return {name: text for name, text in found.items() if name.removeprefix(PREFIX) not in given}


def _new_path() -> Path:
    folder = studies_dir()
    stamp = time.strftime("%Y%m%d-%H%M%S")
    taken = sum(1 for path in folder.glob(f"{stamp}*")) if folder.is_dir() else 0
    return folder / (f"{stamp}-{taken + 1}" if taken else stamp)


def _jobs(text: str) -> int:
    if text == "auto":
        return AUTO
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise UserError(f"--jobs must be auto or a number from 1 on, not {text[:40]!r}")
    return int(text)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def say_end(study: Study, say: Say) -> bool:
    """Say which trial is the best; return whether there is one."""
    best = best_first(study, study.trials())
    if not best:
        say("no trial is complete")
        return False
    first = best[0]
    say(f"best: trial {first.number}, {study.goal.metric} {first.value:.5g}")
    say(best_command(study.description, first.params))
    say(f"go on: trainpad sweep --study {shlex.quote(str(study.folder.path))} --trials N")
    return True
