"""The compiled part of training: everything that TensorFlow does, and nothing else.

Images and labels of all splits lie on the device as one uint8 array; the weights and the
optimizer's slots are Keras variables. `Engine.steps` runs many steps as one compiled call: a loop
whose bound is a tensor, over a fixed-size window of indices, with the learning rates as an array,
so that neither the chunk's length nor a schedule needs a new trace. One is needed only where the
step itself changes: another batch size, or dropout or L2 switched on.

Only `core.train` imports this module, and TensorFlow is imported when an `Engine` is made.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.hparams import HyperParameters
from core.order import Window
from core.randomness import initial_layers
from core.schedules import learning_rates
from data.dataset import SPLITS, Dataset
from data.errors import UserError

CHUNK = 2048
"""The most steps that one compiled call can take."""
EVALUATION_BATCH = 1000
"""Images that the compiled evaluation looks at together."""

Array = npt.NDArray[Any]


class Engine:
    """A network on a device, its optimizer, and the data that both work on."""

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
        self.device = pick_device(tf, device)
        self._examples = len(dataset.train)
        self._classes = len(dataset.classes)
        self._compiled: dict[tuple[int, bool, bool], Callable[..., Any]] = {}
        self._spans = _spans(dataset)
        height, width = dataset.image_shape
        sizes = (height * width, *hparams.hidden, self._classes)
        with tf.device(self.device):
            self._images, self._labels = _on_device(tf, dataset)
            self._layers = _variables(keras, sizes, hparams)
            self._optimizer = _optimizer(keras, hparams)
            self._optimizer.build(self._variables)
            self._window = Window(self._examples, hparams.seed)
            self._indices = tf.constant(self._window.indices)
            self._evaluate = tf.function(self._evaluation, jit_compile=xla)

    @property
    def _variables(self) -> list[Any]:
        return [variable for layer in self._layers for variable in layer]

    @property
    def parameters(self) -> int:
        """How many weights and biases the network has."""
        return sum(int(np.prod(variable.shape)) for variable in self._variables)

    # -- training ---------------------------------------------------------------------------

    def needs_trace(self, hparams: HyperParameters) -> bool:
        """Whether `steps` would have to compile first."""
        return _kind(hparams) not in self._compiled

    def trace(self, hparams: HyperParameters) -> None:
        """Compile the step for these hyperparameters, which takes about a second; train nothing."""
        self.steps(0, self._window.start, 0, hparams)

    def steps(
        self, first: int, position: int, count: int, hparams: HyperParameters
    ) -> npt.NDArray[np.float32]:
        """Train up to `count` steps; returns the loss of each, float32 ``[n]``.

        `first` is the first step's index and `position` its place in the stream of examples. The
        loop ends early, with that loss last, when a loss is not finite; it also ends where the
        window of examples does.
        """
        tf = self._tf
        with tf.device(self.device):
            if self._window.moved_to(position):
                self._indices = tf.constant(self._window.indices)
            count = min(count, CHUNK, self._window.room(position) // hparams.batch_size)
            rates = np.zeros(CHUNK, np.float32)
            rates[:count] = learning_rates(hparams, first, count)
            losses, done = self._chunk(hparams)(
                self._indices,
                tf.constant(position - self._window.start),
                tf.constant(count),
                tf.constant(rates),
                tf.constant(first),
                tf.constant(hparams.seed),
                tf.constant(hparams.dropout),
                tf.constant(hparams.l2),
            )
            return np.asarray(losses.numpy()[: int(done)], np.float32)

    def _chunk(self, hparams: HyperParameters) -> Callable[..., Any]:
        kind = _kind(hparams)
        if kind not in self._compiled:
            batch, dropout, l2 = kind
            self._compiled[kind] = self._tf.function(
                self._loop(batch, dropout=dropout, l2=l2), jit_compile=self._xla
            )
        return self._compiled[kind]

    def _loop(self, batch: int, *, dropout: bool, l2: bool) -> Callable[..., Any]:
        """The training loop for one batch size, ready to be compiled."""
        tf = self._tf

        def run(
            indices: Any, start: Any, count: Any, rates: Any, first: Any, seed: Any, rate: Any,
            penalty: Any,
        ) -> Any:  # fmt: skip
            def going_on(done: Any, loss: Any, _losses: Any) -> Any:
                return (done < count) & tf.math.is_finite(loss)

            def step(done: Any, _loss: Any, losses: Any) -> Any:
                # A slice would make XLA compile again for every other start.
                chosen = tf.gather(indices, start + done * batch + tf.range(batch))
                images = tf.gather(self._images, chosen)
                labels = tf.gather(self._labels, chosen)
                keep = _Dropout(tf, rate, first + done, seed) if dropout else None
                weights = [(w.value, b.value) for w, b in self._layers]
                flat = [tensor for layer in weights for tensor in layer]
                with tf.GradientTape() as tape:
                    logits = _forward(tf, weights, images, keep)
                    loss = _cross_entropy(tf, logits, labels)
                    if l2:
                        loss += penalty * tf.add_n([tf.reduce_sum(w * w) for w, _ in weights])
                self._optimizer.learning_rate.assign(rates[done])
                self._optimizer.apply(tape.gradient(loss, flat), self._variables)
                return done + 1, loss, losses.write(done, loss)

            losses = tf.TensorArray(tf.float32, CHUNK, element_shape=())
            done, _, losses = tf.while_loop(
                going_on, step, (tf.constant(0), tf.constant(0.0), losses)
            )
            return losses.stack(), done

        return run

    # -- evaluation -------------------------------------------------------------------------

    def evaluate(self, split: str) -> tuple[list[list[int]], float]:
        """How the network reads a whole split: the confusion matrix, and the mean loss."""
        tf = self._tf
        start, count = self._spans[split]
        with tf.device(self.device):
            matrix, loss = self._evaluate(tf.constant(start), tf.constant(count))
            counts = np.rint(matrix.numpy()).astype(int).tolist()
            return counts, float(loss) / count

    def _evaluation(self, start: Any, count: Any) -> Any:
        tf = self._tf

        def going_on(done: Any, _matrix: Any, _total: Any) -> Any:
            return done < count

        def batch(done: Any, matrix: Any, total: Any) -> Any:
            places = start + done + tf.range(EVALUATION_BATCH)
            images, labels = tf.gather(self._images, places), tf.gather(self._labels, places)
            counts = tf.cast(tf.range(EVALUATION_BATCH) < count - done, tf.float32)
            layers = [(w.value, b.value) for w, b in self._layers]
            logits = _forward(tf, layers, images)
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
            _slot_name(variable): np.array(variable.numpy())
            for variable in self._optimizer.variables
        }

    def restore(self, arrays: Mapping[str, Array], *, slots: bool = True) -> None:
        """Take weights and biases, and the optimizer's slots, from a checkpoint's arrays.

        Raises:
            UserError: they are those of another network or optimizer.
        """
        wanted = dict(zip(self.layers(), self._variables, strict=True))
        if slots:
            wanted |= {_slot_name(variable): variable for variable in self._optimizer.variables}
        for name, variable in wanted.items():
            if name not in arrays or tuple(arrays[name].shape) != tuple(variable.shape):
                raise UserError(
                    f"the checkpoint does not fit this network and optimizer: {name} differs"
                )
        for name, variable in wanted.items():
            variable.assign(arrays[name])


def pick_device(tf: Any, wanted: str) -> str:
    """TensorFlow's name of the device that `wanted` means; a GPU, if there is one, for ``auto``.

    A GPU's memory is taken as it is needed instead of whole.
    """
    gpus = tf.config.list_physical_devices("GPU") if wanted != "cpu" else []
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if wanted == "cpu" or (wanted == "auto" and not gpus):
        return "/CPU:0"
    number = 0 if wanted in ("auto", "gpu") else int(wanted.removeprefix("gpu:"))
    if number >= len(gpus):
        raise UserError(
            f"there is no device {wanted}: TensorFlow sees {len(gpus)} GPUs; use --device cpu"
        )
    return f"/GPU:{number}"


def _kind(hparams: HyperParameters) -> tuple[int, bool, bool]:
    return hparams.batch_size, hparams.dropout > 0, hparams.l2 > 0


def _spans(dataset: Dataset) -> dict[str, tuple[int, int]]:
    """Where each split begins among all images, and how many it has."""
    spans, start = {}, 0
    for name in SPLITS:
        spans[name] = (start, len(dataset.split(name)))
        start += len(dataset.split(name))
    return spans


def _on_device(tf: Any, dataset: Dataset) -> tuple[Any, Any]:
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


def _variables(
    keras: Any, sizes: tuple[int, ...], hparams: HyperParameters
) -> list[tuple[Any, Any]]:
    layers = initial_layers(sizes, hparams.seed, zero=not hparams.hidden)
    return [
        (
            keras.Variable(weights, name=f"layer{number}_weights"),
            keras.Variable(biases, name=f"layer{number}_biases"),
        )
        for number, (weights, biases) in enumerate(layers)
    ]


def _optimizer(keras: Any, hparams: HyperParameters) -> Any:
    rate, momentum = hparams.learning_rate, hparams.momentum
    kinds: dict[str, Callable[[], Any]] = {
        "sgd": lambda: keras.optimizers.SGD(rate),
        "momentum": lambda: keras.optimizers.SGD(rate, momentum=momentum),
        "nesterov": lambda: keras.optimizers.SGD(rate, momentum=momentum, nesterov=True),
        "rmsprop": lambda: keras.optimizers.RMSprop(rate),
        "adam": lambda: keras.optimizers.Adam(rate),
        "adamw": lambda: keras.optimizers.AdamW(rate),
    }
    return kinds[hparams.optimizer]()


def _slot_name(variable: Any) -> str:
    """``optimizer/...``, without the optimizer's own name, which Keras numbers as it likes."""
    return "optimizer/" + str(variable.path).split("/", 1)[1]


def _forward(
    tf: Any, layers: list[tuple[Any, Any]], images: Any, dropout: "_Dropout | None" = None
) -> Any:
    """Logits ``[n, classes]`` of uint8 images ``[n, pixels]``; ReLU between the layers."""
    values = tf.cast(images, tf.float32) * (1 / 255)
    for number, (weights, biases) in enumerate(layers):
        values = tf.matmul(values, weights) + biases
        if number < len(layers) - 1:
            values = tf.nn.relu(values)
            if dropout is not None:
                values = dropout(values, number)
    return values


def _cross_entropy(tf: Any, logits: Any, labels: Any) -> Any:
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


class _Dropout:
    """Leaves out hidden units, chosen by hashing seed, step, layer and place.

    A counter-based generator of TensorFlow's inside the compiled loop makes a step several times
    dearer on a CPU; a hash of a few integer operations per unit is enough for this and depends on
    nothing but its inputs. The mixing steps and constants are Chris Wellons's ``lowbias32``.
    """

    def __init__(self, tf: Any, rate: Any, step: Any, seed: Any) -> None:
        self._tf = tf
        self._rate = rate
        self._key = self._mixed(tf.cast(step, tf.uint32) ^ self._mixed(tf.cast(seed, tf.uint32)))

    def __call__(self, values: Any, layer: int) -> Any:
        tf = self._tf
        rows, units = values.shape
        places = tf.reshape(tf.range(rows * units, dtype=tf.int32), (rows, units))
        salt = tf.constant(0x9E3779B9 * (layer + 1) % 2**32, tf.uint32)
        bits = self._mixed(tf.cast(places, tf.uint32) ^ self._mixed(self._key ^ salt))
        share = tf.cast(tf.bitwise.right_shift(bits, _u32(tf, 8)), tf.float32) * 2.0**-24
        return tf.where(share >= self._rate, values / (1 - self._rate), 0.0)

    def _mixed(self, bits: Any) -> Any:
        tf = self._tf
        for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
            bits = tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, _u32(tf, shift)))
            bits = bits * _u32(tf, factor)
        return tf.bitwise.bitwise_xor(bits, tf.bitwise.right_shift(bits, _u32(tf, 16)))


def _u32(tf: Any, value: int) -> Any:
    return tf.constant(value, tf.uint32)
