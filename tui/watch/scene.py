"""A chart of one tag over several runs: a run keeps its letter and colour on every chart."""

from dataclasses import dataclass

from tui.chart.legend import Reading
from tui.chart.scene import Scene
from tui.chart.traces import Line


@dataclass(frozen=True, slots=True, eq=False)
class RunLine(Line):
    """The curve of one run."""

    letter: str = ""
    reads: bool = True
    """Whether its value stands above the chart."""


class RunScene(Scene):
    """A scene of `RunLine`; where there is one run alone, it needs no letter."""

    def readings(self) -> list[Reading]:
        """The values of the curves that hold."""
        return [self._reading(place, line) for place, line in enumerate(self.lines) if _reads(line)]

    def _letter(self, place: int) -> str:
        line = self.lines[place]
        several = sum(_reads(line) for line in self.lines) > 1
        return line.letter if several and isinstance(line, RunLine) else ""


def _reads(line: Line) -> bool:
    return not isinstance(line, RunLine) or line.reads
