"""Several devices and machines: the losses of one, and one desired state for all."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.training.cluster import is_chief, task_name
from core.training.distributed import check_divisible
from trainpad.errors import UserError

REPOSITORY = Path(__file__).resolve().parent.parent
FLAGS = ("--fake_data", "--headless", "--no-xla", "--batch_size", "20", "--max_steps", "60",
         "--eval_every", "60", "--dropout", "0.2", "--shift", "1", "--optimizer", "momentum",
         "--change", "30:learning_rate=0.02")  # fmt: skip


def started(log_dir: Path, *flags: str, cluster: object = None) -> "subprocess.Popen[str]":
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "OMP_NUM_THREADS": "1"}
    environment.pop("TF_CONFIG", None)
    if cluster is not None:
        environment["TF_CONFIG"] = json.dumps(cluster)
    return subprocess.Popen(
        [sys.executable, "main.py", *FLAGS, "--log_dir", str(log_dir), *flags],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(runs: "list[subprocess.Popen[str]]") -> list[str]:
    """What each printed; none is left running, however they end."""
    try:
        return [run.communicate(timeout=110)[0] for run in runs]
    finally:
        for run in runs:
            if run.poll() is None:
                run.kill()
                run.communicate()


def losses(log_dir: Path) -> np.ndarray:
    (path,) = log_dir.glob("*/loss.f32")
    return np.fromfile(path, "<f4")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_two_devices_and_two_machines_give_the_losses_of_one(tmp_path: Path) -> None:
    workers = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    clusters = [
        {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        for index in range(2)
    ]
    runs = [
        started(tmp_path / "one"),
        started(tmp_path / "mirrored", "--strategy", "mirrored", "--device", "cpu:2"),
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
    assert "worker 1 follows the chief" in printed[3]
    assert "Step 0" not in printed[3]


def test_a_batch_that_cannot_be_divided_is_refused() -> None:
    check_divisible(20, 2)
    with pytest.raises(UserError, match="batch_size must be a multiple of 2"):
        check_divisible(21, 2)


def test_a_later_batch_that_cannot_be_divided_gives_an_alert_and_the_run_continues(
    tmp_path: Path,
) -> None:
    spread = ("--strategy", "mirrored", "--device", "cpu:2", "--change", "40:batch_size=25")
    run = started(tmp_path, *spread)
    (printed,) = ended([run])
    assert run.returncode == 0, printed
    assert "batch size stays 20: it must be a multiple of 2, the number of devices" in printed
    assert len(losses(tmp_path)) == 60


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
