"""The built-in weights: the pad classifies digits before anything is trained.

They are made by ``benchmarks/builtin_weights.py``, stored in half precision.
"""

from functools import cache
from importlib.resources import files

from core.network.network import Network

FILE = "builtin.safetensors"
NAME = "built-in weights"


@cache
def builtin_network() -> Network:
    """The built-in network, 784-512-256-10; loaded once."""
    from safetensors.numpy import load

    return Network.from_arrays(load((files("data") / FILE).read_bytes()))
