"""Describe a network as a Keras model config, for TensorBoard's Graphs page.

TensorBoard draws a model from its ``to_json()``; ``keras.models.model_from_json`` reads the same
text.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

_FLOAT: Final = "float32"


def sequential(image_shape: Sequence[int], layers: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Return the ``to_json()`` of a `keras.Sequential`.

    Args:
        image_shape: Height and width of an image, and its channels if it has colours.
        layers: The class name and the arguments of each layer.
    """
    images = {"batch_shape": [None, *image_shape], "name": "input"}
    entries = [("InputLayer", images), *layers]
    return json.dumps(
        {
            "module": "keras",
            "class_name": "Sequential",
            "config": {
                "name": "network",
                "trainable": True,
                "dtype": _FLOAT,
                "layers": [_layer(name, config) for name, config in entries],
            },
            "registered_name": None,
        }
    )


def _layer(name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": name,
        "config": {"dtype": _FLOAT, **config},
        "registered_name": None,
    }
