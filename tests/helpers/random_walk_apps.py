"""Random walks over runs that have ended, and over the other apps: watch, study, pad."""

import json
from pathlib import Path
from typing import Any

from textual.app import App

from core.run.events import Finished
from core.run.status import Outcome
from core.sweep.folder import Worker
from core.sweep.goal import Goal
from core.tfevents import encode
from core.tfevents.writer import EventWriter
from tests.helpers.app import Scripted, evaluation, weights
from tests.helpers.random_walk import AttachedWalk, LiveWalk, Walk
from tests.helpers.sweep import description, study_in
from tui.app import TrainpadApp
from tui.pad.app import PadApp
from tui.study.app import StudyApp
from tui.watch.app import WatchApp


class FinishedWalk(LiveWalk):
    """The dashboard on a run of ours that is over; nothing happens any more."""

    def _app(self, folder: Path) -> App[Any]:
        self.source = Scripted(folder / "run")
        over = Finished(100, Outcome.DONE, 1.0)
        self.source.give(weights(100), evaluation(100), over, None)
        return TrainpadApp(iter(self.source), log_dir=folder, viewer=True)

    def _happen(self) -> None:
        """Nothing happens."""


class WatchWalk(Walk):
    """`trainpad watch` on files that grow, are damaged and rewritten."""

    def _app(self, folder: Path) -> App[Any]:
        self._logs = folder / "logs"
        self._happen_to_events()
        return WatchApp([str(self._logs)])

    def _happen(self) -> None:
        what = self._random.choice(
            (self._happen_to_events, self._happen_to_lines, self._happen_to_table)
        )
        self._note(what.__name__)
        self._step += self._random.randint(1, 50)
        what()

    def _happen_to_events(self) -> None:
        with EventWriter(self._logs / f"run{self._step % 3}[/]") as out:
            for step in range(self._step, self._step + 20):
                out.scalar("loss", self._random.choice((0.5, 1e30, float("nan"))), step)
                out.scalar(f"more{step % 30}/\x1b[31m", 1 / step, step)
            out.deferred(lambda: [encode.histogram("weights", [0.0, 1.0, 2.0])], self._step)
            out.text("notes", "a [bold]note[/]", self._step)

    def _happen_to_lines(self) -> None:
        self._logs.mkdir(exist_ok=True)
        with (self._logs / "metrics.jsonl").open("a") as file:
            file.write(json.dumps({"step": self._step, "loss": 1, "x[/]": "nan"}) + "\n{torn")

    def _happen_to_table(self) -> None:
        rows = "".join(f"{step},{step / 2}\n" for step in range(self._step % 40))
        (self._logs / "log.csv").write_text(f"epoch,loss{self._step % 2}\n{rows}")


class StudyWalk(Walk):
    """The screen of a study whose trials begin, report and end."""

    def _app(self, folder: Path) -> App[Any]:
        space = {"rate": "0.001..1.0:log", "kind": "sgd|adam|a \x1b[2J", "width": "8..64"}
        about = description(space, goal=Goal("val/[/x]"), program=["p", "{rate}"])
        self._study = study_in(folder / "study[/]", about)
        self._worker = Worker(self._study.folder).__enter__()
        for _ in range(5):
            self._happen()
        return StudyApp(self._study.folder)

    def _happen(self) -> None:
        trial = self._study.ask(self._worker, 1000)
        if trial is None:
            return
        trial.report(100, self._random.random())
        how = self._random.choice(("finish", "prune", "go on"))
        self._note(f"trial: {how}")
        if how == "finish":
            trial.finish(self._random.random())
        elif how == "prune":
            trial.prune("pruned")


class PadWalk(Walk):
    """`trainpad pad`; nothing happens from outside."""

    def _app(self, folder: Path) -> App[Any]:
        return PadApp(log_dir=folder / "runs")


WALKS: dict[str, type[Walk]] = {
    "live": LiveWalk,
    "finished": FinishedWalk,
    "attached": AttachedWalk,
    "watched": WatchWalk,
    "study": StudyWalk,
    "pad": PadWalk,
}
"""A walk over every kind of run and every app."""
