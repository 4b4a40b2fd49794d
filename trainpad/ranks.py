"""Which of several processes records the run: the first, and no worker that it starts."""

import os
import sys
from typing import Any

RANKS = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK")
RECORDS = "TRAINPAD_RECORDS"
"""The environment variable by which children know the process that records: its id."""
SIZES = ("WORLD_SIZE", "SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE")


def rank() -> int:
    """Return this process's place among those that train together; 0 for one that is alone."""
    return _first(RANKS, "process_index", 0)


def world_size() -> int:
    """Return how many processes train together."""
    return _first(SIZES, "process_count", 1)


def is_worker() -> bool:
    """Return whether `multiprocessing` started this process for one that records a run.

    So it does for the workers that load data. A child whose parent has no run trains by itself; and
    one that shares the training through ``torch.distributed`` is no worker.
    """
    if _torch() is not None:
        return False
    if is_importing():
        return True
    parent = _parent()
    return parent is not None and os.environ.get(RECORDS) == str(getattr(parent, "pid", None))


def is_child() -> bool:
    """Return whether `multiprocessing` started this process."""
    return is_importing() or _parent() is not None


def is_importing() -> bool:
    """Return whether this process was spawned and still imports the program of its parent."""
    process = sys.modules.get("multiprocessing.process")
    return process is not None and getattr(process.current_process(), "_inheriting", False)


def say_records(records: bool) -> None:
    """Let the children of this process know whether it records a run."""
    if records:
        os.environ[RECORDS] = str(os.getpid())
    elif os.environ.get(RECORDS) == str(os.getpid()):
        del os.environ[RECORDS]


def _parent() -> Any:
    process = sys.modules.get("multiprocessing.process")
    return None if process is None else process.parent_process()


def _first(names: tuple[str, ...], jax_name: str, default: int) -> int:
    for name in names:
        if (text := os.environ.get(name, "")).isdecimal():
            return int(text)
    if (torch := _torch()) is not None:
        return int(torch.get_rank() if names is RANKS else torch.get_world_size())
    return _jax(jax_name, default)


def _torch() -> Any:
    """Return ``torch.distributed`` where it is imported and already shares the work, else None."""
    found = sys.modules.get("torch.distributed")
    try:
        return (
            found if found is not None and found.is_available() and found.is_initialized() else None
        )
    except Exception:  # noqa: BLE001 - it may be half imported
        return None


def _jax(name: str, default: int) -> int:
    """Ask JAX, where it is imported and already shares the work; else it would start a device."""
    state = sys.modules.get("jax._src.distributed")
    client = getattr(getattr(state, "global_state", None), "client", None)
    if client is None:
        return default
    try:
        return int(getattr(sys.modules["jax"], name)())
    except Exception:  # noqa: BLE001 - a private module may have changed
        return default
