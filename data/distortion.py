"""Change images step by step, to see how much of it a network bears."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

TURN = 10.0
"""Degrees of one step of turning, clockwise."""
NOISE = 0.08
"""Standard deviation that one step of noise adds."""
MAX_SHIFT, MAX_TURN, MAX_WEIGHT, MAX_NOISE = 14, 18, 4, 10
"""Steps at most, in each direction."""


@dataclass(frozen=True, slots=True)
class Distortion:
    """How an image is changed: by so many steps of each kind; no step leaves it as it is."""

    right: int = 0
    """Pixels; negative to the left."""
    down: int = 0
    turn: int = 0
    """Steps of `TURN` degrees; negative counterclockwise."""
    weight: int = 0
    """Half pixels that strokes gain on each side; negative if they lose them."""
    noise: int = 0
    """Steps of `NOISE`."""

    def changed(self, **steps: int) -> "Distortion":
        """This with more steps of some kinds, within the limits."""
        limits = {
            "right": (-MAX_SHIFT, MAX_SHIFT),
            "down": (-MAX_SHIFT, MAX_SHIFT),
            "turn": (-MAX_TURN, MAX_TURN),
            "weight": (-MAX_WEIGHT, MAX_WEIGHT),
            "noise": (0, MAX_NOISE),
        }
        values = {
            kind: min(max(getattr(self, kind) + step, limits[kind][0]), limits[kind][1])
            for kind, step in steps.items()
        }
        return replace(self, **values)

    def describe(self) -> str:
        """The steps in words; empty without any."""
        parts = []
        if self.right:
            parts.append(f"{abs(self.right)} {'right' if self.right > 0 else 'left'}")
        if self.down:
            parts.append(f"{abs(self.down)} {'down' if self.down > 0 else 'up'}")
        if self.turn:
            parts.append(f"turned {self.turn * TURN:+.0f}°")
        if self.weight:
            name = "thicker" if self.weight > 0 else "thinner"
            parts.append(f"{name} by {abs(self.weight) / 2:g}")
        if self.noise:
            parts.append(f"noise {self.noise * NOISE:.2f}")
        return ", ".join(parts)

    def apply(self, images: Floats) -> Floats:
        """Change images ``[n, height, width]`` of 0 paper to 1 ink."""
        if self == Distortion():
            return images
        changed = _weighted(images, self.weight)
        if self.right or self.down or self.turn:
            changed = _moved(changed, self.right, self.down, np.radians(self.turn * TURN))
        if self.noise:
            noise = np.random.default_rng(0).normal(0, self.noise * NOISE, changed.shape[1:])
            changed = changed + noise.astype(np.float32)
        return np.clip(changed, 0, 1).astype(np.float32)


def _weighted(images: Floats, steps: int) -> Floats:
    """Let strokes gain, or lose, half a pixel on each side in each step."""
    extreme = np.maximum if steps > 0 else np.minimum
    for _ in range(abs(steps)):
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
        sides = padded[:, :-2, 1:-1], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2], padded[:, 1:-1, 2:]
        grown = images
        for side in sides:
            grown = extreme(grown, side)
        images = ((images + grown) / 2).astype(np.float32)
    return images


def _moved(images: Floats, right: int, down: int, angle: float) -> Floats:
    """Turn images around their middle, then shift them; interpolated, paper outside."""
    height, width = images.shape[1:]
    y, x = np.mgrid[:height, :width].astype(np.float64)
    y, x = y - down - (height - 1) / 2, x - right - (width - 1) / 2
    from_x = np.cos(angle) * x + np.sin(angle) * y + (width - 1) / 2
    from_y = -np.sin(angle) * x + np.cos(angle) * y + (height - 1) / 2
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    from_x, from_y = np.clip(from_x + 1, 0, width + 1), np.clip(from_y + 1, 0, height + 1)
    left, top = np.floor(from_x).astype(int), np.floor(from_y).astype(int)
    across, along = from_x - left, from_y - top
    upper = padded[:, top, left] * (1 - across) + padded[:, top, left + 1] * across
    lower = padded[:, top + 1, left] * (1 - across) + padded[:, top + 1, left + 1] * across
    moved: Floats = (upper * (1 - along) + lower * along).astype(np.float32)
    return moved
