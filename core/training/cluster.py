"""Distribution strategies, and this process's task in a cluster.

The task comes from TensorFlow's ``TF_CONFIG`` or from Slurm's variables.
"""

import json
import os

from trainpad.errors import UserError

STRATEGIES = ("none", "mirrored", "multi_worker")
"""Values of ``--strategy``; `core.training.distributed` implements all but ``none``."""


def is_chief() -> bool:
    """Whether this process writes the run: the chief, worker 0, or the only one.

    Raises:
        UserError: ``TF_CONFIG`` is not JSON, or has no task.
    """
    kind, index = _task()
    return kind == "chief" or (kind == "worker" and index == 0 and not _has_chief())


def task_name() -> str:
    """This process's task as shown to users: ``worker 1``."""
    kind, index = _task()
    return f"{kind} {index}"


def _task() -> tuple[str, int]:
    if "TF_CONFIG" not in os.environ:
        return "worker", int(os.environ.get("SLURM_PROCID", "0"))
    try:
        task = json.loads(os.environ["TF_CONFIG"])["task"]
        return str(task["type"]), int(task["index"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError("TF_CONFIG must be JSON with a cluster and a task") from error


def _has_chief() -> bool:
    return "chief" in json.loads(os.environ.get("TF_CONFIG", "{}")).get("cluster", {})
