"""Time reading event files: to the first points, to all of them, and to ten appended ones.

    python benchmarks/watch.py [--points N ...] [--styles old new] [--repeat 3]

Writes files of ten tags in both styles and reads each in a new process: through
`core.tfevents.logdir` into curves as `trainpad watch` does, and through TensorBoard's
`EventAccumulator` and terminalboard, where they are installed. Compare CPU seconds; wall-clock
seconds depend on the load of the machine. Memory is the peak of the process, including the
interpreter and all imports. Figures are medians of the repetitions.
"""

import argparse
import json
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

TAGS = 10
TAIL = 10
TAILS = 20
"""How many times the file grows, to time reading the appended points."""

Result = dict[str, float]


def make(path: Path, points: int, style: str, first: int = 0) -> None:
    """Append points of ten tags, one per event, as TensorFlow and PyTorch write them."""
    from core.tfevents.messages import EventProto
    from core.tfevents.records import encode_record

    with path.open("ab") as file:
        for index in range(first, first + points):
            value = summary_value(b"train/tag_%02d" % (index % TAGS), 1 / (1 + index), style)
            event = EventProto(
                wall_time=1.7e9 + index / 100, step=index // TAGS, summary={"value": [value]}
            )
            file.write(encode_record(event.SerializeToString()))


def summary_value(tag: bytes, number: float, style: str) -> dict[str, object]:
    if style == "old":
        return {"tag": tag, "simple_value": number}
    content = struct.pack("<f", number)
    tensor = {"dtype": 1, "tensor_shape": {}, "tensor_content": content}
    return {
        "tag": tag,
        "tensor": tensor,
        "metadata": {"plugin_data": {"plugin_name": b"scalars"}},
    }


def read_trainpad(folder: Path, mark: Callable[[], None]) -> Callable[[], int]:
    """Read with `core.tfevents.logdir`; return a function that polls again and counts points."""
    from core.tfevents.logdir import Logdir
    from core.tfevents.store import RunData

    logdir, runs = Logdir([folder]), dict[str, RunData]()

    def poll() -> int:
        for update in logdir.poll():
            for change in update.changes:
                run = runs.setdefault(change.run, RunData())
                for item in change.items:
                    run.fold(item)
            if update.changes:
                mark()
        return sum(tag.count for run in runs.values() for tag in run.scalars.values())

    poll()
    return poll


def read_only(folder: Path, mark: Callable[[], None]) -> Callable[[], int]:
    """Read with `core.tfevents.logdir`, and only count the points."""
    from core.tfevents.items import Scalars
    from core.tfevents.logdir import Logdir

    logdir, found = Logdir([folder]), 0

    def poll() -> int:
        nonlocal found
        for update in logdir.poll():
            for item in (item for change in update.changes for item in change.items):
                found += len(item) if isinstance(item, Scalars) else 0
            if update.changes:
                mark()
        return found

    poll()
    return poll


def read_accumulator(folder: Path, mark: Callable[[], None]) -> Callable[[], int]:
    """Read with TensorBoard's EventAccumulator, keeping all points."""
    import types

    sys.modules["tensorboard.compat.notf"] = types.ModuleType("notf")  # else it loads TensorFlow
    module = import_module("tensorboard.backend.event_processing.event_accumulator")
    events = module.EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})

    def reload() -> int:
        events.Reload()
        mark()
        tags = events.Tags()
        return sum(len(events.Scalars(tag)) for tag in tags["scalars"]) + sum(
            len(events.Tensors(tag)) for tag in tags["tensors"]
        )

    reload()
    return reload


def read_terminalboard(folder: Path, mark: Callable[[], None]) -> Callable[[], int]:
    """Read with the faster of terminalboard's two readers."""
    reader = import_module("terminalboard.reader_light")
    run = reader.Run(name="run", path=str(folder))
    state: dict[str, object] = {}
    files = [str(path) for path in folder.iterdir()]

    def collect() -> int:
        reader.collect_run(run, files, state)
        mark()
        return sum(len(series.steps) for series in run.series.values())

    collect()
    return collect


READERS = {
    "trainpad": read_trainpad,
    "without curves": read_only,
    "EventAccumulator": read_accumulator,
    "terminalboard": read_terminalboard,
}


def measure(reader: str, path: Path, points: int, style: str) -> Result:
    """Measure one reader on one file; call it in a new process."""
    start, first = time.perf_counter(), list[float]()
    poll = READERS[reader](path.parent, lambda: first.append(time.perf_counter() - start))
    complete, cpu = time.perf_counter() - start, time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tails = []
    for index in range(TAILS):
        make(path, TAIL, style, first=points + index * TAIL)
        before = time.process_time()
        found = poll()
        tails.append(time.process_time() - before)
        if found != points + (index + 1) * TAIL:
            raise RuntimeError(f"{reader} found {found} points")
    tail = 1000 * statistics.median(tails)
    return {"first": first[0], "all": complete, "cpu": cpu, "peak": peak, "tail": tail}


def measure_in_process(reader: str, points: int, style: str) -> Result | None:
    """Measure in a new process on a new file; None if the reader is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.out.tfevents.1700000000.host"
        make(path, points, style)
        child = [sys.executable, __file__, "--measure", reader, str(path), str(points), style]
        child_result = subprocess.run(child, capture_output=True, text=True, check=False)
    if child_result.returncode:
        missing = "ModuleNotFoundError" in child_result.stderr
        print(f"{reader:<18}{'not installed' if missing else child_result.stderr[-500:]}")
        return None
    result: Result = json.loads(child_result.stdout)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--styles", nargs="+", default=["old", "new"], choices=["old", "new"])
    parser.add_argument("--readers", nargs="+", default=list(READERS), choices=list(READERS))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        reader, path, points, style = arguments.measure
        print(json.dumps(measure(reader, Path(path), int(points), style)))
        return
    for points in arguments.points:
        for style in arguments.styles:
            compare(arguments.readers, points, style, arguments.repeat)


def compare(readers: list[str], points: int, style: str, repeat: int) -> None:
    print(f"\n{points:,} points, {style} style")
    print("                  first s   all s   CPU s   peak MB   tail of 10, ms")
    for reader in readers:
        results = list[Result]()
        while len(results) < repeat and (result := measure_in_process(reader, points, style)):
            results.append(result)
        if results:
            median = {key: statistics.median(r[key] for r in results) for key in results[0]}
            print(
                f"{reader:<18}{median['first']:7.2f} {median['all']:7.2f} {median['cpu']:7.2f}"
                f" {median['peak']:9.0f} {median['tail']:16.3f}"
            )


if __name__ == "__main__":
    main()
