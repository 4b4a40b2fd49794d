"""One layer of a person's own Keras model, as its process describes it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class OwnLayer:
    """A layer without layers in it, in the order in which they are computed."""

    name: str
    """Its name in the model: ``conv2d_1``."""
    kind: str
    """Its class: ``Conv2D``."""
    inputs: tuple[int, ...]
    """The shape of what it takes for one image."""
    outputs: tuple[int, ...]
    parameters: int
    """Number of trained values."""
    multiply_adds: int
    """Multiplications of a weight with a value for one image, each with an addition."""
    variables: tuple[str, ...]
    """The names of its variables in a checkpoint."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The layer that `as_dict` described."""
        made = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**made)  # type: ignore[arg-type]  # the fields that `as_dict` gave

    def as_dict(self) -> dict[str, Any]:
        """All fields, for JSON."""
        return asdict(self)
