"""Recipe for the training of a small network, with a grid and a patch that suit the images."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field

from nbradiomics.segmentation.device import Precision
from nbradiomics.settings import Settings

#: Most voxels of the median image on a calculated grid, and of a calculated patch.
VOXELS = 75_000
#: A patch has a multiple of this many voxels along each axis: a small network halves each axis three times.
STEP = 8

Edge = Annotated[float, Field(ge=0.01, le=1000)]
Length = Annotated[int, Field(ge=STEP, le=4096)]
Three = tuple[float, float, float]


class Recipe(Settings):
    """How a small network is trained: nnU-Net's own planning and trainer are designed for large ones.

    Notes
    -----
    Without a spacing, the median voxel edges of the training images are used; the finest ones are raised to
    one common edge until the median image has at most `VOXELS` voxels. Without a patch, the size of the
    median image on that grid is used; its longest axes are clipped until it has at most `VOXELS` voxels, and
    it is rounded to multiples of `STEP`. nnU-Net enlarges a patch that its network cannot halve. Its stock
    optimiser (SGD with momentum 0.99) learns nothing in a few hundred iterations, so AdamW is used here. The
    precision ``auto`` is nnU-Net's own mixed precision on a GPU, ``bf16`` on processors that compute in it,
    else ``fp32``.
    """

    spacing: tuple[Edge, Edge, Edge] | None = Field(
        default=None,
        description="Voxel size in mm, z, y, x (towards superior, posterior, left), to which images are "
        "resampled; by default calculated from the images.",
    )
    patch: tuple[Length, Length, Length] | None = Field(
        default=None,
        description="Voxels of a patch along z, y, x; by default calculated from the images.",
    )
    features: Annotated[int, Field(ge=1, le=1024)] = Field(
        default=16, description="Feature maps of the first stage; their number doubles in each further stage."
    )
    max_features: Annotated[int, Field(ge=1, le=4096)] = Field(
        default=128, description="Most feature maps of a stage."
    )
    blocks: Annotated[int, Field(ge=1, le=16)] = Field(
        default=1, description="Convolutions of each stage of the encoder; a stage of the decoder has one."
    )
    epochs: Annotated[int, Field(ge=1, le=1_000_000)] = Field(default=100, description="Epochs.")
    iterations: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=20, description="Batches in each epoch."
    )
    batch: Annotated[int, Field(ge=1, le=1024)] = Field(default=2, description="Patches in a batch.")
    learning_rate: Annotated[float, Field(ge=1e-9, le=1)] = Field(
        default=1.5e-3,
        description="Learning rate of AdamW at the start; it falls to zero by nnU-Net's polynomial schedule.",
    )
    foreground: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.5, description="Share of the patches that are chosen to contain tumour."
    )
    precision: Precision = Field(
        default="auto",
        description="Precision: fp32, bf16 (half the bits in the network, single precision in the loss) or "
        "auto.",
    )

    def fitted(self, spacings: npt.ArrayLike, shapes: npt.ArrayLike) -> Recipe:
        """Calculate spacing and patch from the training images if they are ``None``.

        Parameters
        ----------
        spacings
            Voxel edges in mm of each image, shape (images, 3), in the order of the recipe's axes.
        shapes
            Numbers of voxels along the same axes, shape (images, 3).
        """
        edges, sizes = np.asarray(spacings, dtype=float), np.asarray(shapes, dtype=float)
        extent = np.median(edges * sizes, axis=0)
        spacing = self.spacing or _grid(np.median(edges, axis=0), extent)
        return self.changed(spacing=spacing, patch=self.patch or _patch(extent / np.array(spacing)))


def _grid(median: npt.NDArray[np.float64], extent: npt.NDArray[np.float64]) -> Three:
    """Median voxel edges; the finest ones are raised to one common edge until the image is small enough."""

    def voxels(edge: float) -> float:
        return float(np.prod(extent / np.maximum(median, edge)))

    low, high = 0.0, float(max(extent.max(), median.max()))  # an image of one voxel is small enough
    if voxels(low) > VOXELS:
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if voxels(middle) > VOXELS else (low, middle)
        median = np.maximum(median, high)
    z, y, x = np.round(median, 2)
    return float(z), float(y), float(x)


def _patch(size: npt.NDArray[np.float64]) -> tuple[int, int, int]:
    """Size of the median image, with its longest axes clipped to one common length."""
    longest = float(size.max())
    while float(np.prod(np.minimum(size, longest))) > VOXELS:
        longest -= 0.5
    z, y, x = (max(STEP, STEP * int(edge / STEP + 0.5)) for edge in np.minimum(size, longest))
    return int(z), int(y), int(x)
