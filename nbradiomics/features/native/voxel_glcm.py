"""Maps of the co-occurrence features: each voxel's value comes from the pairs inside the box around it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.compiled import compiled
from nbradiomics.features.native.glcm_formulas import FORMULAS
from nbradiomics.features.native.neighbours import lengths, offsets
from nbradiomics.features.native.textures import TextureSettings
from nbradiomics.features.native.voxel_glcm_general import correlation_of_box, glcm_of_box
from nbradiomics.features.native.voxel_glcm_symmetric import logarithms, symmetric_glcm_of_box
from nbradiomics.features.native.voxel_kernel import Kernel, Neighbourhood, batch_starts, chunks, fill_box

_MCC = len(FORMULAS)


def glcm_maps(
    levels: NDArray[np.int32],
    centres: NDArray[np.int64],
    box: Kernel,
    settings: TextureSettings,
    spacing: tuple[float, float, float],
    *,
    initial: float,
    batch: int,
    correlation: bool,
    advance: Callable[[], None],
) -> dict[str, NDArray[np.float64]]:
    """Co-occurrence features of the boxes around voxels; parameters as in `voxel_textures.voxel_features`.

    Which of a box's directions have pairs is found first: where boxes of one batch differ in that,
    PyRadiomics gives no JointAverage and no MCC, and the MCC, which takes longest, need not be computed.
    """
    steps = offsets(levels.shape, settings.distances, both_ways=False, plane=settings.plane)
    weights = np.empty(0)
    if settings.weighting_norm is not None:
        reach = lengths(steps, spacing, settings.weighting_norm)
        weights = np.ones(len(steps)) if reach is None else np.exp(-(reach**2))
    beside = box.beside(steps)
    around = Neighbourhood.of(levels, centres, box)
    empty = _without_pairs(around.levels, around.places, around.steps, beside)
    if len(weights):
        empty = np.asarray(empty.all(axis=1, keepdims=True))
    single = len(np.unique(levels[levels > 0])) == 1
    lacking, spoilt, used = _by_batch(empty, batch)
    asked = np.asarray(~spoilt & used & (correlation and not single))
    values = np.empty((len(centres), _MCC + 1))
    plain = settings.symmetrical and not len(weights)
    pairs, starts = _pairs(beside)
    tables = logarithms(2 * int(np.diff(starts).max()))
    for part in chunks(len(centres)):
        places, needed, found = around.places[part], asked[part], values[part]
        if plain:
            _symmetric_map(
                around.levels, places, around.steps, pairs, starts, tables, around.highest, needed, found
            )
        else:
            _general_map(
                around.levels,
                places,
                around.steps,
                beside,
                weights,
                around.highest,
                settings.symmetrical,
                empty[part],
                needed,
                found,
            )
        advance()
    maps = dict(zip((*FORMULAS, "MCC"), values.T, strict=True))
    maps["JointAverage"][lacking] = np.nan
    if levels.max() == 1:
        maps["InverseVariance"][used] = 0.0
    if single:
        maps["MCC"][:] = 1.0
    maps["MCC"][spoilt] = initial
    return maps


def _by_batch(
    empty: NDArray[np.bool_], batch: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """What the directions without pairs, shape (voxels, directions), mean for each voxel.

    PyRadiomics drops the directions in which no box of a batch has pairs, unless there is but one matrix.

    Returns
    -------
    Whether the voxel has no pairs in a direction that is kept; whether any of its batch has none so; whether
    the batch keeps a direction.
    """
    starts = batch_starts(len(empty), batch)
    number = np.repeat(np.arange(len(starts)), np.diff([*starts, len(empty)]))
    dropped = np.logical_and.reduceat(empty, starts, axis=0) & (empty.shape[1] > 1)
    lacking = (empty & ~dropped[number]).any(axis=1)
    return lacking, np.logical_or.reduceat(lacking, starts)[number], ~dropped.all(axis=1)[number]


def _pairs(beside: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of neighbours in the box, direction after direction, and where each direction starts."""
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
    """Which directions have no pairs, by centre."""
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
    asked: NDArray[np.bool_],
    values: NDArray[np.float64],
) -> None:
    """Values of symmetrical matrices, each direction by itself: PyRadiomics' default, and the fast one."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    numbers = np.zeros(highest + 1, np.int32)
    histograms = np.zeros((2, 2 * highest + 1))
    most = min(len(steps), highest)
    marks, work = np.empty((3, most), np.int64), np.empty((most + 5, most))
    for centre in range(len(places)):
        found = fill_box(levels, places[centre], steps, box, present, numbers)
        symmetric_glcm_of_box(
            box,
            present[:found],
            pairs,
            starts,
            tables,
            highest,
            asked[centre],
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
    asked: NDArray[np.bool_],
    values: NDArray[np.float64],
) -> None:
    """Values of weighted or asymmetrical matrices."""
    box = np.empty(len(steps), np.int32)
    present = np.empty(len(steps), np.int32)
    numbers = np.zeros(highest + 1, np.int32)
    for centre in range(len(places)):
        found = fill_box(levels, places[centre], steps, box, present, numbers)
        grey = present[:found].astype(np.float64)
        row = values[centre]
        glcm_of_box(box, grey, beside, weights, highest, symmetrical, row[: len(row) - 1], empty[centre])
        row[len(row) - 1] = np.nan
        if asked[centre]:
            row[len(row) - 1] = correlation_of_box(box, found, beside, weights, empty[centre], symmetrical)
