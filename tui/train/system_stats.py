"""A row of gauges: what training takes of the machine, and what the dashboard itself costs."""

from core.process.system_stats import Gauges, Reading
from core.run.state import Run
from tui.widgets.text_widget import Lines, Part, fit

REST = 1.2
"""Seconds until the machine shows a change of the run's state: a reading's age, and more."""


class GaugeRow(Lines):
    """CPU, memory, GPU; and the screen's own share and bytes."""

    DEFAULT_CSS = "GaugeRow { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._gauges = Gauges()
        self._reading = Reading()
        self._state = ""

    def show(self, run: Run) -> None:
        """Look at the machine; once more when a run has come to rest, then no longer."""
        if run.state != self._state:
            self._state = run.state
            self.set_timer(REST, self._look)
        self._look()

    def _look(self) -> None:
        """Nothing is drawn where nothing changed."""
        reading = self._gauges.read(getattr(self.app._driver, "bytes_sent", 0))  # noqa: SLF001
        if reading != self._reading:
            self._reading = reading
            self.update_rows()

    def lines(self, width: int, height: int) -> list[list[Part]]:  # noqa: ARG002 - one row
        """One row."""
        if not self._reading.memory:
            return [[]]
        return [[(fit(f" {told(self._reading)}", width), "dim")]]


def told(reading: Reading) -> str:
    """A reading in words."""
    parts = [f"CPU {reading.cpu:3.0f} %", f"memory {reading.memory / 1e9:.1f} GB"]
    for number, gpu in enumerate(reading.gpus):
        name = f"GPU {number}" if len(reading.gpus) > 1 else "GPU"
        parts.append(
            f"{name} {gpu.load:3d} % {gpu.used / 1e9:.1f}/{gpu.total / 1e9:.0f} GB "
            f"{gpu.temperature} °C"
        )
    parts.append(f"screen {reading.screen:2.0f} % {reading.bytes_per_second / 1000:4.1f} KB/s")
    return "   ".join(parts)
