"""Several devices and machines: the losses of one, and one desired state for all."""

import json
import os
import socket
from pathlib import Path

import numpy as np
import pytest

from core.process.libraries import clean_imports
from core.training.cluster import is_chief, task_name
from tests.helpers.program import Program
from trainpad.errors import UserError

with clean_imports():  # the first file that imports TensorFlow: without this it takes twice as long
    from core.training.distributed import check_divisible

FLAGS = ("--fake_data", "--headless", "--no-xla", "--batch_size", "20", "--max_steps", "60",
         "--eval_every", "60", "--dropout", "0.2", "--shift", "1", "--optimizer", "momentum",
         "--change", "30:learning_rate=0.02")  # fmt: skip


MIRRORED = ("--strategy", "mirrored", "--device", "cpu:2")


def started(log_dir: Path, *flags: str, cluster: object = None) -> Program:
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    environment.pop("TF_CONFIG", None)
    if cluster is not None:
        environment["TF_CONFIG"] = json.dumps(cluster)
    return Program(*FLAGS, "--log_dir", log_dir, *flags, environment=environment)


def ended(runs: list[Program]) -> list[str]:
    """What each printed; none is left running, however they end."""
    try:
        return ["".join(run.communicate()) for run in runs]
    finally:
        for run in runs:
            run.kill()


def losses(log_dir: Path) -> np.ndarray:
    (path,) = log_dir.glob("*/loss.f32")
    return np.fromfile(path, "<f4")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_two_devices_and_two_machines_give_the_losses_of_one(tmp_path: Path) -> None:
    """A change to a batch that two devices cannot divide gives an alert, and the run continues."""
    workers = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    clusters = [
        {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        for index in range(2)
    ]
    runs = [
        started(tmp_path / "one"),
        started(tmp_path / "mirrored", *MIRRORED, "--change", "40:batch_size=25"),
        *(
            started(tmp_path / "cluster", "--strategy", "multi_worker", cluster=cluster)
            for cluster in clusters
        ),
    ]
    printed = ended(runs)
    assert [run.returncode for run in runs] == [0, 0, 0, 0], "\n".join(printed)
    one = losses(tmp_path / "one")
    assert len(one) == 60
    np.testing.assert_allclose(losses(tmp_path / "mirrored"), one, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(losses(tmp_path / "cluster"), one, rtol=1e-4, atol=1e-5)
    assert "batch size stays 20: it must be a multiple of 2, the number of devices" in printed[1]
    assert "worker 1 follows the chief" in printed[3]
    assert "Step 0" not in printed[3]


def test_a_batch_that_cannot_be_divided_is_refused() -> None:
    check_divisible(20, 2)
    with pytest.raises(UserError, match="batch_size must be a multiple of 2"):
        check_divisible(21, 2)


@pytest.mark.parametrize(
    ("config", "chief", "name"),
    [
        ('{"task": {"type": "worker", "index": 0}}', True, "worker 0"),
        ('{"task": {"type": "worker", "index": 1}}', False, "worker 1"),
        (
            '{"cluster": {"chief": ["a"]}, "task": {"type": "worker", "index": 0}}',
            False,
            "worker 0",
        ),
        ('{"cluster": {"chief": ["a"]}, "task": {"type": "chief", "index": 0}}', True, "chief 0"),
    ],
)
def test_who_is_chief(monkeypatch: pytest.MonkeyPatch, config: str, chief: bool, name: str) -> None:
    monkeypatch.setenv("TF_CONFIG", config)
    assert (is_chief(), task_name()) == (chief, name)


@pytest.mark.parametrize("config", ["", "[]", "{}", '{"task": 3}', '{"task": {"type": "worker"}}'])
def test_a_damaged_cluster_description_is_refused(
    monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(UserError, match="TF_CONFIG"):
        is_chief()
