"""The row of system statistics: the load of the machine, and the cost of the dashboard itself."""

from core.process.system_stats import Gpu, SystemMonitor, SystemStats
from core.run.state import RunState
from tui.terminal.base_app import BaseApp
from tui.widgets.text_widget import Span, TextWidget, fit

SETTLE_DELAY = 1.2
"""Seconds until statistics show a change of the run's status: more than the age of a sample."""


class SystemStatsRow(TextWidget):
    """CPU, memory, GPU; and the UI's own CPU time and bytes."""

    DEFAULT_CSS = "SystemStatsRow { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._monitor = SystemMonitor()
        self._stats = SystemStats()
        self._status = ""

    def update_run(self, run: RunState) -> None:
        """Poll the statistics, and once more some time after the run's status has changed."""
        if run.status != self._status:
            self._status = run.status
            self.set_timer(SETTLE_DELAY, self._poll_stats)
        self._poll_stats()

    def _poll_stats(self) -> None:
        """Redraw if the statistics have changed."""
        terminal = self.app.terminal if isinstance(self.app, BaseApp) else None
        stats = self._monitor.read(terminal.bytes_sent if terminal is not None else 0)
        if stats != self._stats:
            self._stats = stats
            self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The statistics; nothing before the first poll."""
        if not self._stats.memory:
            return [[]]
        return [[(fit(f" {format_stats(self._stats)}", width), "dim")]]


def format_stats(stats: SystemStats) -> str:
    """The statistics as text."""
    parts = [f"CPU {stats.cpu:3.0f} %", f"memory {memory_text(stats.memory)}"]
    parts += [gpu_text(gpu, number, len(stats.gpus)) for number, gpu in enumerate(stats.gpus)]
    parts.append(f"screen {stats.ui_cpu:2.0f} % {stats.bytes_per_second / 1000:4.1f} KB/s")
    return "   ".join(parts)


def memory_text(count: int) -> str:
    """A number of bytes in GB, or in MB where it is small."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def gpu_text(gpu: Gpu, number: int, count: int) -> str:
    """Load, memory and temperature of a GPU, with its number where there are several."""
    name = f"GPU {number}" if count > 1 else "GPU"
    memory = f"{gpu.used / 1e9:.1f}/{gpu.total / 1e9:.0f} GB"
    return f"{name} {gpu.load:3d} % {memory} {gpu.temperature} °C"
