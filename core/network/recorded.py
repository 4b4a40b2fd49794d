"""The network of a recorded run: its arrays, and what `run.json` says about its layers."""

from collections.abc import Mapping
from typing import Any

from core.network.architecture import Architecture, build_architecture
from core.network.network import Arrays, Network
from core.run.hparams import known_hparams
from core.run.layers import (
    NO_LAYERS,
    Layers,
    are_plain,
    canonical_layers,
    is_own,
    parse_layers,
    short_name,
)
from data.errors import DataError
from trainpad.errors import UserError


def network_of(arrays: Arrays, info: Mapping[str, Any]) -> Network:
    """The network with these arrays of the run with the `run.json` `info`.

    Raises:
        DataError: the arrays are no network, or do not fit the layers that the run recorded.
    """
    return Network.from_arrays(arrays, recorded_architecture(info))


def is_own_model(info: Mapping[str, Any]) -> bool:
    """Whether the network of a run is a model of a person's own."""
    return is_own(_recorded_layers(info))


def recorded_architecture(info: Mapping[str, Any]) -> Architecture | None:
    """The layers that a run recorded; None where it did not, and all may be fully connected.

    Raises:
        DataError: the run does not say which images it takes, and has other layers.
    """
    layers = _recorded_layers(info)
    if is_own(layers):
        raise DataError(
            f"{short_name(layers)} is a model of your own, which only Keras can compute"
        )
    try:
        dataset = info.get("dataset") or {}
        return build_architecture(layers, dataset["image_shape"], len(dataset["classes"]))
    except (UserError, KeyError, TypeError, ValueError, AttributeError) as error:
        if are_plain(layers):
            return None
        raise DataError("run.json does not say which images the network takes") from error


def _recorded_layers(info: Mapping[str, Any]) -> Layers:
    values = info.get("hyperparameters")
    known = known_hparams(values) if isinstance(values, dict) else {}
    try:
        return parse_layers(canonical_layers(known.get("network", NO_LAYERS)))
    except UserError:
        return ()
