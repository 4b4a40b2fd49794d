"""Training on several devices or machines with TensorFlow's distribution strategies.

The batch size stays the global one: each replica takes its part of the same batch, from the same
shuffled stream, with the same random numbers for the same example; gradients are summed over all
replicas. So the losses are those of one device, except for the order of floating-point additions.

All processes run the same loop. Only the chief, task 0, polls `control.json`; its desired state and
its number of steps are broadcast with the same collectives as the gradients, so that all processes
change, pause and stop at the same step.
"""

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import Any

import numpy as np
import tensorflow as tf

from core.run.hparams import HyperParameters
from core.rundir.control import check_live
from core.training.cluster import is_chief
from core.training.device import gpus_with_memory_growth
from core.training.engine import Engine
from data.dataset import Dataset
from trainpad.control import Control, DesiredState, parse
from trainpad.errors import UserError

BROADCAST_BYTES = 2048
"""The longest message that the chief can broadcast."""


def make_strategy(name: str, device: str) -> Any:
    """A strategy over this machine's devices, or over the cluster in ``TF_CONFIG``.

    Raises:
        UserError: the cluster is described wrongly.
    """
    if name == "mirrored":
        kind, _, number = device.partition(":")
        if kind == "cpu" and number:
            _split_cpu(int(number))
        gpus = tf.config.list_logical_devices("GPU") if kind != "cpu" else []
        devices = gpus or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([each.name for each in devices])
    try:
        if "TF_CONFIG" not in os.environ and "SLURM_JOB_ID" in os.environ:
            resolver = tf.distribute.cluster_resolver.SlurmClusterResolver()
            return tf.distribute.MultiWorkerMirroredStrategy(resolver)
        return tf.distribute.MultiWorkerMirroredStrategy()
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise UserError(f"TF_CONFIG does not describe a cluster: {error}") from error


def _split_cpu(number: int) -> None:
    """Split the CPU into `number` logical devices, to try out a strategy without GPUs."""
    parts = [tf.config.LogicalDeviceConfiguration()] * number
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)


class DistributedEngine(Engine):
    """An `Engine` with a step that runs on every replica of a strategy."""

    def __init__(
        self,
        dataset: Dataset,
        hparams: HyperParameters,
        *,
        device: str = "auto",
        xla: bool | None = None,
        strategy: str,
    ) -> None:
        """Put data and network on all devices of the strategy.

        Raises:
            UserError: the batch cannot be divided evenly, or there is no such cluster.
        """
        if not device.startswith("cpu"):
            gpus_with_memory_growth()
        self._strategy = make_strategy(strategy, device)
        self._replicas = self._strategy.num_replicas_in_sync
        self._multi_worker = strategy == "multi_worker"
        check_divisible(hparams.batch_size, self._replicas)
        with self._strategy.scope():
            super().__init__(dataset, hparams, device=device.partition(":")[0], xla=xla)
        self.device = f"{self._replicas} x {self.device}"
        self._sum = tf.function(self._sum_messages, autograph=False)

    def why_invalid(self, name: str, value: Any) -> str:
        """As `Engine.why_invalid`; also, a batch must divide evenly among the replicas."""
        if name == "batch_size" and value % self._replicas:
            return f"it must be a multiple of {self._replicas}, the number of devices"
        return super().why_invalid(name, value)

    def _scope(self) -> AbstractContextManager[object]:
        # The strategy places the replicas' work itself.
        return nullcontext()

    def _compile(self, body: Callable[..., Any]) -> Callable[..., Any]:
        # XLA cannot compile a call that spans devices.
        compiled: Callable[..., Any] = tf.function(body, autograph=False)
        return compiled

    def _run_on_replicas(self, step: Callable[[Any, Any], Any], done: Any) -> Any:
        def replica(done: Any) -> Any:
            index = tf.distribute.get_replica_context().replica_id_in_sync_group
            return step(done, tf.cast(index, tf.int32))

        losses = self._strategy.run(replica, args=(done,))
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

    # -- broadcast from the chief -------------------------------------------------------------

    def sync_step_count(self, count: int) -> int:
        """The chief's number of steps, on every process."""
        return int(self._broadcast(str(count)))

    def shared_control(self, control: Control | None) -> Control:
        """A control with the chief's desired state on every process."""
        if not self._multi_worker:
            return super().shared_control(control)
        return ReplicatedControl(control, self._broadcast)

    def _broadcast(self, message: str) -> str:
        """The chief's message, on every process; at most `BROADCAST_BYTES` long."""
        if not self._multi_worker:
            return message
        padded = np.zeros(BROADCAST_BYTES, np.int32)
        if is_chief():
            content = message.encode()
            padded[: len(content)] = np.frombuffer(content, np.uint8)
        total = self._sum(tf.constant(padded)).numpy()
        return bytes(total.astype(np.uint8)).rstrip(b"\0").decode()

    def _sum_messages(self, message: Any) -> Any:
        """The sum of all processes' messages, of which only the chief's is not zero."""
        messages = self._strategy.run(tf.identity, args=(message,))
        total = self._strategy.reduce(tf.distribute.ReduceOp.SUM, messages, axis=None)
        # Every device of the chief's machine has added the same message.
        return total // len(self._strategy.extended.worker_devices)


def check_divisible(batch_size: int, replicas: int) -> None:
    """Raise a `UserError` if a batch cannot be divided evenly among the replicas."""
    if batch_size % replicas:
        raise UserError(
            f"batch_size must be a multiple of {replicas}, the number of devices, not {batch_size}"
        )


class ReplicatedControl(Control):
    """The chief's desired state, the same on every process at the same step."""

    def __init__(self, control: Control | None, broadcast: Callable[[str], str]) -> None:
        self._inner = control
        self._broadcast = broadcast
        self._latest = DesiredState()

    @property
    def desired(self) -> DesiredState:
        """The desired state at the last poll."""
        return self._latest

    def poll(self) -> DesiredState:
        """Poll on the chief, and return its desired state on every process.

        Raises:
            UserError: on the chief, `control.json` is invalid; all processes keep the last state.
        """
        problem = None
        message = ""
        if self._inner is not None:
            try:
                message = json.dumps(asdict(self._inner.poll()))
            except UserError as error:
                problem, message = error, json.dumps(asdict(self._inner.desired))
        self._latest = parse(self._broadcast(message).encode(), check_live)
        if problem is not None:
            raise problem
        return self._latest

    def request(self, **changes: Any) -> DesiredState:
        """On the chief, change the desired state."""
        if self._inner is not None:
            self._inner.request(**changes)
        return self._latest
