"""Opening what is large: a run of many metrics, a list of many runs, a long file of numbers.

    python benchmarks/open_many.py [--parts metrics runs file]
        [--metrics 200] [--points 1000000] [--runs 2000] [--bytes 1e9] [--folder FOLDER]

Each part is measured in a new process, without a terminal: the dashboard runs in Textual's test
mode at 160x45.

metrics  `metrics.jsonl` of an attached run with so many metrics of so many points: seconds to the
         first chart and until all is read, CPU seconds, peak memory, and how soon keys are answered
         meanwhile (95th percentile).
runs     a folder of so many runs, half ours, half attached: seconds until the Runs screen shows the
         first and all of them, and until the best value of every metric is known; the first time,
         and again, when those that have ended come from the cache folder.
file     `metrics.jsonl` of five metrics and so many bytes: as the first part.

The files are made once in FOLDER (by default a temporary one): 200 metrics of a million points take
5.2 GB and some minutes.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from core.rundir.entry import RunEntry
    from tui.app import TrainpadApp

PARTS = ("metrics", "runs", "file")
BEGAN = 1_700_000_000.0
KEY_INTERVAL = 0.1
"""Seconds between two keys while a file is read."""
LIMIT = 600.0
"""Seconds after which a part is given up."""
Result = dict[str, float]


# -- making the files --------------------------------------------------------------------------


def make_attached(path: Path, name: str, **info: object) -> Path:
    """Make the folder of an attached run that has ended; return it."""
    path.mkdir(parents=True)
    content = {
        "kind": "attached", "name": name, "project": path.parent.name, "created": BEGAN,
        "host": os.uname().nodename, "versions": {"trainpad": "0.1.0"}, **info,
    }  # fmt: skip
    (path / "run.json").write_text(json.dumps(content))
    started = {"event": "started", "time": BEGAN, "step": 0}
    started |= {"hyperparameters": {}, "device": "", "parameters": 0}
    ended = {"event": "finished", "time": BEGAN + 60, "step": 9, "reason": "done", "seconds": 60}
    (path / "events.jsonl").write_text(f"{json.dumps(started)}\n{json.dumps(ended)}\n")
    return path


def write_metrics(path: Path, metrics: int, points: int, limit: float) -> None:
    """Write lines of numbers until there are so many points, or bytes."""
    names = [f"group{n % 10}/metric{n:03}" for n in range(metrics - 1)]
    template = '{"step": %d, "time": %.2f, "loss": %.6g' + "".join(f', "{n}": %.6g' for n in names)
    with path.open("w") as file:
        for step in range(points):
            value = 1 / (1 + step)
            numbers = [value + n for n in range(metrics - 1)]
            file.write(f"{template % (step, BEGAN + step / 100, value, *numbers)}}}\n")
            if step % 1000 == 0 and file.tell() > limit:
                return


def make_runs(folder: Path, count: int) -> None:
    """Make so many runs: of two, one is ours and one attached."""
    from core.run.hparams import as_dict, validate_hparams

    hparams = as_dict(validate_hparams({}))
    for number in range(count // 2):
        path = folder / f"20260101-{number:06}-x"
        path.mkdir(parents=True)
        content = {"name": path.name, "created": BEGAN + number, "host": "here"}
        content |= {"hyperparameters": {**hparams, "seed": number % 5}}
        (path / "run.json").write_text(json.dumps(content))
        matrix = {split: [[9, 1], [0, 0]] for split in ("train", "validation", "test")}
        events: list[tuple[str, dict[str, object]]] = [
            ("started", {"step": 0, "hyperparameters": hparams, "device": "CPU:0",
                         "parameters": 10, "planned": []}),
            *(("evaluated", {"step": s, "confusion": matrix, "loss": {}, "seconds": 0.1})
              for s in range(1, 20)),
            ("finished", {"step": 20, "reason": "done", "seconds": 60.0}),
        ]  # fmt: skip
        lines = (
            json.dumps({"event": event, "time": BEGAN + at, **fields})
            for at, (event, fields) in enumerate(events)
        )
        (path / "events.jsonl").write_text("\n".join(lines) + "\n")
        (path / "loss.f32").write_bytes(b"\0\0\0\0" * 20)
        name = f"20260101-{number:06}-y"
        config = {"lr": 10.0 ** -(number % 4), "seed": number % 5, "model": "net"}
        summary = {"loss": 0.005, "group0/metric000": 0.005}
        made = make_attached(folder / f"project{number % 7}" / name, name, config=config,
                             summary=summary)  # fmt: skip
        write_metrics(made / "metrics.jsonl", 2, 200, 1e6)


# -- measuring ---------------------------------------------------------------------------------


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


async def answer(app: "TrainpadApp") -> float:
    """Press `l`; return the seconds until the scale of the first chart has changed."""
    from textual.events import Key

    from tui.chart.chart import Chart

    scene = app.screen.query(Chart).first().scene
    before, pressed = scene.logarithmic, time.perf_counter()
    app.post_message(Key("l", "l"))
    while scene.logarithmic is before and time.perf_counter() - pressed < LIMIT:
        await asyncio.sleep(0.001)
    return time.perf_counter() - pressed


async def open_run(path: Path) -> Result:
    """Show an attached run while all its numbers are read; press keys meanwhile."""
    from core.rundir.reader import follow
    from core.rundir.rundir import RunDir
    from tui.app import TrainpadApp
    from tui.metrics.grid import MetricChart
    from tui.metrics.screen import MetricsScreen  # noqa: F401 - imported before it is measured

    # What is measured is the reading: importing, and the first paint of an empty screen, are not.
    run = follow(RunDir(path), None)
    app = TrainpadApp(run, viewer=True, attached=True, log_dir=path.parent)
    start, cpu, before = time.perf_counter(), cpu_seconds(), peak_megabytes()
    delays: list[float] = []
    async with app.run_test(size=(160, 45)):
        first = used = 0.0
        while time.perf_counter() - start < LIMIT:
            metrics = app.run_state.metrics
            if not first and any(chart.quantity for chart in app.screen.query(MetricChart)):
                drawn = asyncio.Event()
                app.call_after_refresh(drawn.set)
                await drawn.wait()
                first, used = time.perf_counter() - start, cpu_seconds() - cpu
            if first and metrics.fraction_read >= 1.0:
                break
            if first:  # before, the screen is still being mounted
                delays.append(await answer(app))
            await asyncio.sleep(KEY_INTERVAL if first else KEY_INTERVAL / 10)
        done = time.perf_counter() - start
        points = sum(series.count(0, 1 << 40) for series in app.run_state.metrics.values())
    late = statistics.quantiles(delays, n=20)[18] if len(delays) > 1 else sum(delays)
    return {
        "first chart, s": first, "CPU until then, s": used,
        "all read, s": done, "CPU, s": cpu_seconds() - cpu,
        "peak memory, MB": peak_megabytes(), "of which before, MB": before,
        "key p95, ms": 1000 * late, "keys": len(delays), "points": points,
    }  # fmt: skip


async def open_list(folder: Path, count: int) -> Result:
    """Show the Runs screen until all runs are listed, and until all metrics are known."""
    from textual.events import Key

    from core.rundir.reader import follow
    from core.rundir.rundir import RunDir, list_runs
    from tui.app import TrainpadApp
    from tui.dashboard.screen import RunScreen
    from tui.runs.screen import RunsScreen
    from tui.runs.table import RunsTable

    newest = RunDir(next(run.path for run in reversed(list_runs(folder)) if run.name.endswith("x")))
    app = TrainpadApp(follow(newest, None), viewer=True, log_dir=folder)
    async with app.run_test(size=(160, 45)):
        while not (app.run_state.directory and isinstance(app.screen, RunScreen)):
            await asyncio.sleep(0.1)
        await asyncio.sleep(1.0)
        start, cpu = time.perf_counter(), cpu_seconds()

        # A pilot would wait until nothing uses the CPU any more, which reading does.
        def press(key: str) -> None:
            app.post_message(Key(key, key if len(key) == 1 else None))

        async def reached(is_there: Callable[[], bool]) -> float:
            while not is_there() and time.perf_counter() - start < LIMIT:
                await asyncio.sleep(0.001)
            return time.perf_counter() - start

        press("4")
        await reached(lambda: isinstance(app.screen, RunsScreen) and app.screen.is_ready)
        screen = cast(RunsScreen, app.screen)
        table = screen.query_one(RunsTable)
        first = await reached(lambda: len(table.shown) > 0)
        listed = await reached(lambda: len(table.shown) >= count // 2 * 2)
        used = cpu_seconds() - cpu
        delays = []
        drawn, show = False, table.show

        def shown(*arguments: Any) -> None:
            nonlocal drawn
            show(*arguments)
            drawn = True

        table.show = shown  # type: ignore[method-assign]
        for key in ("down", "pagedown", "end", "home", "g", "g", "o", "O"):
            drawn, pressed = False, time.perf_counter()
            press(key)
            await reached(lambda: drawn)  # noqa: B023 - it is called in this round
            delays.append(time.perf_counter() - pressed)
        known = await reached(lambda: all(_is_known(entry) for entry in screen.entries))
    return {
        "first runs, s": first, "all runs, s": listed, "CPU until then, s": used,
        "slowest key, ms": 1000 * max(delays), "best values, s": known,
        "peak memory, MB": peak_megabytes(),
    }  # fmt: skip


def _is_known(entry: "RunEntry") -> bool:
    attached, values = entry.summary.is_attached, entry.values
    return not attached or all(found.least == found.least for found in values.metrics.values())


# -- the program -------------------------------------------------------------------------------


def prepare(part: str, options: argparse.Namespace, folder: Path) -> Path:
    """Make the files of a part where they are not there; return the folder to open."""
    if part == "runs":
        path = folder / f"runs-{options.runs}"
        if not path.exists():
            make_runs(path, options.runs)
        return path
    metrics = options.metrics if part == "metrics" else 5
    limit = float("inf") if part == "metrics" else options.bytes
    points = options.points if part == "metrics" else 1 << 40
    size = f"{metrics}x{points}" if part == "metrics" else f"{options.bytes:.0f}"
    path = folder / f"{part}-{size}" / "run"
    if not path.exists():
        make_attached(path, "run")
        write_metrics(path / "metrics.jsonl", metrics, points, limit)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--metrics", type=int, default=200)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--bytes", type=float, default=1e9)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        from tui.terminal.environment import configure_textual

        configure_textual()
        part, path = options.measure[0], Path(options.measure[1])
        run = open_list(path, options.runs) if part == "runs" else open_run(path)
        print(json.dumps(asyncio.run(run)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        for part in options.parts:
            path = prepare(part, options, options.folder or Path(temporary))
            command = [sys.executable, __file__, "--measure", part, str(path)]
            command += ["--runs", str(options.runs)]
            env = {**os.environ, "XDG_CONFIG_HOME": temporary, "XDG_CACHE_HOME": temporary}
            for time_of in ("", ", again") if part == "runs" else ("",):
                done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=env)
                print(f"{part}{time_of}")
                for name, value in json.loads(done.stdout).items():
                    print(f"  {name:22} {value:12,.2f}")


if __name__ == "__main__":
    main()
