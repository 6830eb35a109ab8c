"""Forms of a texture family: which matrices are merged, and over which the features are averaged.

A mean leaves out what has no value. Slices without a voxel of the region have no matrix; a co-occurrence
matrix without a pair, and a tone difference matrix without a voxel that has a neighbour, have no features;
single features may be undefined in a matrix (correlation in one of a single grey level). If nothing is left,
the feature is NaN.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.ibsi.textures.cells import Cells
from nbradiomics.features.native.ibsi.textures.directions import DIRECTIONS, IN_SLICE


class Directional(Protocol):
    """A family whose matrices belong to directions."""

    def matrix(self, places: NDArray[np.uint64], direction: int) -> Cells:
        """Count the matrix of some voxels along one of `DIRECTIONS`."""

    def merged(self, matrices: Sequence[Cells]) -> Cells:
        """Add up matrices."""

    def features(self, matrix: Cells, voxels: int) -> NDArray[np.float64]:
        """Compute the features of a matrix; `voxels` counts a voxel once for each direction."""


def directional_values(
    family: Directional,
    slices: Sequence[NDArray[np.uint64]],
    region: NDArray[np.uint64],
    forms: Collection[str],
) -> dict[str, NDArray[np.float64]]:
    """Compute the features of a family with directions, by form.

    Parameters
    ----------
    family
        What is counted.
    slices, region
        Places of the voxels of each slice, and of all voxels.
    forms
        Some of `DIRECTIONAL_FORMS`.
    """
    found: dict[str, NDArray[np.float64]] = {}
    if {"2D_avg", "2D_comb"} & set(forms):
        found |= _in_slices(family, slices, forms)
    if set(forms) - {"2D_avg", "2D_comb"}:
        found |= _in_region(family, region, forms)
    return found


def mean(values: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Average each feature over the matrices in which it has a value; NaN if there is none."""
    stacked = np.array(values)
    known = ~np.isnan(stacked)
    number = known.sum(axis=0)
    summed = np.where(known, stacked, 0.0).sum(axis=0)
    return np.where(number > 0, summed / np.maximum(number, 1), np.nan)


def _in_slices(
    family: Directional, slices: Sequence[NDArray[np.uint64]], forms: Collection[str]
) -> dict[str, NDArray[np.float64]]:
    separate: list[NDArray[np.float64]] = []
    merged: list[NDArray[np.float64]] = []
    for places in slices:
        matrices = [family.matrix(places, direction) for direction in range(IN_SLICE)]
        if "2D_avg" in forms:
            separate += [family.features(matrix, len(places)) for matrix in matrices]
        if "2D_comb" in forms:
            merged.append(family.features(family.merged(matrices), IN_SLICE * len(places)))
    values = {"2D_avg": separate, "2D_comb": merged}
    return {form: mean(values[form]) for form in values if form in forms}


def _in_region(
    family: Directional, places: NDArray[np.uint64], forms: Collection[str]
) -> dict[str, NDArray[np.float64]]:
    """Merge over slices: the matrices of the directions within slices are also those of 3D."""
    number = len(DIRECTIONS) if {"3D_avg", "3D_comb"} & set(forms) else IN_SLICE
    matrices = [family.matrix(places, direction) for direction in range(number)]
    found = {}
    if {"2_5D_avg", "3D_avg"} & set(forms):
        separate = [family.features(matrix, len(places)) for matrix in matrices]
        found = {"2_5D_avg": mean(separate[:IN_SLICE]), "3D_avg": mean(separate)}
    if "2_5D_comb" in forms:
        merged = family.merged(matrices[:IN_SLICE])
        found["2_5D_comb"] = family.features(merged, IN_SLICE * len(places))
        matrices = [merged, *matrices[IN_SLICE:]]
    if "3D_comb" in forms:
        found["3D_comb"] = family.features(family.merged(matrices), len(DIRECTIONS) * len(places))
    return {form: values for form, values in found.items() if form in forms}
