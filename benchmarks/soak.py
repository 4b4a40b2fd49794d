"""Everything at once for a long time: memory, descriptors and threads must not grow.

    python benchmarks/soak.py [--minutes 60] [--every 60] [--data FOLDER] [--folder FOLDER]

At the same time there are: a detached training of ours; a program under `trainpad run` that records
with the library, and its supervisor; a sweep; and a dashboard that shows the program's run all the
time. Meanwhile viewers come, show a screen for a while and leave, by a key or by a hang-up: of our
run, of the program's, of the study. Before each the memory (MB), descriptors and threads of all
processes are printed. The exit status is 1 where memory grew by more than `GROWTH` over its level
after a warm-up, or descriptors or threads at all, or a viewer showed nothing.
"""

import argparse
import fcntl
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.rundir.attached import is_attached  # noqa: E402
from core.rundir.rundir import RunDir, list_runs  # noqa: E402
from core.rundir.status import read_status  # noqa: E402

WARM_UP = 0.2
"""Fraction of the samples that define the level after warm-up."""
GROWTH = 0.1
"""Fraction by which memory may exceed that level: freed memory is not always returned."""
VIEW_TIME = 12.0
"""Seconds that a viewer stays, once it shows something."""
START_TIME = 600.0
"""Seconds that a viewer may take to show something: the machine is busy."""
SHOWN = 2000
"""Bytes that a screen takes at the least."""
KEYS = (b"2", b"3", b"4", b"5", b"1")
ENDLESS = "1000000000"
COMMAND = [sys.executable, "main.py"]


@dataclass(frozen=True, slots=True)
class Sample:
    """Resources of a process: memory in MB, descriptors, threads."""

    memory: float
    descriptors: int
    threads: int


def sample(pid: int) -> Sample:
    """Measure a process."""
    process = psutil.Process(pid)
    return Sample(process.memory_info().rss / 1e6, process.num_fds(), process.num_threads())


# -- what runs all the time ------------------------------------------------------------------------


def start_all(folder: Path, data: str) -> dict[str, int]:
    """Start the training, the program, the sweep and the dashboard; return their process ids."""
    source = ["--input_data_dir", data] if data else ["--fake_data"]
    runs = ["--log_dir", str(folder / "runs")]
    start("--detach", *runs, "--max_steps", ENDLESS, *source)
    program = [sys.executable, str(ROOT / "examples" / "loop.py"), ENDLESS]
    start("run", "--detach", *runs, "--name", "program", *program)
    ours, attached = found_runs(folder)
    space = [
        "--learning_rate",
        "0.001..1",
        "--max_steps",
        "300",
        "--trials",
        ENDLESS,
        "--jobs",
        "1",
    ]
    sweep = subprocess.Popen(
        [*COMMAND, "sweep", "--study", str(folder / "study"), *space, *source],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    launcher, terminal = view(str(attached.path))
    threading.Thread(target=drain, args=(terminal, float("inf")), daemon=True).start()
    time.sleep(60.0)  # it is imported by then
    return {
        "training": read_status(ours).pid,
        "supervisor": read_status(attached).pid,
        "program": int(attached.info()["pid"]),
        "sweep": sweep.pid,
        "forks trials": largest_child(sweep.pid),
        "dashboard": largest_child(launcher),
    }


def largest_child(pid: int) -> int:
    """Return the process that has the most memory of those that `pid` itself has started."""
    children = psutil.Process(pid).children()
    return int(max(children, key=lambda child: child.memory_info().rss).pid)


def start(*arguments: str) -> None:
    """Run a command that returns at once."""
    subprocess.run([*COMMAND, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def found_runs(folder: Path) -> tuple[RunDir, RunDir]:
    """Wait for our run and the program's, and return them."""
    until = time.monotonic() + START_TIME
    while time.monotonic() < until:
        runs = list_runs(folder / "runs")
        attached = [run for run in runs if is_attached(run) and "adopted" in run.info()]
        ours = [run for run in runs if not is_attached(run) and read_status(run).steps]
        if attached and ours:
            return ours[0], attached[0]
        time.sleep(0.5)
    raise SystemExit("a run did not begin")


# -- viewers ---------------------------------------------------------------------------------------


def view(path: str) -> tuple[int, int]:
    """Open a run or a study on a new pseudo-terminal; return its process id and the terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.chdir(ROOT)
        os.execv(sys.executable, [*COMMAND, "open", path])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 45, 160, 0, 0))
    return child, terminal


def visit(path: str, number: int) -> int:
    """View a run for a while; return how many bytes were sent."""
    child, terminal = view(path)
    until, sent = time.monotonic() + START_TIME, 0
    while sent < SHOWN and time.monotonic() < until:
        sent += drain(terminal, 0.5)
    sent += drain(terminal, VIEW_TIME / 2)
    with suppress(OSError):
        os.write(terminal, KEYS[number % len(KEYS)])
    sent += drain(terminal, VIEW_TIME / 2)
    if number % 2:
        with suppress(OSError):
            os.write(terminal, b"q")
        sent += drain(terminal, 2.0)
    os.close(terminal)
    os.waitpid(child, 0)
    return sent


def drain(terminal: int, seconds: float) -> int:
    """Read for `seconds`, or until the end; return how many bytes arrived."""
    until, count = time.monotonic() + seconds, 0
    while (left := until - time.monotonic()) > 0:
        if select.select([terminal], [], [], min(left, 60.0))[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            count += len(data)
    return count


# -- measuring -------------------------------------------------------------------------------------


def samples(
    folder: Path, pids: dict[str, int], minutes: float, every: float
) -> Iterator[dict[str, Sample]]:
    """Yield the resources of all processes before each viewer."""
    ours, attached = found_runs(folder)
    paths = [str(ours.path), str(attached.path), str(folder / "study")]
    began, number = time.monotonic(), 0
    while (now := time.monotonic()) < began + 60 * minutes:
        if gone := [name for name, pid in pids.items() if not is_alive(pid)]:
            raise SystemExit(f"ended by itself: {', '.join(gone)}")
        yield {name: sample(pid) for name, pid in pids.items()}
        if (sent := visit(paths[number % 3], number // 3)) < SHOWN:
            raise SystemExit(f"viewer {number} showed nothing: {sent} bytes")
        number += 1
        time.sleep(max(0.0, now + every - time.monotonic()))


def is_alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    with suppress(psutil.NoSuchProcess):
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False


def growth(name: str, taken: Sequence[Sample]) -> Iterator[str]:
    """Yield a description of each resource of a process that grew."""
    warm = max(2, round(WARM_UP * len(taken)))
    level = statistics.median(sample.memory for sample in taken[1 : warm + 1])
    last = statistics.median(sample.memory for sample in taken[-warm:])
    if last > level * (1 + GROWTH):
        yield f"memory of the {name} from {level:,.0f} to {last:,.0f} MB"
    for kind in ("descriptors", "threads"):
        before = max(getattr(sample, kind) for sample in taken[: warm + 1])
        after = min(getattr(sample, kind) for sample in taken[-2:])
        if after > before:
            yield f"{kind} of the {name} from {before} to {after}"


def end(pids: Sequence[int]) -> None:
    """End what was started, and what that has started."""
    processes = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    below = [child for process in processes for child in process.children(recursive=True)]
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # the supervisor ends its program
            process.terminate()
    _, left = psutil.wait_procs([*processes, *below], timeout=60)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=60, help="seconds between two viewers")
    parser.add_argument("--data", default="", help="MNIST's folder; else drawn digits")
    parser.add_argument(
        "--folder", type=Path, help="where the runs are kept; else they are deleted"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = options.folder or Path(place)
        pids = start_all(folder, options.data)
        taken: dict[str, list[Sample]] = {name: [] for name in pids}
        try:
            print("minute  " + "  ".join(f"{name:>20}" for name in pids), flush=True)
            began = time.monotonic()
            for found in samples(folder, pids, options.minutes, options.every):
                for name, measured in found.items():
                    taken[name].append(measured)
                cells = (
                    f"{s.memory:9,.0f} {s.descriptors:5} {s.threads:4}" for s in found.values()
                )
                print(f"{(time.monotonic() - began) / 60:6.1f}  " + "  ".join(cells), flush=True)
        finally:
            end(list(pids.values()))
    grown = [text for name, each in taken.items() for text in growth(name, each)]
    print("; ".join(grown) or "memory, descriptors and threads stayed flat")
    sys.exit(bool(grown))


if __name__ == "__main__":
    main()
