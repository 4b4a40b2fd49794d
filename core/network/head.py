"""The fully connected layers at the end of a network, which the pad fine-tunes.

Convolutions before them stay as they are: what they find in images of digits serves for others.
"""

from dataclasses import dataclass, replace

from core.network.network import Floats, Network
from core.run.layers import Dense
from data.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The fully connected layers at the end of a network, and the network that they belong to."""

    network: Network
    """The layers alone: they take what `features` returns."""
    whole: Network
    place: int
    """How many stages of the whole network come before."""

    @classmethod
    def of(cls, whole: Network) -> "Head":
        """The head of a network.

        Raises:
            DataError: one of its layers has a batch normalization, which the pad cannot train.
        """
        stages = whole.architecture.stages
        place = next(i for i, stage in enumerate(stages) if isinstance(stage.layer, Dense))
        first = stages[place].number or 0
        layers = whole.layers[first:]
        if any(layer.norm is not None for layer in layers):
            raise DataError(
                "the pad cannot fine-tune fully connected layers with a batch normalization"
            )
        return cls(
            Network.from_layers([(layer.weights, layer.biases) for layer in layers]), whole, place
        )

    def features(self, images: Floats) -> Floats:
        """What the head takes, ``[n, features]``, from images ``[n, pixels]`` in 0..1."""
        if not self.place:
            return images
        values = self.whole.outputs_before(self.place, images)
        return values.reshape(len(values), -1)

    def joined(self, tuned: Network) -> Network:
        """The whole network with a tuned head."""
        body = self.whole.layers[: -len(tuned.layers)]
        return replace(self.whole, layers=(*body, *tuned.layers))
