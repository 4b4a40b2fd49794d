"""How a network computes one image: each layer's output, and the evidence of each pixel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.network.health import layer_name
from core.network.network import Floats, Network, Step, softmax
from core.run.layers import Dropout, Flatten


@dataclass(frozen=True, slots=True, eq=False)
class LayerOutput:
    """What one layer gives for one image."""

    place: int
    """The layer's index among all layers, from 0."""
    name: str
    values: Floats
    """``[height, width, channels]``, or ``[units]``; after the ReLU, if one follows."""
    is_hidden: bool
    """Whether it is a hidden layer with weights."""

    @property
    def is_map(self) -> bool:
        """Whether its channels are images."""
        return self.values.ndim == 3

    @property
    def shape_text(self) -> str:
        """``14x14x64``, or ``1,024``."""
        return "x".join(f"{side:,}" for side in self.values.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """The prediction for one image, and how it came about."""

    image: Floats
    """``[pixels]``, 0 to 1."""
    label: int
    """The class that the evidence is for."""
    probabilities: Floats
    """``[classes]``"""
    evidence: Floats
    """Gradient of the class's logit times input, ``[pixels]``."""
    outputs: tuple[LayerOutput, ...]
    """From input to output; without layers that change no value."""

    def output_at(self, place: int) -> LayerOutput | None:
        """What the layer at this place gives, or else the last one before it that gives values."""
        before = [output for output in self.outputs if output.place <= place]
        return before[-1] if before else None


def explain(network: Network, image: Floats, label: int | None = None) -> Explanation:
    """Explain one image, float32 ``[pixels]`` from 0 to 1, for a class or the predicted one."""
    pixels = np.asarray(image, np.float32).ravel()
    with np.errstate(all="ignore"):  # a network that diverged is shown as it is
        steps = network.trace(pixels)
        logits = steps[-1].outputs
        chosen = int(logits[0].argmax()) if label is None else label
        evidence = pixels * network.gradient_through(steps, chosen)
        return Explanation(pixels, chosen, softmax(logits)[0], evidence, layer_outputs(steps))


def layer_outputs(steps: Sequence[Step]) -> tuple[LayerOutput, ...]:
    """The output of each layer for the first image of a forward pass.

    A batch normalization belongs to the layer before it, as its ReLU follows both.
    """
    found: dict[int, LayerOutput] = {}
    names: dict[int, str] = {}
    for place, step in enumerate(steps):
        stage = step.stage
        if isinstance(stage.layer, Dropout | Flatten):
            continue
        number = stage.number
        key = place if number is None else -1 - number
        is_first = key not in found
        if number is not None and is_first:
            names[number] = layer_name(number, stage)
        name = str(stage.layer) if number is None else names[number]
        found[key] = LayerOutput(
            place if is_first else found[key].place,
            name,
            step.outputs[0],
            is_hidden=number is not None and not stage.is_output,
        )
    return tuple(found.values())
