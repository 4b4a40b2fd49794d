"""What users of similar libraries complain about, where no other test covers it."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import trainpad
from tests.helpers.attached import directory, numbers
from trainpad import ranks

pytestmark = pytest.mark.usefixtures("runs")


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_many_runs_in_one_process_keep_no_file_open_and_make_few(runs: Path) -> None:
    trainpad.init("p").finish()
    before = open_files()
    for _ in range(20):
        run = trainpad.init("p", config={"lr": 0.1})
        run.live("lr", 0.1)
        run.log({"loss": 1.0, "val/loss": 2.0})
        run.finish()
        assert len(list(directory(run).iterdir())) <= 7
    assert open_files() <= before


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    with trainpad.init("p", steps=10) as run:
        run.live("lr", 0.1, low=0.0)
        run.log({"loss": 1.0})
        run.note("here")
        run.tick()
    assert capfd.readouterr() == ("", "")


def test_a_lower_step_of_one_metric_drops_nothing_of_another() -> None:
    run = trainpad.init("p")
    for step, name in ((5, "train"), (3, "eval"), (6, "train"), (3, "late"), (0, "eval")):
        run.log({name: step}, step)
    run.finish()
    found = [(line["step"], *(line.keys() - {"step"})) for line in numbers(directory(run))]
    assert found == [(5, "train"), (3, "eval"), (6, "train"), (3, "late"), (0, "eval")]


@pytest.mark.parametrize(
    ("variable", "size"),
    [
        ("RANK", "WORLD_SIZE"),
        ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
        ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
        ("PMI_RANK", "PMI_SIZE"),
    ],
)
def test_only_the_first_of_several_processes_records(
    variable: str, size: str, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*ranks.RANKS, *ranks.SIZES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(size, "4")
    for rank in ("3", "0"):
        monkeypatch.setenv(variable, rank)
        run = trainpad.init("p")
        run.log({"loss": 1.0}, 0)
        lr = run.live("lr", 0.1)
        assert (run.tick(), run.save_requested, lr.value) == (True, False, 0.1)
        run.finish()
        assert (run.path is None, runs.exists()) == (rank == "3", rank == "0")
    assert ranks.world_size() == 4


def test_jax_says_which_process_this_is_once_it_shares_the_work(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*ranks.RANKS, *ranks.SIZES):
        monkeypatch.delenv(name, raising=False)
    state = SimpleNamespace(client=None)
    distributed = SimpleNamespace(global_state=state)
    jax = SimpleNamespace(process_index=lambda: 1, process_count=lambda: 2)
    monkeypatch.setitem(sys.modules, "jax._src.distributed", distributed)
    monkeypatch.setitem(sys.modules, "jax", jax)
    assert (ranks.rank(), ranks.world_size()) == (0, 1)  # jax.distributed is not initialized
    state.client = object()
    assert (ranks.rank(), ranks.world_size()) == (1, 2)
    assert trainpad.init("p").path is None
    assert not runs.exists()


def test_a_buffer_that_is_donated_to_the_next_step_is_copied_before() -> None:
    class Array:
        """JAX's array, as far as its life is concerned."""

        shape = ()

        def __init__(self) -> None:
            self.is_deleted = False

        def copy(self) -> "Array":
            return Array()

        def item(self) -> float:
            assert not self.is_deleted, "Array has been deleted"
            return 0.5

    run, loss = trainpad.init("p"), Array()
    run.log({"loss": loss}, 0)
    loss.is_deleted = True
    run.finish()
    assert numbers(directory(run)) == [{"step": 0, "loss": 0.5}]
