"""System statistics: what is measured, and the row that shows it."""

from typing import Any

import pytest
from conftest import FakeClock
from textual.app import App, ComposeResult

from core.process import system_stats
from core.process.system_stats import SystemMonitor, SystemStats
from core.run.events import Paused
from core.run.state import RunState
from tests.helpers.waiting import until
from tui.dashboard import system_stats as row
from tui.dashboard.system_stats import SystemStatsRow, memory_text


def test_a_gpu_that_stops_responding_is_left_out(
    monkeypatch: pytest.MonkeyPatch, clock: FakeClock
) -> None:
    import pynvml

    class Memory:
        used, total = 1, 2

    class Load:
        gpu = 50

    def memory(handle: str) -> Memory:
        if handle == "gone":
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return Memory()

    monkeypatch.setattr(system_stats, "_gpu_handles", lambda: ["here", "gone"])
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", memory)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", lambda _handle: Load())
    monkeypatch.setattr(pynvml, "nvmlDeviceGetTemperature", lambda _handle, _kind: 40)
    monitor = SystemMonitor(clock)
    for _ in range(2):
        clock.now += 2
        assert [gpu.load for gpu in monitor.read().gpus] == [50]


async def test_stats_are_polled_once_more_after_a_run_has_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    readings = [
        SystemStats(cpu=95, memory=1),
        SystemStats(cpu=2, memory=1),
        SystemStats(cpu=3, memory=1),
    ]

    class Scripted:
        def read(self, _sent: int) -> SystemStats:
            return readings.pop(0)

    class Alone(App[Any]):
        def compose(self) -> ComposeResult:
            yield SystemStatsRow()

    monkeypatch.setattr(row, "SystemMonitor", Scripted)
    monkeypatch.setattr(row, "SETTLE_DELAY", 0.05)
    app, run = Alone(), RunState()
    run.fold(Paused(5))
    async with app.run_test(size=(100, 5)) as pilot:
        gauge = app.query_one(SystemStatsRow)
        gauge.update_run(run)
        assert "CPU  95 %" in gauge.render_line(0).text
        await until(pilot, lambda: "CPU   2 %" in gauge.render_line(0).text)
        assert len(readings) == 1


def test_memory_is_in_gigabytes_with_one_decimal_or_in_megabytes() -> None:
    assert [memory_text(count) for count in (7_400_000, 999_000_000, 1_260_000_000)] == [
        "7 MB", "999 MB", "1.3 GB",
    ]  # fmt: skip
