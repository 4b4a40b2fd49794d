"""The built-in weights: the pad classifies digits before anything is trained.

They are made by ``benchmarks/builtin_weights.py``, stored in half precision.
"""

import json
from functools import cache
from importlib.resources import files

from core.network.architecture import build_architecture
from core.network.network import Network
from core.run.layers import parse_layers
from data.dataset import DIGITS
from data.ink import SIDE

FILE = "builtin.safetensors"
NAME = "built-in weights"
LAYERS = "network"
"""The name of the text of the hidden layers, in the file's metadata."""


@cache
def builtin_network() -> Network:
    """The built-in network; loaded once."""
    return parse_network((files("data") / FILE).read_bytes())


def parse_network(content: bytes) -> Network:
    """The network in the bytes of a file of weights.

    Its metadata have the hidden layers as text; without it all are fully connected.
    """
    from safetensors.numpy import load

    size = int.from_bytes(content[:8], "little")
    text = json.loads(content[8 : 8 + size])["__metadata__"].get(LAYERS)
    architecture = text and build_architecture(parse_layers(text), (SIDE, SIDE), len(DIGITS))
    return Network.from_arrays(load(content), architecture or None)
