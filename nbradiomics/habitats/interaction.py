"""The spatial interaction matrix of a label map: which habitats touch each other, and the surroundings.

Wu J et al. Intratumoral spatial heterogeneity at perfusion MR imaging predicts recurrence-free survival in
locally advanced breast cancer treated with neoadjuvant chemotherapy. Radiology 2018;288:26-35. Its features
are those of a grey level co-occurrence matrix (Haralick RM, Shanmugam K, Dinstein I. IEEE Trans Syst Man
Cybern 1973;3:610-621), with the habitats in the place of the grey levels.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Counts = NDArray[np.int64]

#: Label of voxels of the region that no habitat can be given.
NO_VALUE = 255


class InteractionFeatures(NamedTuple):
    """Features of the pairs within the tumour; `p` is their share, and i, j are numbers of habitats.

    Attributes
    ----------
    contrast
        Sum of ``(i - j)**2 * p``.
    homogeneity
        Sum of ``p / (1 + (i - j)**2)``.
    correlation
        Sum of ``(i - mean) * (j - mean) * p``, divided by the variance; not a number if all pairs are of one
        habitat.
    energy
        Sum of ``p**2``.
    entropy
        Minus the sum of ``p * log2(p)``.
    interface
        Share of the pairs that belong to two different habitats.
    """

    contrast: float
    homogeneity: float
    correlation: float
    energy: float
    entropy: float
    interface: float


def interaction_matrix(labels: NDArray[np.uint8], habitats: int, neighbours: int = 26) -> Counts:
    """Count the pairs of neighbouring voxels by their labels.

    Parameters
    ----------
    labels
        Three-dimensional: 0 outside, the number of a habitat inside, `NO_VALUE` for voxels that are left out.
    habitats
        Number of habitats.
    neighbours
        26 (faces, edges, corners) or 6 (faces). They are neighbours on the grid, whatever the size of the
        voxels.

    Returns
    -------
    numpy.ndarray
        Symmetric, (habitats + 1) x (habitats + 1); index 0 is the outside. Each pair counts twice, as i, j
        and as j, i. Pairs outside are not counted.
    """
    padded = np.pad(_cropped(labels), 1)
    size = habitats + 1
    counts = np.zeros((size, size), dtype=np.int64)
    for offset in _offsets(neighbours):
        one, other = _shifted(padded, offset)
        used = (one != NO_VALUE) & (other != NO_VALUE) & ((one > 0) | (other > 0))
        pairs = np.bincount(one[used].astype(np.intp) * size + other[used], minlength=size**2)
        counts += pairs.reshape(size, size)
    counts += counts.T.copy()
    return counts


def interaction_features(matrix: Counts) -> InteractionFeatures:
    """Features of the part of the matrix without the outside; not a number if no voxels touch."""
    inside = matrix[1:, 1:].astype(np.float64)
    if not inside.any():
        return InteractionFeatures(*[float("nan")] * 6)
    p = inside / inside.sum()
    number = np.arange(1, len(p) + 1, dtype=np.float64)
    apart = (number[:, None] - number[None, :]) ** 2
    mean = float(p.sum(axis=1) @ number)
    variance = float(p.sum(axis=1) @ (number - mean) ** 2)
    together = float((number - mean) @ p @ (number - mean))
    positive = p[p > 0]
    return InteractionFeatures(
        contrast=float((apart * p).sum()),
        homogeneity=float((p / (1 + apart)).sum()),
        correlation=together / variance if variance > 0 else float("nan"),
        energy=float((p**2).sum()),
        entropy=float(-(positive * np.log2(positive)).sum()) + 0.0,
        interface=float(1 - np.trace(p)),
    )


def border_shares(matrix: Counts) -> Array:
    """Share of the pairs of each habitat whose other voxel is outside; not a number for an empty habitat."""
    totals = matrix[1:].sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(totals > 0, matrix[1:, 0] / totals, np.nan), dtype=np.float64)


def _cropped(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if not labels.any():
        return labels[:1, :1, :1]
    box = tuple(slice(int(places.min()), int(places.max()) + 1) for places in (labels > 0).nonzero())
    return labels[box]


def _offsets(neighbours: int) -> list[tuple[int, int, int]]:
    """One of each two opposite directions."""
    steps = (-1, 0, 1)
    half = [offset for offset in product(steps, steps, steps) if offset > (0, 0, 0)]
    return half if neighbours == 26 else [offset for offset in half if sum(map(abs, offset)) == 1]


def _shifted(
    labels: NDArray[np.uint8], offset: tuple[int, int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The labels of all pairs of voxels that are this far apart."""
    first = tuple(
        slice(max(0, -step), size - max(0, step)) for step, size in zip(offset, labels.shape, strict=True)
    )
    second = tuple(
        slice(max(0, step), size - max(0, -step)) for step, size in zip(offset, labels.shape, strict=True)
    )
    return labels[first], labels[second]
