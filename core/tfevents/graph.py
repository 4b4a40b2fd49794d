"""A network of fully connected layers as Keras describes one, for TensorBoard's page of graphs.

TensorBoard draws a model from its ``to_json``; Keras itself takes the same text, so what is shown
can be built.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

_FLOAT: Final = "float32"


def sequential(image_shape: tuple[int, int], units: Sequence[int], classes: int) -> str:
    """Images, flattened, through hidden layers with ReLU to a logit for each class.

    Args:
        image_shape: Height and width of an image.
        units: How many each hidden layer has; the layers are called ``layer0``, ``layer1``, ...
        classes: How many logits there are.
    """
    dense = [_dense(number, count, "relu") for number, count in enumerate(units)]
    layers = [
        _layer("InputLayer", {"batch_shape": [None, *image_shape], "name": "input"}),
        _layer("Flatten", {"name": "flatten"}),
        *dense,
        _dense(len(units), classes, "linear"),
    ]
    return json.dumps(
        {
            "module": "keras",
            "class_name": "Sequential",
            "config": {"name": "network", "trainable": True, "dtype": _FLOAT, "layers": layers},
            "registered_name": None,
        }
    )


def _dense(number: int, units: int, activation: str) -> dict[str, Any]:
    return _layer("Dense", {"name": f"layer{number}", "units": units, "activation": activation})


def _layer(name: str, config: dict[str, Any]) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": name,
        "config": {"dtype": _FLOAT, **config},
        "registered_name": None,
    }
