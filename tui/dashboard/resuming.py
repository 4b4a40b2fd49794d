"""Whether a run that is over can go on, and what its user has to change first."""

from collections.abc import Mapping

from core.run.declared import spec_of
from core.run.hparams import Value
from core.run.state import RunState
from core.run.status import RunStatus


def why_not_resumable(run: RunState, values: Mapping[str, Value]) -> str:
    """Why a run that is over cannot go on with these hyperparameters changed; "" if it can."""
    specs = [spec_of(run, name) for name in values]
    fixed = [spec.label for spec in specs if not spec.live]
    if fixed:
        names, them = ", ".join(fixed), "it" if len(fixed) == 1 else "them"
        return f"{names} cannot change in a run: n starts a new one; tab, then del drops {them}"
    if run.status is RunStatus.DIVERGED and "learning_rate" not in values:
        return "it would diverge again: set a smaller learning rate first (tab)"
    if int(str(values.get("max_steps", run.hparams.max_steps))) <= run.step:
        return f"all {run.step:,} steps are done: set more max steps (tab), then resume"
    return ""
