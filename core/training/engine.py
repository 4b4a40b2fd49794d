"""The engine: the network, its optimizer and the compiled training and evaluation loops.

Images and labels of all splits are on the device as one uint8 array; the weights and the
optimizer's slots are Keras variables. `Engine.steps` runs many steps as one compiled call: a loop
with a tensor as its bound, over a fixed-size window of indices, with the learning rates as an
array, so that neither the chunk's length nor a schedule needs a new trace. A new trace is needed
only where the step itself changes: another batch size, or dropout, L2 or augmentation switched on.

On a CPU, XLA makes a convolution inside the loop dozens of times slower, and a fully connected
network faster: unless it is decided, it is used where it gains.

Importing this module imports TensorFlow: `core.training.loop` does so when training starts.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from core.network.model_file import ModelFile
from core.run.hparams import HyperParameters, Value
from core.run.schedules import learning_rates
from core.training.augment import augment_images
from core.training.config import NO_DROPOUT, architecture_for
from core.training.device import pick_device
from core.training.device_data import DeviceData
from core.training.evaluation import Evaluation
from core.training.model import Model, make_optimizer, slot_name
from core.training.own_model import OwnModel
from core.training.own_values import OwnValues
from core.training.rng_tf import Dropout, StatelessUniform
from core.training.stream import ExampleWindow
from core.training.trace import ChunkInputs, TraceKey, augmentation_amounts, trace_key
from data.dataset import NO_CLASS, Dataset, no_class
from trainpad.control import Control
from trainpad.errors import UserError

MAX_CHUNK_STEPS = 2048
"""The most steps that one compiled call can take."""
_XLA_ERRORS = (
    tf.errors.InvalidArgumentError,
    tf.errors.UnimplementedError,
    tf.errors.InternalError,
)
"""What TensorFlow raises where XLA cannot compile for a device."""

Array = npt.NDArray[Any]


class Engine:
    """A network on a device, its optimizer and its data."""

    _replicas = 1
    """How many devices share a step."""

    def __init__(
        self,
        dataset: Dataset,
        hparams: HyperParameters,
        *,
        device: str = "auto",
        xla: bool | None = None,
        own: ModelFile | None = None,
    ) -> None:
        """Put data and network on a device.

        Args:
            dataset: all splits.
            hparams: they name the network, unless there is a model of one's own.
            device: ``auto``, ``cpu`` or ``gpu:N``.
            xla: whether to compile with XLA; without it, that is done where it gains.
            own: the file that builds a Keras model.

        Raises:
            UserError: there is no such device, or the network does not fit the images.
        """
        self._tf_device = pick_device(device)
        self.device = self._tf_device.strip("/")
        """The device as shown to users: ``CPU:0``."""
        self._examples = len(dataset.train)
        self._classes = len(dataset.classes)
        self._compiled: dict[TraceKey, Callable[..., Any]] = {}
        self._image_shape = dataset.image_shape
        self._has_rejects = bool(no_class(dataset.train.labels).any())
        with tf.device(self._tf_device):
            self._data = DeviceData(dataset)
            self._model = _make_model(dataset, hparams, own)
            gains = self._model.gains_from_xla(self._tf_device) and not self._data.is_on_disk
            self._xla = gains if xla is None else xla
            self._evaluation = Evaluation(self._model, self._data, self._classes)
            self._trained = [*self._model.trained.values()]
            self._optimizer = self._model.optimizer or make_optimizer(hparams)
            self._optimizer.build(self._trained)
            self._window = ExampleWindow(self._examples, hparams.seed)
            self._indices = tf.constant(self._window.indices)
            self._evaluate = self._compile(self._evaluation.loop)

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return self._model.parameters

    @property
    def own_learning_rate(self) -> float | None:
        """The rate that a model was compiled with; None without one, or with a schedule."""
        if self._model.optimizer is None or not self._sets_rate:
            return None
        return float(f"{self._optimizer.learning_rate.numpy():.7g}")

    @property
    def notices(self) -> list[str]:
        """Sentences on what a model of one's own does otherwise."""
        said = [*self._model.notices]
        if self._data.is_on_disk:
            said.append("the pictures do not fit into memory: each step reads its own from disk")
        if not self._sets_rate:
            said.append(
                "the model has a learning-rate schedule: the rate in the panel has no effect"
            )
        return said

    @property
    def _sets_rate(self) -> bool:
        """Whether the optimizer takes a learning rate for each step."""
        return isinstance(self._optimizer.learning_rate, keras.Variable)

    # -- training ---------------------------------------------------------------------------

    def why_invalid(self, name: str, value: Any) -> str:
        """Why a hyperparameter cannot have this value with this data; empty if it can."""
        if name == "batch_size" and value > self._examples:
            return f"there are {self._examples:,} images"
        if name == "dropout" and value and not self._model.drops:
            return NO_DROPOUT
        return ""

    @property
    def own_values(self) -> OwnValues:
        """The values that a model of one's own has asked for."""
        return self._model.own_values

    def change_own(self, name: str, value: object) -> tuple[Value, Value]:
        """Change a live value of a model of one's own from the next step on; the old, the new.

        Raises:
            UserError: it may not be that.
        """
        old, new, retrace = self.own_values.change(name, value)
        if retrace:
            self._forget_traces()
        return old, new

    def restore_own(self, values: Mapping[str, object]) -> None:
        """Take the live values of a checkpoint."""
        if self.own_values.restore(values):
            self._forget_traces()

    def _forget_traces(self) -> None:
        self._compiled.clear()
        self._evaluation.forget()
        self._evaluate = self._compile(self._evaluation.loop)

    def needs_trace(self, hparams: HyperParameters) -> bool:
        """Whether `steps` would have to compile a new trace first."""
        return trace_key(hparams) not in self._compiled

    def trace(self, hparams: HyperParameters) -> bool:
        """Compile the step for these hyperparameters (about a second) without training.

        Returns False where XLA cannot compile for this device; steps are compiled without XLA
        from then on.
        """
        try:
            self.steps(0, self._window.start, 0, hparams)
        except _XLA_ERRORS:
            if not self._xla:
                raise
            self._xla = False
            self._forget_traces()
            self.steps(0, self._window.start, 0, hparams)
            return False
        return True

    def steps(
        self, first: int, position: int, count: int, hparams: HyperParameters
    ) -> npt.NDArray[np.float32]:
        """Train up to `count` steps; return the loss of each, float32 ``[n]``.

        `first` is the first step's index and `position` its position in the stream of examples.
        The loop ends early after a loss that is not finite, and at the end of the window of
        examples.
        """
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
        """The context in which the compiled calls run."""
        scope: AbstractContextManager[object] = tf.device(self._tf_device)
        return scope

    def _compile(self, body: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap `body` in a `tf.function`; without autograph, since it has no Python to convert."""
        compiled: Callable[..., Any] = tf.function(body, jit_compile=self._xla, autograph=False)
        return compiled

    def _compiled_loop(self, hparams: HyperParameters) -> Callable[..., Any]:
        key = trace_key(hparams)
        if key not in self._compiled:
            self._compiled[key] = self._compile(self._build_loop(key))
        return self._compiled[key]

    def _build_loop(self, key: TraceKey) -> Callable[..., Any]:
        """The training loop for one kind of step, to be compiled; it takes `ChunkInputs`."""

        def run(*tensors: Any) -> Any:
            chunk = ChunkInputs(*tensors)

            def cond(done: Any, loss: Any, _losses: Any) -> Any:
                return (done < chunk.count) & tf.math.is_finite(loss)

            def body(done: Any, _loss: Any, losses: Any) -> Any:
                loss = self._run_on_replicas(
                    lambda done, replica: self._replica_step(key, chunk, done, replica), done
                )
                return done + 1, loss, losses.write(done, loss)

            losses = tf.TensorArray(tf.float32, MAX_CHUNK_STEPS, element_shape=())
            done, _, losses = tf.while_loop(cond, body, (tf.constant(0), tf.constant(0.0), losses))
            return losses.stack(), done

        return run

    def _run_on_replicas(self, step: Callable[[Any, Any], Any], done: Any) -> Any:
        """Run one step on every replica and return the batch's loss; here there is only one."""
        return step(done, 0)

    def _replica_step(self, key: TraceKey, chunk: ChunkInputs, done: Any, replica: Any) -> Any:
        """Train one replica on its part of the batch; return its part of the loss."""
        size = key.batch // self._replicas
        row = replica * size
        # A slice would make XLA compile again for every other start.
        batch = tf.gather(chunk.indices, chunk.start + done * key.batch + (row + tf.range(size)))
        random = StatelessUniform(chunk.first + done, chunk.seed, row)
        loss, gradients = self._gradients(key, chunk, batch, random)
        if self._sets_rate:
            self._optimizer.learning_rate.assign(chunk.learning_rates[done])
        self._optimizer.apply(gradients, self._trained)
        return loss

    def _gradients(
        self, key: TraceKey, chunk: ChunkInputs, batch: Any, random: StatelessUniform
    ) -> tuple[Any, list[Any]]:
        """This replica's part of the loss of the examples `batch` (indices), and its gradients."""
        images = self._data.images(batch)
        given = self._evaluation.given(batch, images)
        if key.augment:
            images = augment_images(images, self._image_shape, random, chunk.augmentation)
        dropout = Dropout(chunk.dropout, random) if self._drops(key) else None
        with tf.GradientTape() as tape:
            logits = self._evaluation.forward(images, batch, dropout, training=True)
            losses = self._model.losses(logits, given)
            losses = self._cross_entropies(logits, given) if losses is None else losses
            loss = self._scale_loss(tf.reduce_mean(losses) + self._model.penalty())
            if key.l2:
                loss += self._scale_loss(chunk.l2 * self._model.squares())
            scaled = self._optimizer.scale_loss(loss)  # with half precision; `apply` undoes it
        return loss, tape.gradient(scaled, [variable.value for variable in self._trained])

    def _drops(self, key: TraceKey) -> bool:
        """Whether anything is dropped: by the hyperparameter, or by layers with a rate."""
        return key.dropout or self._model.has_dropout_rates

    def _scale_loss(self, loss: Any) -> Any:
        """A replica's part of a loss that is the mean over all replicas."""
        return loss if self._replicas == 1 else loss / self._replicas

    def _cross_entropies(self, logits: Any, labels: Any) -> Any:
        """The loss of each example; the target of one of no class is the uniform distribution."""
        if not self._has_rejects:
            return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        uniform = tf.cast(labels == NO_CLASS, tf.float32)[:, None] / self._classes
        targets = tf.one_hot(labels, self._classes) + uniform
        return tf.nn.softmax_cross_entropy_with_logits(targets, logits)

    # -- evaluation -------------------------------------------------------------------------

    def evaluate(self, split: str) -> tuple[list[list[int]], float]:
        """The confusion matrix and the mean loss of a whole split; without classes no matrix."""
        start, count = self._data.ranges[split]
        with tf.device(self._tf_device):
            matrix, loss = self._evaluate(tf.constant(start), tf.constant(count))
            return self._evaluation.counts(matrix), float(loss) / count

    def metrics(self, split: str) -> dict[str, float]:
        """The metrics of a whole split that a model of one's own was compiled with."""
        with tf.device(self._tf_device):
            return self._evaluation.metrics(*self._data.ranges[split])

    def start_profile(self, folder: str) -> None:
        """Start TensorFlow's profiler, which writes to `folder`."""
        tf.profiler.experimental.start(folder)

    def stop_profile(self) -> None:
        """Stop the profiler and write the profile."""
        tf.profiler.experimental.stop()

    # -- for engines that span processes ------------------------------------------------------

    def sync_step_count(self, count: int) -> int:
        """The number of steps that all processes take next; here there is only one."""
        return count

    def shared_control(self, control: Control | None) -> Control:
        """A control with the same desired state in all processes; here there is only one."""
        assert control is not None  # noqa: S101 - only a worker of a cluster has none
        return control

    # -- state ------------------------------------------------------------------------------

    def weights(self) -> dict[str, Array]:
        """Copies of the arrays of all layers, named as in a checkpoint."""
        variables = self._model.variables.items()
        return {name: np.array(v.numpy()) for name, v in variables if _holds_numbers(v)}

    def state(self) -> dict[str, Array]:
        """Copies of the layers' arrays and optimizer slots: all that the next step depends on."""
        variables = self._model.variables | {slot_name(v): v for v in self._optimizer.variables}
        return {name: np.array(variable.numpy()) for name, variable in variables.items()}

    def restore(self, arrays: Mapping[str, Array], *, slots: bool = True) -> None:
        """Load the layers' arrays, and the optimizer's slots, from a checkpoint.

        Raises:
            UserError: they belong to another network or optimizer.
        """
        expected = dict(self._model.variables)
        if slots:
            expected |= {slot_name(variable): variable for variable in self._optimizer.variables}
        for name, variable in expected.items():
            if name not in arrays or tuple(arrays[name].shape) != tuple(variable.shape):
                raise UserError(
                    f"the checkpoint does not fit this network and optimizer: {name} differs"
                )
        for name, variable in expected.items():
            variable.assign(arrays[name])


def _make_model(
    dataset: Dataset, hparams: HyperParameters, own: ModelFile | None
) -> Model | OwnModel:
    keras.config.set_floatx("float32")  # a model of one's own before this may have set another
    keras.config.set_dtype_policy("float32")
    if own is not None:
        return OwnModel(own, dataset, hparams)
    return Model(architecture_for(hparams, dataset), hparams)


def _holds_numbers(variable: Any) -> bool:
    """Whether it is neither a seed nor a counter."""
    return str(variable.dtype).startswith("float")
