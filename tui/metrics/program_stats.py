"""The row of statistics: the load of the program that trains, where it runs on this machine."""

import socket
from pathlib import Path

from textual import on

from core.process.program_stats import ProgramMonitor, ProgramStats
from core.run.state import RunState
from core.run.status import RunStatus
from core.rundir.rundir import RunDir
from core.rundir.status import lock_owner
from trainpad.text import sanitize
from tui.dashboard.system_stats import gpu_text, memory_text
from tui.widgets.background import BackgroundJob, JobFinished
from tui.widgets.text_widget import Span, TextWidget, fit

INTERVAL = 2.0
"""Seconds between two samples."""


class ProgramSampler:
    """Finds the program that writes a run, and samples it; used on one thread at a time."""

    def __init__(self, run: RunDir) -> None:
        self._run = run
        self._monitor: ProgramMonitor | None = None

    def sample(self) -> ProgramStats | str:
        """Its statistics, or why there are none."""
        if self._monitor is None:
            owner = lock_owner(self._run)
            if owner is None:
                return ""
            if owner.host != socket.gethostname():
                return f"the program runs on {sanitize(owner.host, limit=80)}"
            self._monitor = ProgramMonitor(owner.pid, owner.since)
            self._monitor.read()
        return self._monitor.read()


class ProgramStatsRow(TextWidget):
    """CPU, memory and GPU of the program and its children, sampled by the dashboard."""

    DEFAULT_CSS = "ProgramStatsRow { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._run = RunState()
        self._sampler: ProgramSampler | None = None
        self._stats = ProgramStats()
        self._note = ""
        self._job: BackgroundJob[ProgramStats | str] = BackgroundJob(
            self, self._show_sample, cooldown=INTERVAL
        )

    def on_mount(self) -> None:
        """Sample from time to time."""
        self.set_interval(INTERVAL, self._poll)

    def update_run(self, run: RunState) -> None:
        """Show the program of this run."""
        if run is not self._run or (self._sampler is None and run.directory):
            self._run, self._stats, self._note = run, ProgramStats(), ""
            self._sampler = ProgramSampler(RunDir(Path(run.directory))) if run.directory else None
            self._job.cancel()
            self._poll()

    def _poll(self) -> None:
        if self._sampler is None or not self.screen.is_current:
            return
        if self._run.is_live:
            self._job.submit(self._sampler.sample)
        else:
            is_lost = self._run.status is RunStatus.LOST  # its program may be alive
            ended = f"the program has ended: {self._run.status}"
            self._show_sample("the run is lost" if is_lost else ended)

    @on(JobFinished)
    def _job_finished(self, message: JobFinished) -> None:
        message.stop()
        message.deliver()

    def _show_sample(self, sample: ProgramStats | str | Exception) -> None:
        self._stats = sample if isinstance(sample, ProgramStats) else ProgramStats()
        self._note = sample if isinstance(sample, str) else ""
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The statistics, or why there are none."""
        stats = self._stats
        if not stats.processes:
            return [[(fit(f" {self._note}", width), "dim")]]
        parts = [f"program: CPU {stats.cpu:3.0f} %", f"memory {memory_text(stats.memory)}"]
        if stats.processes > 1:
            parts.append(f"{stats.processes} processes")
        parts += [gpu_text(gpu, number, len(stats.gpus)) for number, gpu in enumerate(stats.gpus)]
        return [[(fit(" " + "   ".join(parts), width), "dim")]]
