"""Which device each of several jobs uses, as environment variables of its process."""

import os
from collections.abc import Mapping

from core.process.system_stats import gpu_count

AUTO = 0
"""As many jobs as there are GPUs; one where there is none."""


def shares(jobs: int) -> list[Mapping[str, str]]:
    """The environment of each of `jobs` processes: a GPU, or its share of the cores."""
    gpus = _visible_gpus()
    if gpus:
        count = len(gpus) if jobs == AUTO else jobs
        return [{"CUDA_VISIBLE_DEVICES": gpus[index % len(gpus)]} for index in range(count)]
    count = jobs or 1
    if count == 1:
        return [{}]
    threads = str(max(1, len(os.sched_getaffinity(0)) // count))
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    return [dict.fromkeys(names, threads) for _ in range(count)]


def _visible_gpus() -> list[str]:
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [one.strip() for one in named.split(",") if one.strip() not in ("", "-1")]
    return [str(index) for index in range(gpu_count())]
