"""What several test modules need: a data set, a run directory, a clock that does not run."""

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import numpy as np
import pytest

from core.process.threads import limit_blas_threads, relax_gc
from core.run.hparams import HyperParameters, as_dict, validate_hparams
from core.rundir.rundir import RunDir, create_run
from data.dataset import Dataset, Split
from data.find import SearchPaths
from tests.helpers.repository import REPOSITORY

if TYPE_CHECKING:
    from core.training.engine import Engine

for _number, _handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:  # as a shell starts a job in the background
        signal.signal(_number, _handler)  # else the programs that tests start ignored it, too

# What tests start many times is compiled once, in `__pycache__`, as by default.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
limit_blas_threads()  # in the workers, which start later: cores are shared
relax_gc()  # as the program does: collections were a third of the time of tests of screens

# An example may take long where the machine does other work, too.
hypothesis.settings.register_profile("trainpad", deadline=None)
hypothesis.settings.load_profile("trainpad")

SMALL = {"hidden": (24, 16), "batch_size": 50, "max_steps": 120, "learning_rate": 0.05}
"""Hyperparameters of a training that takes a moment."""
IDLE_SECONDS = 0.005
"""How long a process must do nearly nothing to be idle."""


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait for a program on a terminal."""
    return (os.cpu_count() or 1) + 1


@dataclass
class FakeClock:
    """Tells the time that a test wants; sleeping only moves its hand."""

    now: float = 0.0
    slept: int = 0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += 1


@pytest.fixture(autouse=True)
def drawn_charts() -> Iterator[None]:
    """No chart says that it cannot be drawn: the screens go on, a test must not."""
    yield
    if (module := sys.modules.get("tui.chart.fault")) is not None:
        texts, _ = [*module.described.values()], module.described.clear()
        assert not texts, texts


@pytest.fixture(autouse=True, scope="module")
def light_collections() -> None:
    """Full collections do not look through what TensorFlow left: that takes longer than a test.

    A process that trains does the same; see `core.training.loop`.
    """
    if "tensorflow" in sys.modules and not gc.get_freeze_count():
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def short_waits_of_the_pilot() -> None:
    """The pilot waits twice after each key until the process was idle for 5 ms, and not for 20."""
    from textual import _wait

    _wait.SLEEP_GRANULARITY = IDLE_SECONDS
    _wait.SLEEP_IDLE = IDLE_SECONDS / 10


@pytest.fixture(autouse=True, scope="session")
def styles_parsed_once() -> None:
    """Apps share what Textual parsed for the first of them: a tenth of the time of a small test."""
    from tests.helpers.styles import share_parsed_styles

    share_parsed_styles()


@pytest.fixture(autouse=True)
def screens_mounted_when_shown(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No screen is mounted before a test shows it: few tests show more than two of the five.

    The dashboard mounts the others while it has time; tests marked `mounts_ahead` test that, and
    programs on a terminal do it as well.
    """
    if "tui.modes" in sys.modules and request.node.get_closest_marker("mounts_ahead") is None:
        monkeypatch.setattr("tui.modes.MountAhead.start", lambda *_args, **_options: None)


@pytest.fixture(autouse=True)
def no_worker_outlives_its_test() -> Iterator[None]:
    """A worker of a closed app would continue to read its events, and keep the process busy.

    Textual's pilot waits until the process is idle: up to a second, after each key.
    """
    yield
    if "tui.dashboard.worker" in sys.modules:
        from tui.dashboard.worker import EventWorker

        for thread in threading.enumerate():
            if isinstance(thread, EventWorker):
                thread.stop(1.0)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes what the user has in his own folders."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def tiny() -> Dataset:
    """Ten noisy patterns that a network can learn; no split is a multiple of a batch."""
    rng = np.random.default_rng(7)
    patterns = rng.integers(0, 256, (10, 28, 28))

    def split(count: int) -> Split:
        labels = rng.integers(0, 10, count).astype(np.uint8)
        noise = rng.integers(0, 256, (count, 28, 28))
        return Split(((patterns[labels] + 2 * noise) // 3).astype(np.uint8), labels)

    return Dataset("tiny", "made for tests", "0" * 64, split(503), split(101), split(33))


@pytest.fixture(scope="session")
def small() -> Dataset:
    """Ten patterns of 8 x 8 pixels."""
    rng = np.random.default_rng(7)
    patterns = rng.integers(0, 256, (10, 8, 8))

    def split(count: int) -> Split:
        labels = rng.integers(0, 10, count).astype(np.uint8)
        noise = rng.integers(0, 256, (count, 8, 8))
        return Split(((patterns[labels] + noise) // 2).astype(np.uint8), labels)

    return Dataset("small", "made for tests", "0" * 64, split(203), split(31), split(33))


@pytest.fixture(scope="module")
def engine(tiny: Dataset) -> "Engine":
    """One network for all tests of a module; tests start from `fresh`."""
    from core.training.engine import Engine

    return Engine(tiny, validate_hparams(SMALL), device="cpu", xla=False)


@pytest.fixture(scope="module")
def beginning(engine: "Engine") -> dict[str, Any]:
    return engine.state()


@pytest.fixture
def fresh(engine: "Engine", beginning: dict[str, Any]) -> "Engine":
    engine.restore(beginning)
    return engine


@pytest.fixture(scope="session")
def mnist() -> Path | None:
    """The folder of real MNIST, where there is one."""
    for folder in (os.environ.get("TRAINPAD_DATA", ""), REPOSITORY.parent / "shared" / "mnist"):
        if folder and any(Path(folder).glob("train-images-idx3-ubyte*")):
            return Path(folder)
    return None


MakeRun = Callable[..., RunDir]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Makes run directories below a folder of this test's own."""

    def make(network: str = "128x32", **info: object) -> RunDir:
        content = {"hyperparameters": as_dict(HyperParameters()), **info}
        return create_run(tmp_path / "runs", network, content)

    return make


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the library puts the runs of a test, the last of which ends with the test."""
    import trainpad

    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path / "runs"))
    monkeypatch.setattr("trainpad.api._unknown_seen", set())
    yield tmp_path / "runs"
    trainpad.finish()


@pytest.fixture
def polled_runs(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, where each call of `tick` reads what was requested."""
    monkeypatch.setattr("trainpad.attached.POLL_INTERVAL", 0.0)
    return runs


@pytest.fixture
def paths(tmp_path: Path) -> SearchPaths:
    """The places where data is looked for, all of them empty folders."""
    for name in ("home", "cwd", "cache", "user", "tmp"):
        (tmp_path / name).mkdir()
    return SearchPaths(
        env={},
        home=tmp_path / "home",
        cwd=tmp_path / "cwd",
        cache=tmp_path / "cache",
        user_data=tmp_path / "user",
        temporary=tmp_path / "tmp",
    )
