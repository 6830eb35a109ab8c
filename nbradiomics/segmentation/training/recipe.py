"""How a small network is trained, and the grid and patch that suit the images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from nbradiomics.errors import InputError
from nbradiomics.segmentation.device import Precision

#: Voxels that the median image has on a grid that is worked out, and a patch at most.
VOXELS = 75_000
#: A patch has a multiple of so many voxels along each axis: a small network halves each axis three times.
STEP = 8

_LIMITS = {
    "spacing": (0.01, 1000.0),
    "patch": (STEP, 4096),
    "features": (1, 1024),
    "max_features": (1, 4096),
    "blocks": (1, 16),
    "epochs": (1, 1_000_000),
    "iterations": (1, 1_000_000),
    "batch": (1, 1024),
    "learning_rate": (1e-9, 1.0),
    "foreground": (0.0, 1.0),
}

Three = tuple[float, float, float]


@dataclass(frozen=True)
class Recipe:
    """How a small network is trained: nnU-Net's own planning and trainer are made for large ones.

    Attributes
    ----------
    spacing
        Voxel edges in mm, z, y, x (towards superior, posterior, left), to which images are resampled.
        ``None`` works them out: the training images' median edges, the finest raised to one common edge
        until the median image has `VOXELS` voxels or fewer.
    patch
        Voxels along z, y, x that the network sees at once. ``None`` takes the median image's size on that
        grid, its longest axes clipped until there are `VOXELS` or fewer, rounded to multiples of `STEP`.
        nnU-Net raises what its network cannot halve.
    features, max_features
        Feature maps of the first stage (doubled in each that follows), and the most that a stage has.
    blocks
        Convolutions of each stage on the way down; on the way up there is one.
    epochs, iterations
        Epochs, and batches in each.
    batch
        Patches in a batch.
    learning_rate
        Of AdamW at the start; it falls to zero by nnU-Net's polynomial schedule. nnU-Net's stock
        optimiser (SGD with momentum 0.99) learns nothing in a few hundred iterations.
    foreground
        Share of the patches, 0 to 1, that are certain to hold tumour.
    precision
        ``fp32``, ``bf16`` (half as many bits in the network, single precision in the loss) or ``auto``:
        nnU-Net's own mixed precision on a GPU; ``bf16`` on processors that compute in it; else ``fp32``.
    """

    spacing: Three | None = None
    patch: tuple[int, int, int] | None = None
    features: int = 16
    max_features: int = 128
    blocks: int = 1
    epochs: int = 100
    iterations: int = 20
    batch: int = 2
    learning_rate: float = 1.5e-3
    foreground: float = 0.5
    precision: Precision = "auto"

    def __post_init__(self) -> None:
        if self.precision not in get_args(Precision):
            listed = ", ".join(get_args(Precision))
            raise InputError(f"precision is {self.precision!r}; {listed} were expected.", "Choose one.")
        for name, (low, high) in _LIMITS.items():
            for number in _numbers(name, getattr(self, name)):
                if not low <= number <= high:
                    raise InputError(f"{name} is {number:g}.", f"Give a number from {low:g} to {high:g}.")

    def fitted(self, spacings: npt.ArrayLike, shapes: npt.ArrayLike) -> Recipe:
        """Work out what is ``None`` from the training images.

        Parameters
        ----------
        spacings
            Voxel edges in mm of each image, shape (images, 3), in the order of the recipe's axes.
        shapes
            Voxels along the same axes, shape (images, 3).
        """
        edges, sizes = np.asarray(spacings, dtype=float), np.asarray(shapes, dtype=float)
        extent = np.median(edges * sizes, axis=0)
        spacing = self.spacing or _grid(np.median(edges, axis=0), extent)
        return replace(self, spacing=spacing, patch=self.patch or _patch(extent / np.array(spacing)))


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    if value is None:  # worked out later
        return ()
    if not isinstance(value, tuple):
        return (value,)
    if len(value) != 3:
        raise InputError(f"{name} has {len(value)} numbers; 3 were expected.", "Give z, y, x.")
    return value


def _grid(median: npt.NDArray[np.float64], extent: npt.NDArray[np.float64]) -> Three:
    """Median voxel edges, the finest raised to one common edge until the image is small enough."""

    def voxels(edge: float) -> float:
        return float(np.prod(extent / np.maximum(median, edge)))

    low, high = 0.0, float(max(extent.max(), median.max()))  # one voxel at the most is small enough
    if voxels(low) > VOXELS:
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if voxels(middle) > VOXELS else (low, middle)
        median = np.maximum(median, high)
    z, y, x = np.round(median, 2)
    return float(z), float(y), float(x)


def _patch(size: npt.NDArray[np.float64]) -> tuple[int, int, int]:
    """Size of the median image, its longest axes clipped to one common length."""
    longest = float(size.max())
    while float(np.prod(np.minimum(size, longest))) > VOXELS:
        longest -= 0.5
    z, y, x = (max(STEP, STEP * int(edge / STEP + 0.5)) for edge in np.minimum(size, longest))
    return int(z), int(y), int(x)
