"""The compiled part of training: everything that TensorFlow does, and nothing else.

Images and labels of all splits lie on the device as one uint8 array; the weights and the
optimizer's slots are Keras variables. `Engine.steps` runs many steps as one compiled call: a loop
whose bound is a tensor, over a fixed-size window of indices, with the learning rates as an array,
so that neither the chunk's length nor a schedule needs a new trace. One is needed only where the
step itself changes: another batch size, or dropout or L2 switched on.

`core.training.loop` imports this module when training starts, `core.training.distributed` builds
on it, and TensorFlow is imported when an `Engine` is made.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.run.hparams import AUGMENTATION, HyperParameters
from core.run.schedules import learning_rates
from core.training.augment import augment
from core.training.device import pick_device
from core.training.model import forward, init_variables, make_optimizer, slot_name
from core.training.rng_tf import Dropout, StatelessUniform
from core.training.stream import ExampleWindow
from data.dataset import NO_CLASS, SPLITS, Dataset
from trainpad.control import Control
from trainpad.errors import UserError

MAX_CHUNK_STEPS = 2048
"""The most steps that one compiled call can take."""
EVALUATION_BATCH = 1000
"""Images that the compiled evaluation looks at together."""

Array = npt.NDArray[Any]


class Engine:
    """A network on a device, its optimizer, and the data that both work on."""

    _replicas = 1
    """How many share the work of a step."""

    def __init__(
        self, dataset: Dataset, hparams: HyperParameters, *, device: str = "auto", xla: bool = True
    ) -> None:
        """Put data and network on `device`: ``auto``, ``cpu`` or ``gpu:N``.

        Raises:
            UserError: there is no such device.
        """
        import keras
        import tensorflow as tf

        self._tf = tf
        self._xla = xla
        self._tf_device = pick_device(tf, device)
        self.device = self._tf_device.strip("/")
        """What people call the device: ``CPU:0``."""
        self._examples = len(dataset.train)
        self._classes = len(dataset.classes)
        self._compiled: dict[TraceKey, Callable[..., Any]] = {}
        self._image_shape = dataset.image_shape
        self._has_rejects = bool((dataset.train.labels == NO_CLASS).any())
        self._split_ranges = _split_ranges(dataset)
        height, width = dataset.image_shape
        sizes = (height * width, *hparams.hidden, self._classes)
        with tf.device(self._tf_device):
            self._images, self._labels = _load_on_device(tf, dataset)
            self._layers = init_variables(keras, sizes, hparams)
            self._optimizer = make_optimizer(keras, hparams)
            self._optimizer.build(self._variables)
            self._window = ExampleWindow(self._examples, hparams.seed)
            self._indices = tf.constant(self._window.indices)
            self._evaluate = self._compile(self._evaluation_loop)

    @property
    def _variables(self) -> list[Any]:
        return [variable for layer in self._layers for variable in layer]

    @property
    def parameters(self) -> int:
        """How many weights and biases the network has."""
        return sum(int(np.prod(variable.shape)) for variable in self._variables)

    # -- training ---------------------------------------------------------------------------

    def why_invalid(self, name: str, value: Any) -> str:
        """Why the hyperparameter called `name` cannot have this value here; nothing if it can."""
        if name == "batch_size" and value > self._examples:
            return f"there are {self._examples:,} images"
        return ""

    def needs_trace(self, hparams: HyperParameters) -> bool:
        """Whether `steps` would have to compile first."""
        return _trace_key(hparams) not in self._compiled

    def trace(self, hparams: HyperParameters) -> bool:
        """Compile the step for these hyperparameters, which takes about a second; train nothing.

        Where XLA cannot compile for this device, the step is compiled without it from here on,
        and False is the answer.
        """
        errors = self._tf.errors
        try:
            self.steps(0, self._window.start, 0, hparams)
        except (errors.InvalidArgumentError, errors.UnimplementedError, errors.InternalError):
            if not self._xla:
                raise
            self._xla = False
            self._compiled.clear()
            self._evaluate = self._compile(self._evaluation_loop)
            self.steps(0, self._window.start, 0, hparams)
            return False
        return True

    def steps(
        self, first: int, position: int, count: int, hparams: HyperParameters
    ) -> npt.NDArray[np.float32]:
        """Train up to `count` steps; returns the loss of each, float32 ``[n]``.

        `first` is the first step's index and `position` its place in the stream of examples. The
        loop ends early, with that loss last, when a loss is not finite; it also ends where the
        window of examples does.
        """
        tf = self._tf
        with self._scope():
            if self._window.advance_to(position):
                self._indices = tf.constant(self._window.indices)
            count = min(
                count, MAX_CHUNK_STEPS, self._window.remaining(position) // hparams.batch_size
            )
            rates = np.zeros(MAX_CHUNK_STEPS, np.float32)
            rates[:count] = learning_rates(hparams, first, count)
            chunk = ChunkInputs(
                indices=self._indices,
                start=tf.constant(position - self._window.start),
                count=tf.constant(count),
                learning_rates=tf.constant(rates),
                first=tf.constant(first),
                seed=tf.constant(hparams.seed),
                dropout=tf.constant(hparams.dropout),
                l2=tf.constant(hparams.l2),
                augmentation=tf.constant(augmentation_amounts(hparams), tf.float32),
            )
            losses, done = self._compiled_loop(hparams)(*chunk)
            return np.asarray(losses.numpy()[: int(done)], np.float32)

    def _scope(self) -> AbstractContextManager[object]:
        """Where the compiled calls run."""
        scope: AbstractContextManager[object] = self._tf.device(self._tf_device)
        return scope

    def _compile(self, body: Callable[..., Any]) -> Callable[..., Any]:
        """`body`, to be compiled when it is first called; it holds no Python to be converted."""
        compiled: Callable[..., Any] = self._tf.function(
            body, jit_compile=self._xla, autograph=False
        )
        return compiled

    def _compiled_loop(self, hparams: HyperParameters) -> Callable[..., Any]:
        kind = _trace_key(hparams)
        if kind not in self._compiled:
            self._compiled[kind] = self._compile(self._build_loop(kind))
        return self._compiled[kind]

    def _build_loop(self, kind: "TraceKey") -> Callable[..., Any]:
        """The training loop for one kind of step, ready to be compiled; it takes a `Chunk`."""
        tf = self._tf

        def run(*tensors: Any) -> Any:
            chunk = ChunkInputs(*tensors)

            def going_on(done: Any, loss: Any, _losses: Any) -> Any:
                return (done < chunk.count) & tf.math.is_finite(loss)

            def step(done: Any, _loss: Any, losses: Any) -> Any:
                loss = self._run_on_replicas(
                    lambda done, place: self._replica_step(kind, chunk, done, place), done
                )
                return done + 1, loss, losses.write(done, loss)

            losses = tf.TensorArray(tf.float32, MAX_CHUNK_STEPS, element_shape=())
            done, _, losses = tf.while_loop(
                going_on, step, (tf.constant(0), tf.constant(0.0), losses)
            )
            return losses.stack(), done

        return run

    def _run_on_replicas(self, share: Callable[[Any, Any], Any], done: Any) -> Any:
        """The loss of one step, of which every device does its share; here there is only one."""
        return share(done, 0)

    def _replica_step(self, kind: "TraceKey", chunk: "ChunkInputs", done: Any, place: Any) -> Any:
        """One device's share of a step: learn from its part of the batch; returns its loss."""
        tf = self._tf
        own = kind.batch // self._replicas
        row = place * own
        # A slice would make XLA compile again for every other start.
        chosen = tf.gather(chunk.indices, chunk.start + done * kind.batch + (row + tf.range(own)))
        noise = StatelessUniform(tf, chunk.first + done, chunk.seed, row)
        loss, gradients = self._gradients(kind, chunk, chosen, noise)
        self._optimizer.learning_rate.assign(chunk.learning_rates[done])
        self._optimizer.apply(gradients, self._variables)
        return loss

    def _gradients(
        self, kind: "TraceKey", chunk: "ChunkInputs", chosen: Any, noise: StatelessUniform
    ) -> tuple[Any, list[Any]]:
        """The loss of the examples `chosen` as a part of the batch's, and its gradients."""
        tf = self._tf
        images = tf.cast(tf.gather(self._images, chosen), tf.float32) * (1 / 255)
        labels = tf.gather(self._labels, chosen)
        if kind.augment:
            images = self._augment(images, noise, chunk.augmentation)
        keep = Dropout(tf, chunk.dropout, noise) if kind.dropout else None
        weights = [(w.value, b.value) for w, b in self._layers]
        flat = [tensor for layer in weights for tensor in layer]
        with tf.GradientTape() as tape:
            loss = self._scale_loss(self._cross_entropy(forward(tf, weights, images, keep), labels))
            if kind.l2:
                squares = tf.add_n([tf.reduce_sum(w * w) for w, _ in weights])
                loss += self._scale_loss(chunk.l2 * squares)
        return loss, tape.gradient(loss, flat)

    def _scale_loss(self, loss: Any) -> Any:
        """What one device adds to a loss that is the mean over all devices."""
        return loss if self._replicas == 1 else loss / self._replicas

    def _augment(self, images: Any, noise: "StatelessUniform", amounts: Any) -> Any:
        batch = images.shape[0]
        squares = self._tf.reshape(images, (batch, *self._image_shape))
        changed = augment(self._tf, squares, lambda k: noise.uniform_signed((batch, k), 0), amounts)
        return self._tf.reshape(changed, images.shape)

    def _cross_entropy(self, logits: Any, labels: Any) -> Any:
        """The mean loss; an image that shows nothing should be read as anything alike."""
        tf = self._tf
        if not self._has_rejects:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        else:
            flat = tf.cast(labels == NO_CLASS, tf.float32)[:, None] / self._classes
            losses = tf.nn.softmax_cross_entropy_with_logits(
                tf.one_hot(labels, self._classes) + flat, logits
            )
        return tf.reduce_mean(losses)

    # -- evaluation -------------------------------------------------------------------------

    def evaluate(self, split: str) -> tuple[list[list[int]], float]:
        """How the network reads a whole split: the confusion matrix, and the mean loss."""
        tf = self._tf
        start, count = self._split_ranges[split]
        with tf.device(self._tf_device):
            matrix, loss = self._evaluate(tf.constant(start), tf.constant(count))
            counts = np.rint(matrix.numpy()).astype(int).tolist()
            return counts, float(loss) / count

    def _evaluation_loop(self, start: Any, count: Any) -> Any:
        tf = self._tf

        def going_on(done: Any, _matrix: Any, _total: Any) -> Any:
            return done < count

        def batch(done: Any, matrix: Any, total: Any) -> Any:
            places = start + done + tf.range(EVALUATION_BATCH)
            images, labels = tf.gather(self._images, places), tf.gather(self._labels, places)
            counts = tf.cast(tf.range(EVALUATION_BATCH) < count - done, tf.float32)
            layers = [(w.value, b.value) for w, b in self._layers]
            logits = forward(tf, layers, tf.cast(images, tf.float32) * (1 / 255))
            shown = tf.one_hot(labels, self._classes) * counts[:, None]
            read = tf.one_hot(tf.argmax(logits, axis=1), self._classes)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            return (
                done + EVALUATION_BATCH,
                matrix + tf.matmul(shown, read, transpose_a=True),
                total + tf.reduce_sum(losses * counts),
            )

        zero = tf.zeros((self._classes, self._classes))
        _, matrix, total = tf.while_loop(going_on, batch, (tf.constant(0), zero, tf.constant(0.0)))
        return matrix, total

    def start_profile(self, folder: str) -> None:
        """Trace what TensorFlow does from here on, for its profiler."""
        self._tf.profiler.experimental.start(folder)

    def stop_profile(self) -> None:
        """Write the trace."""
        self._tf.profiler.experimental.stop()

    # -- for engines that span processes ------------------------------------------------------

    def sync_step_count(self, count: int) -> int:
        """How many steps all processes take next; here there is only one."""
        return count

    def shared_control(self, control: Control | None) -> Control:
        """A control that says the same in all processes; here there is only one."""
        assert control is not None  # noqa: S101 - only a worker of a cluster has none
        return control

    # -- state ------------------------------------------------------------------------------

    def layers(self) -> dict[str, Array]:
        """The weights and biases, named as in a checkpoint; copies."""
        named: dict[str, Array] = {}
        for number, (weights, biases) in enumerate(self._layers):
            named[f"layer{number}/weights"] = np.array(weights.numpy())
            named[f"layer{number}/biases"] = np.array(biases.numpy())
        return named

    def state(self) -> dict[str, Array]:
        """Weights, biases and the optimizer's slots: all that the next step depends on."""
        return self.layers() | {
            slot_name(variable): np.array(variable.numpy())
            for variable in self._optimizer.variables
        }

    def restore(self, arrays: Mapping[str, Array], *, slots: bool = True) -> None:
        """Take weights and biases, and the optimizer's slots, from a checkpoint's arrays.

        Raises:
            UserError: they are those of another network or optimizer.
        """
        wanted = dict(zip(self.layers(), self._variables, strict=True))
        if slots:
            wanted |= {slot_name(variable): variable for variable in self._optimizer.variables}
        for name, variable in wanted.items():
            if name not in arrays or tuple(arrays[name].shape) != tuple(variable.shape):
                raise UserError(
                    f"the checkpoint does not fit this network and optimizer: {name} differs"
                )
        for name, variable in wanted.items():
            variable.assign(arrays[name])


class ChunkInputs(NamedTuple):
    """What the steps of one compiled call take, as tensors."""

    indices: Any
    """Of the examples of a window of the stream, in their order."""
    start: Any
    """Where in the window the first step's batch begins."""
    count: Any
    """How many steps to take."""
    learning_rates: Any
    """The learning rate of each."""
    first: Any
    """The index of the first."""
    seed: Any
    dropout: Any
    l2: Any
    augmentation: Any
    """How much images are distorted."""


class TraceKey(NamedTuple):
    """What a compiled step is compiled for; everything else it takes as tensors."""

    batch: int
    dropout: bool
    l2: bool
    augment: bool


def _trace_key(hparams: HyperParameters) -> TraceKey:
    return TraceKey(
        hparams.batch_size, hparams.dropout > 0, hparams.l2 > 0, any(augmentation_amounts(hparams))
    )


def augmentation_amounts(hparams: HyperParameters) -> tuple[float, ...]:
    """How much images are distorted, in the order that `augmented` takes."""
    return tuple(float(getattr(hparams, name)) for name in AUGMENTATION)


def _split_ranges(dataset: Dataset) -> dict[str, tuple[int, int]]:
    """Where each split begins among all images, and how many it has."""
    spans, start = {}, 0
    for name in SPLITS:
        spans[name] = (start, len(dataset.split(name)))
        start += len(dataset.split(name))
    return spans


def _load_on_device(tf: Any, dataset: Dataset) -> tuple[Any, Any]:
    """All images ``[n + padding, pixels]`` and labels, so that the last slice needs no care."""
    splits = [dataset.split(name) for name in SPLITS]
    pixels = int(np.prod(dataset.image_shape))
    images = [split.images.reshape(len(split), pixels) for split in splits]
    images.append(np.zeros((EVALUATION_BATCH, pixels), np.uint8))
    labels = [split.labels for split in splits] + [np.zeros(EVALUATION_BATCH, np.uint8)]
    return (
        tf.constant(np.concatenate(images)),
        tf.constant(np.concatenate(labels).astype(np.int32)),
    )
