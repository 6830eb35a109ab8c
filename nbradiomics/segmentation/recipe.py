"""How a small network is trained."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How a small network is trained.

    Attributes
    ----------
    spacing
        Voxel edges in mm, z, y, x, to which images are resampled.
    patch
        Voxels along z, y, x that the network sees at once.
    features, max_features
        Feature maps of the first stage, and the most that a stage has.
    epochs, iterations
        Epochs, and batches of two patches in each.
    learning_rate
        Of AdamW at the start; it falls to zero by nnU-Net's polynomial schedule. nnU-Net's stock
        optimiser (SGD with momentum 0.99) learns nothing in a few hundred iterations.
    """

    spacing: tuple[float, float, float] = (4.0, 3.0, 3.0)
    patch: tuple[int, int, int] = (32, 48, 64)
    features: int = 12
    max_features: int = 96
    epochs: int = 20
    iterations: int = 20
    learning_rate: float = 5e-3
