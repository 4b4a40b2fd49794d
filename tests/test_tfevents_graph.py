"""The conceptual graph: Keras builds the network that it describes."""

import json

from core.network.architecture import build_architecture
from core.network.keras_layers import keras_layers
from core.run.layers import parse_layers
from core.tfevents.graph import sequential


def test_keras_builds_the_network_that_the_graph_shows() -> None:
    import keras

    architecture = build_architecture(parse_layers("128, 32"), (28, 28), 10)
    layers = keras_layers(architecture, ["layer0", "layer1", "layer2"])
    text = sequential((28, 28), layers)
    model = keras.models.model_from_json(text)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    assert [(layer.name, layer.units, layer.activation.__name__) for layer in dense] == [
        ("layer0", 128, "relu"),
        ("layer1", 32, "relu"),
        ("layer2", 10, "linear"),
    ]
    assert model.input_shape == (None, 28, 28)
    assert model.output_shape == (None, 10)
    assert json.loads(text)["config"]["layers"][0]["config"]["dtype"] == "float32"
