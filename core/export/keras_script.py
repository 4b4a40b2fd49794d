"""A run as a short script in plain Keras, which trains it again.

Its data, network, optimizer and first weights have the same distributions, and its hyperparameters
change at the same steps. Keras shuffles otherwise, so that the accuracy is close and not equal.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from core.export.export import Export
from core.export.keras_data import data_lines
from core.export.keras_model import layer_names
from core.export.own_script import own_network
from core.network.keras_layers import training_layers
from core.network.model_copy import recorded_model
from core.network.recorded import recorded_architecture
from core.run.events import Started
from core.run.hparams import AUGMENTATION, HyperParameters, known_hparams, validate_hparams
from core.run.own_hparams import OwnHparams, is_own_value, parse_declared
from core.run.schedules import EXPONENTIAL_END
from core.rundir.resume import read_events, recorded_changes
from core.rundir.validation import fields_of, mapping
from trainpad.errors import RunError
from trainpad.text import sanitize

FOLLOWED = ("learning_rate", "batch_size", "dropout", "l2")
"""The hyperparameters that the script changes."""
OPTIMIZERS: Mapping[str, str] = {
    "sgd": "SGD({rate})",
    "momentum": "SGD({rate}, momentum={momentum})",
    "nesterov": "SGD({rate}, momentum={momentum}, nesterov=True)",
    "rmsprop": "RMSprop({rate})",
    "adam": "Adam({rate})",
    "adamw": "AdamW({rate})",
}


OWN_CHANGES = (
    "    for name, value in changes.items():",
    "        if on_change.get(name):",
    "            on_change[name](value)",
    "        for layer in model.layers:",
    '            if getattr(layer, "rate", None) is values.get(name, 0):',
    "                layer.rate = value",
)
LIVE_CHANGES = (
    "    for layer in model.layers:",
    '        if layer.name.startswith("live"):',
    '            layer.rate = values["dropout"]',
    '        if getattr(layer, "kernel_regularizer", None):',
    '            layer.kernel_regularizer.l2 = values["l2"]',
)


class Segment(NamedTuple):
    """Steps during which nothing changes."""

    end: int
    """How many steps are done after them."""
    changes: dict[str, Any]
    """What changes ahead of them."""


def keras_script(export: Export) -> bytes:
    """Return the script of a run.

    Raises:
        RunError: its data cannot be read by a few lines, or nothing was trained.
    """
    info = export.directory.info()
    known = fields_of(dict.fromkeys(("hyperparameters", "dataset"), mapping), info)
    start = validate_hparams(known_hparams(known.get("hyperparameters", {})))
    if export.run.evaluations and not export.run.evaluations[-1].confusion:
        raise RunError(f"{export.directory.name} trains values, and a short script only classes")
    segments = list(_segments(export))
    own = recorded_model(export.directory, info)
    network = own_network(own, export) if own else _network(export, start, segments)
    values = {"learning_rate": start.learning_rate, "batch_size": start.batch_size}
    values |= _own_values(export) if own else {"dropout": start.dropout, "l2": start.l2}
    lines = [
        *_head(export),
        *data_lines(export, known.get("dataset", {})),
        "",
        f"keras.utils.set_random_seed({start.seed})",
        f"values = {values!r}",
        *network,
        *_compiled(start, is_own=own is not None),
        "",
        *_training(start, segments, is_own=own is not None),
    ]
    return ("\n".join(lines) + "\n").encode()


def _own_values(export: Export) -> dict[str, Any]:
    """The values of `hp` that the run began with."""
    own = OwnHparams()
    for event in read_events(export.directory):
        if isinstance(event, Started):
            own.declare([parse_declared(declared) for declared in event.own])
            break
    return dict(own.values)


def _segments(export: Export) -> Iterator[Segment]:
    """Yield what is trained between changes, in order."""
    end = export.run.step
    if not end:
        raise RunError(f"{export.directory.name} has trained no steps, so no script repeats it")
    changes: dict[int, dict[str, Any]] = {0: {}}
    for step, name, value in recorded_changes(export.directory):
        if step < end and (name in FOLLOWED or is_own_value(name)):
            changes.setdefault(step, {})[name] = value
    steps = sorted(changes)
    for step, following in zip(steps, [*steps[1:], end], strict=True):
        yield Segment(following, changes[step])


def _head(export: Export) -> Iterator[str]:
    name = sanitize(export.directory.name, limit=80).replace('"""', "")
    yield f'"""The run {name} of trainpad, trained again in plain Keras.'
    yield ""
    yield "Batches are shuffled otherwise, so that the accuracy is close to the run's, not equal."
    if any(getattr(export.run.hparams, name) for name in AUGMENTATION):
        yield "The run distorted its images at random; this script does not."
    yield '"""'
    yield ""


def _network(export: Export, start: HyperParameters, segments: Sequence[Segment]) -> Iterator[str]:
    """Yield the lines that make the layers of a network given as text."""
    architecture = recorded_architecture(export.directory.info())
    if architecture is None:
        raise RunError(f"{export.directory.name} does not record the size of its images")
    rates = [start.dropout, *(one.changes.get("dropout", 0.0) for one in segments)]
    layers = training_layers(architecture, layer_names(architecture), max(rates))
    shape = export.run.info["dataset"]["image_shape"]
    penalty = start.l2 or any(one.changes.get("l2") for one in segments)
    yield "model = keras.Sequential(["
    yield f"    keras.Input({tuple(shape)}),"
    yield "    keras.layers.Rescaling(1 / 255),"
    for kind, settings in layers:
        if kind in ("Conv2D", "Dense") and penalty:
            settings["kernel_regularizer"] = _Name(f"keras.regularizers.L2({start.l2})")
        shown = ", ".join(f"{name}={value!r}" for name, value in settings.items())
        yield f"    keras.layers.{kind}({shown}),"
    yield "])"


class _Name(str):
    """A text that is code, and is written without quotes."""

    def __repr__(self) -> str:
        return str(self)


def _compiled(start: HyperParameters, *, is_own: bool) -> Iterator[str]:
    """Yield the lines that choose optimizer and loss, unless a model of one's own has."""
    made = OPTIMIZERS[start.optimizer].format(rate=start.learning_rate, momentum=start.momentum)
    logits, indent = "True", ""
    if is_own:
        logits, indent = "logits", "    "
        yield "logits = model.layers[-1].get_config().get('activation') != 'softmax'"
        yield "if not model.compiled:"
    yield f"{indent}model.compile("
    yield f"{indent}    keras.optimizers.{made},"
    yield f"{indent}    keras.losses.SparseCategoricalCrossentropy(from_logits={logits}),"
    yield f'{indent}    metrics=["accuracy"],'
    yield f"{indent})"


def _training(
    start: HyperParameters, segments: Sequence[Segment], *, is_own: bool
) -> Iterator[str]:
    """Yield the lines that train, change what was changed, and evaluate."""
    changed = {name for one in segments for name in one.changes}
    yield from _schedule(start)
    yield "examples = tf.data.Dataset.from_tensor_slices((x_train, y_train))"
    yield "examples = examples.shuffle(len(x_train)).repeat()"
    yield "step = 0"
    yield "for end, changes in ["
    yield from (f"    ({one.end}, {one.changes!r})," for one in segments)
    yield "]:"
    if is_own and any(map(is_own_value, changed)):
        yield from OWN_CHANGES
    yield "    values |= changes"
    if not is_own and (start.dropout or start.l2 or changed & {"dropout", "l2"}):
        yield from LIVE_CHANGES
    if changed - {"learning_rate", "batch_size"}:
        yield "    model.make_train_function(force=True)"
    yield '    model.optimizer.learning_rate = values["learning_rate"]'
    yield '    batches = examples.batch(values["batch_size"])'
    follow = ", callbacks=[follow]" if _has_schedule(start) else ""
    yield f"    model.fit(batches, steps_per_epoch=end - step, verbose=2, shuffle=False{follow})"
    yield "    step = end"
    yield "print(model.evaluate(x_test, y_test, verbose=0, return_dict=True))"


def _has_schedule(start: HyperParameters) -> bool:
    return start.schedule != "constant" or bool(start.warmup_steps)


def _schedule(start: HyperParameters) -> Iterator[str]:
    """Yield the lines that make the learning rate follow a schedule."""
    if not _has_schedule(start):
        return
    warmup, total = start.warmup_steps, max(1, start.max_steps - start.warmup_steps)
    factor = {
        "cosine": "0.5 * (1 + np.cos(np.pi * done))", "exponential": f"{EXPONENTIAL_END} ** done"
    }.get(start.schedule, "1.0")  # fmt: skip
    yield "def set_rate(batch, logs):"
    yield f"    done = min(1.0, max(0.0, (step + batch - {warmup}) / {total}))"
    yield f"    ramp = min(1.0, (step + batch + 1) / {max(1, warmup)})"
    yield f'    model.optimizer.learning_rate = values["learning_rate"] * ramp * {factor}'
    yield ""
    yield ""
    yield "follow = keras.callbacks.LambdaCallback(on_train_batch_begin=set_rate)"
