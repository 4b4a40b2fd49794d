"""A Keras model of a person's own: the shape of image that it takes, and names for its variables.

Keras is imported by those who call this.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from core.network.model_file import ModelFile, describe_error
from trainpad.errors import UserError

Floats = npt.NDArray[np.float32]
Shape = tuple[int, ...]
SUM_TOLERANCE = 5e-3
"""How far from 1 the sum of the probabilities of an example may be."""
PREFIX = "model/"
"""What the names of its arrays begin with, in a checkpoint."""


def named_variables(variables: Sequence[Any]) -> dict[str, Any]:
    """Variables by their paths in the model; a path that occurs again gets a number."""
    named: dict[str, Any] = {}
    for variable in variables:
        name = path = PREFIX + str(variable.path)
        count = 1
        while name in named:
            count += 1
            name = f"{path}:{count}"
        named[name] = variable
    return named


def load_arrays(model: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Give a model the arrays of a checkpoint.

    Raises:
        UserError: they are those of another model.
    """
    variables = named_variables(model.trainable_variables)
    variables |= named_variables(model.non_trainable_variables)
    for name, variable in variables.items():
        if name not in arrays or tuple(arrays[name].shape) != tuple(variable.shape):
            raise UserError(f"the checkpoint does not fit this model: {name} differs")
    for name, variable in variables.items():
        variable.assign(arrays[name])


def try_model(
    file: ModelFile,
    model: Any,
    images: Floats,
    more: Sequence[Floats] = (),
    names: Sequence[str] = (),
) -> tuple[Shape, Floats]:
    """The shape in which a model takes an image, and what it gives for ``[n, ...]`` of them.

    Args:
        file: its file, for what is said.
        model: the model.
        images: what it takes first.
        more: what it takes besides, if it has several inputs.
        names: the names of all inputs, if they are given by name.

    Raises:
        UserError: it takes other images, or gives several outputs.
    """
    problem: Exception | None = None
    for shape in _possible_shapes(file, model, images.shape[1:], 1 + len(more)):
        first = images.reshape(len(images), *shape)
        inputs: Any = [first, *more] if more else first
        if names:
            inputs = dict(zip(names, [first, *more], strict=True))
        try:
            outputs = model(inputs, training=False)
        except Exception as error:  # noqa: BLE001 - any of the person's own
            problem = problem or error
            continue
        return shape, _one_output(file, outputs)
    assert problem is not None  # noqa: S101 - there is at least one shape
    size = " x ".join(map(str, images.shape[1:]))
    raise UserError(f"{describe_error(file, problem)}; images are {size} with values from 0 to 1")


def _possible_shapes(file: ModelFile, model: Any, shape: Sequence[int], count: int) -> list[Shape]:
    """Shapes of an image to try: that which the model names; else with channels, without."""
    whole = tuple(int(side) for side in shape)
    with_channels = (*whole, 1) if len(whole) == 2 else whole
    candidates = list(dict.fromkeys([with_channels, whole, (int(np.prod(whole)),)]))
    inputs = model.inputs if model.built else None
    if not inputs:
        return candidates
    if len(inputs) != count:
        raise UserError(
            f"{file.name}: its model has {len(inputs)} inputs, and is given {count}; data() in the "
            "file can give several, x as a tuple of arrays"
        )
    if count > 1:
        return [whole]
    taken = tuple(inputs[0].shape[1:])
    fitting = [one for one in candidates if _matches(one, taken)]
    if not fitting:
        size = " x ".join(map(str, whole))
        raise UserError(f"{file.name}: its model takes inputs of shape {taken}; images are {size}")
    return fitting[:1]


def _matches(shape: Sequence[int], taken: Sequence[int | None]) -> bool:
    pairs = zip(shape, taken, strict=False)
    return len(shape) == len(taken) and all(b is None or a == b for a, b in pairs)


def _one_output(file: ModelFile, outputs: Any) -> Floats:
    if isinstance(outputs, list | tuple | dict):
        raise UserError(f"{file.name}: its model gives {len(outputs)} outputs; it may give one")
    if not hasattr(outputs, "shape"):
        raise UserError(f"{file.name}: its model gives a value of type {type(outputs).__name__}")
    return np.asarray(outputs, np.float32)


def are_probabilities(outputs: Floats) -> tuple[bool, bool]:
    """Whether all outputs ``[n, ...]`` are fractions, and whether those of each example sum to 1.

    Half precision rounds the sum.
    """
    sums = outputs.reshape(len(outputs), -1).sum(axis=1)
    are_fractions = bool((outputs >= 0).all() and (outputs <= 1).all())
    return are_fractions, are_fractions and bool(np.allclose(sums, 1, atol=SUM_TOLERANCE))
