"""Training on several devices or machines, by TensorFlow's own distribution strategies.

The batch stays the global one: every replica takes its share of the same batch, from the same
shuffled stream, with the same random numbers for the same example; gradients are summed over all.
So the losses are those of one device, up to the order in which numbers are added.

All processes run the same loop. Only the chief, task 0, looks at `control.json`; what it wants, and
how many steps come next, reaches the others through the same collectives as the gradients, so that
everybody changes, pauses and stops at the same step.
"""

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import Any

import numpy as np

from core.run.hparams import HyperParameters
from core.rundir.control import check_live
from core.training.cluster import is_chief
from core.training.device import gpus_with_memory_growth
from core.training.engine import Engine
from data.dataset import Dataset
from trainpad.control import Control, DesiredState, parse
from trainpad.errors import UserError

BROADCAST_BYTES = 2048
"""Bytes that the chief can tell the others at once."""


def make_strategy(tf: Any, name: str, device: str) -> Any:
    """The strategy called `name`, over this machine's GPUs or over the cluster in ``TF_CONFIG``.

    Raises:
        UserError: the cluster is described wrongly.
    """
    if name == "mirrored":
        kind, _, number = device.partition(":")
        if kind == "cpu" and number:
            _split_cpu(tf, int(number))
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


def _split_cpu(tf: Any, number: int) -> None:
    """Make `number` devices of the processor, to try out what needs several."""
    parts = [tf.config.LogicalDeviceConfiguration()] * number
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)


class DistributedEngine(Engine):
    """An `Engine` whose step runs on every replica of a strategy."""

    def __init__(
        self,
        dataset: Dataset,
        hparams: HyperParameters,
        *,
        device: str = "auto",
        xla: bool = True,
        strategy: str,
    ) -> None:
        """Put data and network on all devices of the strategy.

        Raises:
            UserError: the batch cannot be shared out evenly, or there is no such cluster.
        """
        import tensorflow as tf

        if not device.startswith("cpu"):
            gpus_with_memory_growth(tf)
        self._strategy = make_strategy(tf, strategy, device)
        self._replicas = self._strategy.num_replicas_in_sync
        self._multi_worker = strategy == "multi_worker"
        check_divisible(hparams.batch_size, self._replicas)
        with self._strategy.scope():
            super().__init__(dataset, hparams, device=device.partition(":")[0], xla=xla)
        self.device = f"{self._replicas} x {self.device}"
        self._share_note = tf.function(self._sum_messages, autograph=False)

    def why_invalid(self, name: str, value: Any) -> str:
        """As `Engine.objection`; besides, a batch must be one that can be shared out evenly."""
        if name == "batch_size" and value % self._replicas:
            return f"it must be a multiple of {self._replicas}, the number of devices"
        return super().why_invalid(name, value)

    def _scope(self) -> AbstractContextManager[object]:
        # The strategy places what each replica does.
        return nullcontext()

    def _compile(self, body: Callable[..., Any]) -> Callable[..., Any]:
        # XLA cannot compile a call that spans devices.
        compiled: Callable[..., Any] = self._tf.function(body, autograph=False)
        return compiled

    def _run_on_replicas(self, share: Callable[[Any, Any], Any], done: Any) -> Any:
        tf, strategy = self._tf, self._strategy

        def replica(done: Any) -> Any:
            place = tf.distribute.get_replica_context().replica_id_in_sync_group
            return share(done, tf.cast(place, tf.int32))

        parts = strategy.run(replica, args=(done,))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, parts, axis=None)

    # -- the chief's word ---------------------------------------------------------------------

    def sync_step_count(self, count: int) -> int:
        """The chief's number of steps, on every process."""
        return int(self._broadcast(str(count)))

    def shared_control(self, control: Control | None) -> Control:
        """A control that says on every process what the chief's says."""
        if not self._multi_worker:
            return super().shared_control(control)
        return ReplicatedControl(control, self._broadcast)

    def _broadcast(self, word: str) -> str:
        """What the chief says, on every process; a word of `NOTE` bytes at the most."""
        if not self._multi_worker:
            return word
        note = np.zeros(BROADCAST_BYTES, np.int32)
        if is_chief():
            content = word.encode()
            note[: len(content)] = np.frombuffer(content, np.uint8)
        summed = self._share_note(self._tf.constant(note)).numpy()
        return bytes(summed.astype(np.uint8)).rstrip(b"\0").decode()

    def _sum_messages(self, note: Any) -> Any:
        """The sum of all processes' notes, of which only the chief's is not empty."""
        tf, strategy = self._tf, self._strategy
        parts = strategy.run(tf.identity, args=(note,))
        summed = strategy.reduce(tf.distribute.ReduceOp.SUM, parts, axis=None)
        # Every device of the chief's machine has added the same note.
        return summed // len(strategy.extended.worker_devices)


def check_divisible(batch_size: int, replicas: int) -> None:
    """Raise a `UserError` where a batch cannot be shared out evenly among the replicas."""
    if batch_size % replicas:
        raise UserError(
            f"batch_size must be a multiple of {replicas}, the number of devices, not {batch_size}"
        )


class ReplicatedControl(Control):
    """The chief's wish, as every process sees it at the same step."""

    def __init__(self, control: Control | None, told: Callable[[str], str]) -> None:
        self._inner = control
        self._told = told
        self._latest = DesiredState()

    @property
    def desired(self) -> DesiredState:
        """The desired state at the last poll."""
        return self._latest

    def poll(self) -> DesiredState:
        """What the chief wants now.

        Raises:
            UserError: on the chief, its file is not to be believed; all keep the last wish.
        """
        problem = None
        word = ""
        if self._inner is not None:
            try:
                word = json.dumps(asdict(self._inner.poll()))
            except UserError as error:
                problem, word = error, json.dumps(asdict(self._inner.desired))
        self._latest = parse(self._told(word).encode(), check_live)
        if problem is not None:
            raise problem
        return self._latest

    def request(self, **changes: Any) -> DesiredState:
        """On the chief, change the desired state."""
        if self._inner is not None:
            self._inner.request(**changes)
        return self._latest
