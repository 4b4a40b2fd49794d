"""A chart scene of one tag over several runs; a run has the same letter and colour everywhere."""

from dataclasses import dataclass

from tui.chart.legend import LegendEntry
from tui.chart.scene import Scene
from tui.chart.traces import Line


@dataclass(frozen=True, slots=True, eq=False)
class RunLine(Line):
    """The curve of one run."""

    letter: str = ""
    in_legend: bool = True
    """Whether its value is shown above the chart."""


class RunScene(Scene):
    """A scene of `RunLine`; a single run has no letter."""

    def legend_entries(self, width: int = 1) -> list[LegendEntry]:
        """The values of the current curves, without superseded segments."""
        return [
            self._legend_entry(index, line, width)
            for index, line in enumerate(self.lines)
            if _in_legend(line)
        ]

    def _letter(self, index: int) -> str:
        line = self.lines[index]
        several = sum(_in_legend(line) for line in self.lines) > 1
        return line.letter if several and isinstance(line, RunLine) else ""


def _in_legend(line: Line) -> bool:
    return not isinstance(line, RunLine) or line.in_legend
