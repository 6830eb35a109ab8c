"""Maps of the co-occurrence features: each voxel's value is computed from the pairs in the box around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.execution.pieces import in_order
from nbradiomics.features.native.classes.glcm import FEATURES, MCC
from nbradiomics.features.native.classes.neighbours import lengths, offsets
from nbradiomics.features.native.classes.textures import TextureSettings
from nbradiomics.features.native.voxel.glcm_general import correlation_of_box, glcm_of_box
from nbradiomics.features.native.voxel.glcm_symmetric import logarithms, symmetric_glcm_of_box
from nbradiomics.features.native.voxel.kernel import (
    Kernel,
    Neighbourhood,
    batch_numbers,
    by_batch,
    chunks,
    fill_box,
)


def glcm_maps(
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    box: Kernel,
    settings: TextureSettings,
    spacing: tuple[float, float, float],
    *,
    initial: float,
    batch: int,
    correlation: bool,
) -> Iterator[dict[str, NDArray[np.float64]]]:
    """Compute co-occurrence features of boxes around voxels; parameters as in `textures.voxel_features`.

    The directions with pairs are found first for each box: if boxes of one batch differ in them, PyRadiomics
    gives no JointAverage and no MCC, and the MCC, which is the slowest, need not be computed.
    """
    steps = offsets(levels.shape, settings.distances, both_ways=False, plane=settings.plane)
    weights = np.empty(0)
    if settings.weighting_norm is not None:
        reach = lengths(steps, spacing, settings.weighting_norm)
        weights = np.ones(len(steps)) if reach is None else np.exp(-(reach**2))
    beside = box.beside(steps)
    around = Neighbourhood.of(levels, box)
    batches = _Batches.of(around, places, beside, summed=len(weights) > 0, size=batch)
    single = levels.min(where=levels > 0, initial=around.highest) == around.highest
    plain = settings.symmetrical and not len(weights)
    pairs, starts = _pairs(beside)
    tables = logarithms(2 * int(np.diff(starts).max()))

    def measured(part: slice) -> dict[str, NDArray[np.float64]]:
        centres = around.at(places[part])
        empty = _empty(around, centres, beside, len(weights) > 0)
        lacking, spoilt, used = batches.of_voxels(part, empty)
        with_mcc = np.asarray(~spoilt & used & (correlation and not single))
        values = np.empty((len(centres), len(FEATURES)))
        boxes = around.levels, centres, around.steps
        if plain:
            _symmetric_map(*boxes, pairs, starts, tables, around.highest, with_mcc, values)
        else:
            _general_map(
                *boxes, beside, weights, around.highest, settings.symmetrical, empty, with_mcc, values
            )
        maps = dict(zip(FEATURES, values.T, strict=True))
        maps["JointAverage"][lacking] = np.nan
        if around.highest == 1:
            maps["InverseVariance"][used] = 0.0
        if single:
            maps["MCC"][:] = 1.0
        maps["MCC"][spoilt] = initial
        return maps

    yield from in_order(measured, list(chunks(len(places))))


@dataclass(frozen=True)
class _Batches:
    """Effect of directions without pairs on the voxels that PyRadiomics computes at a time.

    PyRadiomics drops the directions in which no box of a batch has pairs, unless there is only one matrix.

    Attributes
    ----------
    dropped
        Whether a batch drops a direction, shape (batches, directions).
    spoilt
        Whether a box of the batch has no pairs in a direction that is kept.
    voxels, size
        Number of voxels of the region, and of a batch as in `batch_numbers`.
    """

    dropped: NDArray[np.bool_]
    spoilt: NDArray[np.bool_]
    voxels: int
    size: int

    @classmethod
    def of(
        cls,
        around: Neighbourhood,
        places: NDArray[np.int64],
        beside: NDArray[np.int64],
        *,
        summed: bool,
        size: int,
    ) -> _Batches:
        """Check all boxes."""
        matrices = 1 if summed else len(beside)
        empty = (_empty(around, around.at(places[part]), beside, summed) for part in chunks(len(places)))
        dropped, some = by_batch(empty, matrices, voxels=len(places), size=size)
        if matrices == 1:
            dropped[:] = False
        # Some boxes have pairs and some have none; in place, because there may be as many batches as voxels.
        spoilt = np.greater(some, dropped, out=some).any(axis=1)
        return cls(dropped, np.asarray(spoilt), len(places), size)

    def of_voxels(
        self, part: slice, empty: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Find three properties of voxels from `empty`, the matrices without pairs of their boxes.

        Returns
        -------
        Whether the voxel has no pairs in a direction that is kept; whether any voxel of its batch has none in
        such a direction; whether the batch keeps a direction.
        """
        numbers = batch_numbers(part, self.voxels, self.size)
        dropped = self.dropped[numbers]
        lacking = np.asarray((empty & ~dropped).any(axis=1))
        return lacking, self.spoilt[numbers], np.asarray(~dropped.all(axis=1))


def _empty(
    around: Neighbourhood, centres: NDArray[np.int64], beside: NDArray[np.int64], summed: bool
) -> NDArray[np.bool_]:
    """Find the matrices without pairs, by centre: one matrix for each direction, or one for all."""
    empty = _without_pairs(around.levels, centres, around.steps, beside)
    return np.asarray(empty.all(axis=1, keepdims=True)) if summed else empty


def _pairs(beside: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of neighbours in the box, by direction, and the index of each direction's first pair."""
    directions, first = np.nonzero(beside >= 0)
    starts = np.concatenate([[0], np.bincount(directions, minlength=len(beside)).cumsum()])
    return np.ascontiguousarray(np.stack([first, beside[directions, first]], axis=1)), starts


@compiled
def _without_pairs(
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    steps: NDArray[np.int64],
    beside: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Find the directions without pairs, by centre."""
    empty = np.ones((len(places), len(beside)), np.bool_)
    for centre in range(len(places)):
        for direction in range(len(beside)):
            for voxel in range(len(steps)):
                other = beside[direction, voxel]
                if (
                    other >= 0
                    and levels[places[centre] + steps[voxel]] > 0
                    and levels[places[centre] + steps[other]] > 0
                ):
                    empty[centre, direction] = False
                    break
    return empty


@compiled
def _symmetric_map(
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    steps: NDArray[np.int64],
    pairs: NDArray[np.int64],
    starts: NDArray[np.int64],
    tables: NDArray[np.float64],
    highest: int,
    with_mcc: NDArray[np.bool_],
    values: NDArray[np.float64],
) -> None:
    """Compute values of symmetrical matrices, each direction alone: PyRadiomics' default, the fast case."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    numbers = np.zeros(highest + 1, np.int32)
    histograms = np.zeros((2, 2 * highest + 1))
    most = min(len(steps), highest)
    marks, work = np.empty((3, most), np.int64), np.empty((most + 5, most))
    for centre in range(len(places)):
        number_of_levels = fill_box(levels, places[centre], steps, box, present, numbers)
        symmetric_glcm_of_box(
            box,
            present[:number_of_levels],
            pairs,
            starts,
            tables,
            highest,
            with_mcc[centre],
            histograms,
            marks,
            work,
            values[centre],
        )


@compiled
def _general_map(
    levels: NDArray[np.int32],
    places: NDArray[np.int64],
    steps: NDArray[np.int64],
    beside: NDArray[np.int64],
    weights: NDArray[np.float64],
    highest: int,
    symmetrical: bool,
    empty: NDArray[np.bool_],
    with_mcc: NDArray[np.bool_],
    values: NDArray[np.float64],
) -> None:
    """Compute values of weighted or asymmetrical matrices."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    numbers = np.zeros(highest + 1, np.int32)
    for centre in range(len(places)):
        number_of_levels = fill_box(levels, places[centre], steps, box, present, numbers)
        grey = present[:number_of_levels].astype(np.float64)
        row = values[centre]
        glcm_of_box(box, grey, beside, weights, highest, symmetrical, row[:MCC], empty[centre])
        row[MCC] = np.nan
        if with_mcc[centre]:
            row[MCC] = correlation_of_box(box, number_of_levels, beside, weights, empty[centre], symmetrical)
