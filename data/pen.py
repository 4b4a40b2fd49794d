"""Sample handwriting from stroke templates, and render it with a soft pen.

All randomness is a smooth distortion of the plane or of the pen's path, and all samples of one
template are computed together. The spline is linear in its control points, so a batch is one
product with a fixed basis; the distance of each pixel from the ink comes from separable Gaussians,
so rendering is one batched product too.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Self

import numpy as np
import numpy.typing as npt

from data.dataset import Images
from data.templates import StrokeTemplate

Floats = npt.NDArray[np.float32]

SIZE = 28
"""Height and width of an image, in pixels."""
BOX = 20.0
"""The longer side of the ink, pen and soft edge included, in pixels, as in MNIST."""
CENTRE = 14.0
"""The pixel index of the ink's centre of mass, as in MNIST."""

_POINTS_PER_HEIGHT = 26
_SIGMA = 0.6


@dataclass(frozen=True, slots=True)
class WritingStyle:
    """The distribution of handwriting: typical values, and standard deviations between drawings.

    Lengths are in heights of the digit, or in pixels where noted.
    """

    jitter: float = 0.048
    """Deviation of each control point."""
    tremor: float = 0.021
    """Deviation of the slow trembling along the pen's path."""
    warp: float = 0.08
    """Deviation of the quadratic distortion of the plane."""
    wave: float = 0.04
    """Deviation of the random waves that distort the plane."""
    perspective: float = 0.12
    """Deviation of the ratio of the widths at the top and at the bottom."""
    width: float = 1.0
    """Typical width, relative to the template's."""
    aspect: float = 0.20
    """Deviation of the logarithm of width over height."""
    slant: float = 0.12
    """Typical shear to the right, width per height."""
    slant_deviation: float = 0.24
    rotation: float = 5.0
    """Deviation of the angle, in degrees."""
    pen: float = 2.45
    """Median width of the pen, in pixels."""
    pen_deviation: float = 0.29
    """Deviation of the logarithm of the pen's width."""
    pressure: float = 0.1
    """Deviation of the logarithm of the line's width along the pen's path."""
    edge: float = 1.0
    """Median width of the line's soft edge, in pixels."""
    edge_deviation: float = 0.25
    """Deviation of the logarithm of the edge's width."""
    grain: float = 0.12
    """Deviation of the edge per pixel, in pixels, as on rough paper."""
    size_deviation: float = 0.04
    """Deviation of the logarithm of the ink's size, which is :data:`BOX` in MNIST."""
    shift: float = 1.2
    """Largest shift of the image in either direction, in pixels."""

    def scaled(self, variation: float) -> Self:
        """This style with its randomness scaled by ``variation``; 0 is none."""
        names = (
            *("jitter", "tremor", "warp", "wave", "perspective", "aspect", "slant_deviation"),
            *(
                "rotation",
                "pen_deviation",
                "pressure",
                "edge_deviation",
                "grain",
                "size_deviation",
                "shift",
            ),
        )
        return replace(self, **{name: variation * getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True, eq=False)
class PenPaths:
    """The pen's paths of a batch of drawings of one template, before rendering."""

    x: Floats
    """``[n, points]``, in heights of the digit."""
    y: Floats
    """``[n, points]``, downward."""
    starts: npt.NDArray[np.bool_]
    """``[points]``: where the pen touches down and a stroke starts."""

    def strokes(self) -> list[list[list[list[float]]]]:
        """For each drawing its strokes, each a list of ``[x, y]``."""
        points = np.stack([self.x, self.y], axis=2)
        parts = np.split(points, np.flatnonzero(self.starts)[1:], axis=1)
        return [[part[i].tolist() for part in parts] for i in range(len(points))]


def sample_paths(
    template: StrokeTemplate,
    n: int,
    rng: np.random.Generator,
    style: WritingStyle,
    controls: Floats | None = None,
) -> PenPaths:
    """Sample ``n`` drawings of a template.

    ``controls``, float32 ``[n, control points, 2]``, replaces the template's control points where
    each drawing has its own.
    """
    basis, starts = _basis(template)
    if controls is None:
        controls = np.asarray(template.control_points, np.float32)[None]
    jittered = controls + style.jitter * _normal(rng, n, controls.shape[1], 2)
    path = np.matmul(basis, jittered)
    path += style.tremor * _ripple(n, basis.shape[0], 2, rng)
    x, y = _distort(
        path[..., 0] - path[..., 0].mean(1, keepdims=True), path[..., 1] - 0.5, rng, style
    )
    return PenPaths(*_shear_and_rotate(x, y, rng, style), starts)


def render(ink: PenPaths, rng: np.random.Generator, style: WritingStyle) -> Images:
    """Render the drawings to uint8 ``[n, 28, 28]``, white on black, in MNIST's box and position."""
    n, points = ink.x.shape
    pen = np.clip(_log_normal(rng, n, style.pen, style.pen_deviation), 1.4, 5.0)
    widths = pen * np.exp(style.pressure * _ripple(n, points, 1, rng)[..., 0])
    sizes = _log_normal(rng, n, BOX, style.size_deviation)
    x, y, lengths = _placed(ink, sizes - pen, widths)
    x += style.shift * _uniform(rng, n)
    y += style.shift * _uniform(rng, n)
    distance = _distances(x, y, lengths * np.exp((widths**2 - pen**2) / (8 * _SIGMA**2)))
    distance += style.grain * _normal(rng, n, SIZE, SIZE)
    edge = _log_normal(rng, n, style.edge, style.edge_deviation)[..., None]
    grey = np.clip((pen[..., None] / 2 - distance) / edge + 0.5, 0, 1)
    return (grey * 255 + 0.5).astype(np.uint8)


def _placed(ink: PenPaths, sides: Floats, widths: Floats) -> tuple[Floats, Floats, Floats]:
    """Scale the ink to ``sides`` pixels and centre it; also the length of ink per point."""
    size = np.maximum(np.ptp(ink.x, axis=1), np.ptp(ink.y, axis=1))[:, None]
    scale = sides / np.maximum(size, np.float32(1e-3))
    x, y = ink.x * scale, ink.y * scale
    lengths = _arc_lengths(x, y, ink.starts)
    mass = lengths * widths
    mass /= mass.sum(1, keepdims=True)
    x += np.float32(CENTRE) - (x * mass).sum(1, keepdims=True)
    y += np.float32(CENTRE) - (y * mass).sum(1, keepdims=True)
    return x, y, lengths


def _distort(
    x: Floats, y: Floats, rng: np.random.Generator, style: WritingStyle
) -> tuple[Floats, Floats]:
    """Distort the plane: quadratic terms, perspective, and a few slow waves."""
    n = len(x)
    y = y + 2 * style.warp * _normal(rng, n, 1) * (y * y - 0.25)
    x = x + 2 * style.warp * _normal(rng, n, 1) * (x * x - 0.05)
    x = x * (1 + 2 * style.perspective * _normal(rng, n, 1) * y)
    x = x + 2 * style.warp * _normal(rng, n, 1) * (y * y - 0.15)
    for _ in range(3):
        across, down = 5 + 2 * _uniform(rng, n), 5 + 2 * _uniform(rng, n)
        phase = np.float32(np.pi) * _uniform(rng, n)
        wave = np.sin(np.sign(_uniform(rng, n)) * across * x + down * y + phase)
        amplitude = style.wave / np.sqrt(3) * _normal(rng, n, 2)
        x, y = x + amplitude[:, :1] * wave, y + amplitude[:, 1:] * wave
    return x.astype(np.float32), y.astype(np.float32)


def _shear_and_rotate(
    x: Floats, y: Floats, rng: np.random.Generator, style: WritingStyle
) -> tuple[Floats, Floats]:
    """Scale, shear and rotate the plane."""
    n = len(x)
    x = x * _log_normal(rng, n, style.width, style.aspect)
    x = x - (style.slant + style.slant_deviation * _normal(rng, n, 1)).astype(np.float32) * y
    angle = np.float32(np.deg2rad(style.rotation)) * _normal(rng, n, 1)
    cos, sin = np.cos(angle), np.sin(angle)
    return x * cos - y * sin, x * sin + y * cos


def _ripple(n: int, points: int, values: int, rng: np.random.Generator) -> Floats:
    """Slow changes of deviation 1, ``[n, points, values]``, along the pen's path: three sines."""
    path = np.linspace(0, 2 * np.pi, points, dtype=np.float32)[None, :, None]
    ripple = np.zeros((n, points, values), np.float32)
    for harmonic in (1, 2, 3):
        phase = np.float32(np.pi) * _uniform(rng, n)[..., None]
        amplitude = np.float32(1.2 / harmonic) * _normal(rng, n, 1, values)
        ripple += amplitude * np.sin(harmonic * path + phase)
    return ripple


def _arc_lengths(x: Floats, y: Floats, starts: npt.NDArray[np.bool_]) -> Floats:
    """The length of ink that each point represents, ``[n, points]``."""
    steps = np.hypot(np.diff(x, axis=1), np.diff(y, axis=1)) * ~starts[1:]
    weights = np.zeros_like(x)
    weights[:, 1:] += steps / 2
    weights[:, :-1] += steps / 2
    return np.maximum(weights, np.float32(1e-6), dtype=np.float32)


def _distances(x: Floats, y: Floats, weights: Floats) -> Floats:
    """The distance of each pixel from the ink, ``[n, 28, 28]``, as a soft minimum.

    Ink that is blurred by a Gaussian has, near a straight line, a density that depends on the
    distance alone, so the distance can be computed from the density. ``weights`` are lengths of
    ink; a factor of ``exp(a)`` reduces the squared distance by ``2 a`` Gaussian variances.
    """
    pixels = np.arange(SIZE, dtype=np.float32)
    scale = np.float32(-0.5 / _SIGMA**2)
    across = np.exp(scale * (pixels - x[..., None]) ** 2)
    down = np.exp(scale * (pixels - y[..., None]) ** 2) * weights[..., None]
    density = np.matmul(down.transpose(0, 2, 1), across)
    density /= np.float32(_SIGMA * np.sqrt(2 * np.pi))
    squares: Floats = np.log(np.maximum(density, np.float32(1e-12))) / scale
    return np.sqrt(np.maximum(squares, np.float32(0)))


@cache
def _basis(template: StrokeTemplate) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The matrix ``[points, control points]`` that makes the pen's path, and where strokes start.

    Each smooth piece gets points in proportion to its length, so that the ink is even.
    """
    controls = np.asarray(template.control_points)
    rows: list[npt.NDArray[np.float64]] = []
    starts: list[bool] = []
    for stroke in template.strokes:
        for number, piece in enumerate(stroke):
            rough = _catmull_rom(len(piece), 32) @ controls[list(piece)]
            length = np.hypot(*np.diff(rough, axis=0).T).sum()
            points = max(3, round(length * _POINTS_PER_HEIGHT))
            block = np.zeros((points, len(controls)))
            block[:, list(piece)] = _catmull_rom(len(piece), points)
            rows.append(block)
            starts += [number == 0] + [False] * (points - 1)
    return np.concatenate(rows).astype(np.float32), np.array(starts)


def _catmull_rom(controls: int, points: int) -> npt.NDArray[np.float64]:
    """The Catmull-Rom basis ``[points, controls]``; extrapolated linearly beyond the ends."""
    place = np.linspace(0, controls - 1, points)
    left = np.minimum(place.astype(int), controls - 2)
    t = place - left
    cubic = np.stack([t**0, t, t**2, t**3], axis=1) @ np.array(
        [[0, 1, 0, 0], [-0.5, 0, 0.5, 0], [1, -2.5, 2, -0.5], [-0.5, 1.5, -1.5, 0.5]]
    )
    padded = np.zeros((points, controls + 2))
    for offset in range(4):
        padded[np.arange(points), left + offset] = cubic[:, offset]
    basis = padded[:, 1:-1].copy()
    basis[:, [0, 1]] += padded[:, :1] * [2, -1]
    basis[:, [-1, -2]] += padded[:, -1:] * [2, -1]
    return basis


def _normal(rng: np.random.Generator, *shape: int) -> Floats:
    return rng.standard_normal(shape, dtype=np.float32)


def _uniform(rng: np.random.Generator, n: int) -> Floats:
    """``[n, 1]`` in -1..1."""
    return 2 * rng.random((n, 1), dtype=np.float32) - 1


def _log_normal(rng: np.random.Generator, n: int, median: float, deviation: float) -> Floats:
    """``[n, 1]``."""
    factors: Floats = np.exp(np.float32(deviation) * _normal(rng, n, 1))
    return np.float32(median) * factors
