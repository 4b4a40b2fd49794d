"""Convolution and pooling in numpy, forward and backward; images are ``[n, height, width, c]``."""

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from core.run.layers import Conv, Pool

Floats = npt.NDArray[np.float32]
Padding = tuple[tuple[int, int], tuple[int, int]]


def convolve(images: Floats, layer: Conv, kernel: Floats) -> Floats:
    """The convolution with a kernel ``[height, width, c, filters]``, as TensorFlow's `conv2d`."""
    patches = _patches(images, layer)
    n, height, width = patches.shape[:3]
    matrix = patches.reshape(n * height * width, -1) @ kernel.reshape(-1, layer.filters)
    return matrix.reshape(n, height, width, layer.filters)


def convolve_backward(grad: Floats, layer: Conv, kernel: Floats, inputs: Floats) -> Floats:
    """The gradient for a convolution's inputs, from that for its outputs."""
    (top, bottom), (left, right) = _padding(inputs.shape, layer)
    n, height, width, channels = inputs.shape
    padded = np.zeros((n, top + height + bottom, left + width + right, channels), np.float32)
    rows, columns, stride = grad.shape[1], grad.shape[2], layer.stride
    for y in range(layer.height):
        for x in range(layer.width):
            below = slice(y, y + (rows - 1) * stride + 1, stride)
            beside = slice(x, x + (columns - 1) * stride + 1, stride)
            padded[:, below, beside] += grad @ kernel[y, x].T
    return padded[:, top : top + height, left : left + width]


def max_pool(images: Floats, layer: Pool) -> Floats:
    """The maximum of each block; rows and columns that fill no block are left out."""
    return np.asarray(_blocks(images, layer).max(axis=(2, 4)), np.float32)


def max_pool_backward(grad: Floats, layer: Pool, inputs: Floats) -> Floats:
    """The gradient for a pool's inputs: all of it goes to the largest value of each block."""
    blocks = _blocks(inputs, layer)
    is_largest = blocks == blocks.max(axis=(2, 4), keepdims=True)
    shares = is_largest / is_largest.sum(axis=(2, 4), keepdims=True)
    spread = (shares * grad[:, :, None, :, None]).astype(np.float32)
    result = np.zeros(inputs.shape, np.float32)
    rows, columns = grad.shape[1] * layer.height, grad.shape[2] * layer.width
    result[:, :rows, :columns] = spread.reshape(len(inputs), rows, columns, -1)
    return result


def _blocks(images: Floats, layer: Pool) -> Floats:
    """A view ``[n, rows, block height, columns, block width, c]``."""
    n, height, width, channels = images.shape
    rows, columns = height // layer.height, width // layer.width
    whole = images[:, : rows * layer.height, : columns * layer.width]
    return whole.reshape(n, rows, layer.height, columns, layer.width, channels)


def _patches(images: Floats, layer: Conv) -> Floats:
    """The patch below the kernel at each position: ``[n, rows, columns, height, width, c]``."""
    padding = _padding(images.shape, layer)
    padded = np.pad(images, ((0, 0), *padding, (0, 0))) if np.any(padding) else images
    windows = sliding_window_view(padded, (layer.height, layer.width), axis=(1, 2))
    strided = windows[:, :: layer.stride, :: layer.stride]
    return np.ascontiguousarray(strided.transpose(0, 1, 2, 4, 5, 3))


def _padding(shape: tuple[int, ...], layer: Conv) -> Padding:
    """Rows above and below, columns left and right, as TensorFlow's ``SAME`` has them."""
    if layer.valid:
        return (0, 0), (0, 0)
    missing = (
        max((-(-side // layer.stride) - 1) * layer.stride + kernel - side, 0)
        for side, kernel in zip(shape[1:3], (layer.height, layer.width), strict=True)
    )
    first, second = ((count // 2, count - count // 2) for count in missing)
    return first, second
