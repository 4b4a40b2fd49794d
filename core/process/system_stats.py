"""System statistics: CPU, memory and, where there is one, the GPU.

psutil and NVML are queried at most once a second, and only while the statistics are shown.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Gpu:
    """Load in percent, memory in bytes, temperature in degrees Celsius."""

    load: int
    used: int
    total: int
    temperature: int


@dataclass(frozen=True, slots=True)
class SystemStats:
    """CPU, memory, GPU and terminal statistics of this process."""

    cpu: float = 0.0
    """CPU time of this process, in percent of one core; 200 on two busy cores."""
    memory: int = 0
    """Resident memory of this process, in bytes."""
    gpus: tuple[Gpu, ...] = ()
    bytes_per_second: float = 0.0
    """Bytes that the dashboard sends to the terminal."""
    ui_cpu: float = 0.0
    """CPU time of the calling thread, the UI's, in percent of one core."""


class SystemMonitor:
    """Queries psutil and NVML; `read` is cheap to call often."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        import psutil

        self._clock = clock
        self._process = psutil.Process()
        self._process.cpu_percent()
        self._gpus = GpuMonitor()
        self._read_at = clock()
        self._thread_seconds = time.thread_time()
        self._sent = 0
        self._stats = SystemStats()

    def read(self, sent: int = 0) -> SystemStats:
        """Return statistics at most a second old; `sent` counts all bytes sent so far."""
        seconds = self._clock() - self._read_at
        if seconds < 1:
            return self._stats
        thread = time.thread_time()
        self._stats = SystemStats(
            cpu=self._process.cpu_percent(),
            memory=self._process.memory_info().rss,
            gpus=self._gpus.read(),
            bytes_per_second=(sent - self._sent) / seconds,
            ui_cpu=100 * (thread - self._thread_seconds) / seconds,
        )
        self._read_at, self._thread_seconds, self._sent = self._clock(), thread, sent
        return self._stats


class GpuMonitor:
    """Queries NVML about the GPUs of this machine."""

    def __init__(self) -> None:
        self._handles = _gpu_handles()

    def read(self) -> tuple[Gpu, ...]:
        """Query each GPU; one that fails once is not queried again."""
        results = [(handle, _gpu(handle)) for handle in self._handles]
        self._handles = [handle for handle, gpu in results if gpu is not None]
        return tuple(gpu for _, gpu in results if gpu is not None)


def gpu_count() -> int:
    """How many NVIDIA GPUs this machine has, as far as its driver tells."""
    return len(_gpu_handles())


def _gpu_handles() -> list[Any]:
    """Return NVML's handles; none where there is no driver, no library or no GPU."""
    try:
        import pynvml

        pynvml.nvmlInit()
        return [
            pynvml.nvmlDeviceGetHandleByIndex(number)
            for number in range(pynvml.nvmlDeviceGetCount())
        ]
    except Exception:  # noqa: BLE001 - NVML's own errors have no common base outside of it
        return []


def _gpu(handle: Any) -> Gpu | None:
    """Query one GPU; None where NVML has no answer (MIG, a driver that went away)."""
    import pynvml

    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        return Gpu(
            load=int(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu),
            used=int(memory.used),
            total=int(memory.total),
            temperature=int(pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU)),
        )
    except Exception:  # noqa: BLE001 - NVML's own errors have no common base outside of it
        return None
