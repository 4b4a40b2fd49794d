"""The conceptual graph: Keras builds the network that it describes."""

import json

from core.tfevents.graph import sequential


def test_keras_builds_the_network_that_the_graph_shows() -> None:
    import keras

    text = sequential((28, 28), (128, 32), 10)
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
