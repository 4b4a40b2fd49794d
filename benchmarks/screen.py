"""The cost of the Train screen: bytes a second while training and paused, and key latency.

Runs the real program on a pseudo-terminal of 160x45 with 256 colours, at the lab's defaults. The
milliseconds of a chart are in ``benchmarks/chart.py``, and training speed with and without the
dashboard in ``benchmarks/train_speed.py``. Run as ``python -m benchmarks.screen [--data FOLDER]``.
"""

import argparse
import contextlib
import fcntl
import math
import os
import pty
import statistics
import struct
import sys
import tempfile
import termios
import threading
import time

COLUMNS, ROWS = 160, 45
PRESSES = 30
"""Of each key."""


class Screen:
    """The program on a pseudo-terminal; collects the bytes that it writes."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.execvpe(sys.executable, [sys.executable, "main.py", *arguments], environment)
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, size)
        self.seen = bytearray()
        self.arrived = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self.terminal, 1 << 16):
                with self.arrived:
                    self.seen += data
                    self.arrived.notify_all()

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.terminal, keys.encode())

    def wait_for(self, text: str, start: int = 0, seconds: float = 120) -> float:
        """Seconds until `text` has been sent after byte `start`."""
        began = time.perf_counter()
        with self.arrived:
            if not self.arrived.wait_for(lambda: text.encode() in self.seen[start:], seconds):
                raise TimeoutError(f"{text!r} was not written")
        return time.perf_counter() - began

    def rate(self, seconds: float) -> float:
        """Bytes a second over the next `seconds`."""
        before = len(self.seen)
        time.sleep(seconds)
        return (len(self.seen) - before) / seconds

    def latency(self, key: str, text: str) -> float:
        """Seconds from a key to the first changed screen that shows `text`."""
        start = len(self.seen)
        self.press(key)
        return self.wait_for(text, start, 10)


def measure(folder: str, *, remote: bool) -> None:
    """Print the measurements of one run of the program."""
    environment = {k: v for k, v in os.environ.items() if k not in ("COLORTERM", "SSH_CONNECTION")}
    environment |= {"TERM": "xterm-256color"} | ({"SSH_CONNECTION": "a b"} if remote else {})
    with tempfile.TemporaryDirectory() as log_dir:
        began = time.perf_counter()
        arguments = ["--input_data_dir", folder, "--log_dir", log_dir, "--max_steps", "1000000"]
        screen = Screen(arguments, environment)
        screen.wait_for("hyperparameters")
        print(f"first paint after {time.perf_counter() - began:.2f} s")
        screen.wait_for("steps/s")
        print(f"first loss after {time.perf_counter() - began:.2f} s")
        time.sleep(8)
        print(f"while training {screen.rate(20) / 1000:.2f} KB/s")
        answers = _key_latencies(screen)
        for key, seconds in answers.items():
            _print_latency(key, seconds)
        _print_latency(
            "any of these keys", [one for seconds in answers.values() for one in seconds]
        )
        screen.latency(" ", "paus")
        time.sleep(2)
        print(f"while paused {screen.rate(5):.0f} bytes/s")
        screen.press("q")
        time.sleep(0.5)
        screen.press("s")
        os.waitpid(screen.child, 0)


def _key_latencies(screen: Screen) -> dict[str, list[float]]:
    """Seconds from a key to the changed screen, by key; presses are at any time between frames."""
    seconds: dict[str, list[float]] = {"?": [], "2": [], "1": [], "space": []}
    for number in range(PRESSES):
        pause = 0.4 + 0.013 * number
        seconds["?"].append(screen.latency("?", "Quit trainpad"))
        time.sleep(pause)
        screen.press("\x1b")
        time.sleep(pause)
        seconds["2"].append(screen.latency("2", "precision"))
        time.sleep(pause)
        seconds["1"].append(screen.latency("1", "hyperparameters"))
        time.sleep(pause)
        seconds["space"].append(screen.latency(" ", "paus"))
        time.sleep(pause)
        screen.press(" ")
        time.sleep(pause)
    return seconds


def _print_latency(key: str, seconds: list[float]) -> None:
    in_order = sorted(seconds)
    most = in_order[math.ceil(0.95 * len(in_order)) - 1]
    print(
        f"{key} to changed screen: median {1000 * statistics.median(in_order):.0f} ms, "
        f"95th percentile {1000 * most:.0f} ms of {len(in_order)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("TRAINPAD_DATA", "../shared/mnist"))
    parser.add_argument("--remote", action="store_true", help="as over SSH")
    chosen = parser.parse_args()
    measure(chosen.data, remote=chosen.remote)


if __name__ == "__main__":
    main()
