"""Describe a fully connected network as a Keras model config, for TensorBoard's Graphs page.

TensorBoard draws a model from its ``to_json()``; ``keras.models.model_from_json`` reads the same
text.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

_FLOAT: Final = "float32"


def sequential(image_shape: tuple[int, int], units: Sequence[int], classes: int) -> str:
    """Return the ``to_json()`` of Flatten, Dense layers with ReLU, and a Dense layer of logits.

    Args:
        image_shape: Height and width of an image.
        units: Units of each hidden layer; the layers are named ``layer0``, ``layer1``, ...
        classes: Number of logits.
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
