"""Grey level run length matrix: the lengths of runs of one grey level.

A run is a sequence of neighbouring voxels of one grey level along a direction; the matrix of a direction
counts the runs by grey level and length (Galloway, Computer Graphics and Image Processing 1975). As in
PyRadiomics the features are computed for each of the 13 directions and averaged, or, if a norm weights the
directions, computed once from the weighted sum of the matrices.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.execution.pieces import WORTH, in_parts
from nbradiomics.features.native.classes.length_formulas import FORMULAS, length_formulas, occupied
from nbradiomics.features.native.classes.neighbours import lengths, offsets
from nbradiomics.features.native.levels.ranks import RankedRegion

#: PyRadiomics' name of each feature, and its formula.
FEATURES = {
    "GrayLevelNonUniformity": "level_nonuniform",
    "GrayLevelNonUniformityNormalized": "level_nonuniform_normalised",
    "GrayLevelVariance": "level_variance",
    "HighGrayLevelRunEmphasis": "high",
    "LongRunEmphasis": "long",
    "LongRunHighGrayLevelEmphasis": "long_high",
    "LongRunLowGrayLevelEmphasis": "long_low",
    "LowGrayLevelRunEmphasis": "low",
    "RunEntropy": "entropy",
    "RunLengthNonUniformity": "length_nonuniform",
    "RunLengthNonUniformityNormalized": "length_nonuniform_normalised",
    "RunPercentage": "percentage",
    "RunVariance": "length_variance",
    "ShortRunEmphasis": "short",
    "ShortRunHighGrayLevelEmphasis": "short_high",
    "ShortRunLowGrayLevelEmphasis": "short_low",
}


def glrlm_features(
    region: RankedRegion, *, plane: int | None = None, norm: str | None = None
) -> dict[str, float]:
    """Compute the features of the run length matrices.

    Parameters
    ----------
    region
        The region, ranked.
    plane
        Axis across the slices, if runs must lie within slices; None for three dimensions.
    norm
        Weights of the directions (see `neighbours.lengths`): any text sums their matrices, with weight 1 for
        an unknown norm; None averages the features of the directions.

    Returns
    -------
    `FEATURES`; NaN if no line of any direction has two voxels of the region, except that, as in PyRadiomics,
    RunEntropy and RunVariance are then 0 with one direction or a norm
    """
    steps = offsets(region.shape, both_ways=False, plane=plane)
    matrices = in_parts(partial(_matrices, region), steps, worth=len(region.places) > WORTH)
    if norm is not None:
        weights = lengths(steps, region.spacing, norm)
        summed = _weighted_sum(matrices, np.ones(len(steps)) if weights is None else weights)
        values = length_formulas(*occupied_levels(region, summed))
    else:
        kept = [matrix for matrix in matrices if len(steps) == 1 or matrix.any()]
        each = [length_formulas(*occupied_levels(region, matrix)) for matrix in kept]
        values = np.mean(each, axis=0) if each else np.full(len(FORMULAS), np.nan)
    by_formula = dict(zip(FORMULAS, values.tolist(), strict=True))
    if not any(matrix.any() for matrix in matrices) and (norm is not None or len(steps) == 1):
        # Sums without any run.
        by_formula |= {"entropy": 0.0, "length_variance": 0.0}
    return {name: by_formula[formula] for name, formula in FEATURES.items()}


def occupied_levels(
    region: RankedRegion, counts: NDArray[np.int32] | NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return counts, grey levels and lengths for `length_formulas`."""
    matrix, run_lengths = occupied(counts)
    return matrix, region.present, run_lengths


def _matrices(region: RankedRegion, steps: NDArray[np.int64]) -> list[NDArray[np.int32]]:
    """Count a matrix per direction, shape (levels, longest run + 1); all 0 if no line has two voxels."""
    ranks = region.ranks.ravel()
    so_far = np.zeros(ranks.size, np.int32)
    matrices = []
    for step, stride in zip(steps, region.strides(steps), strict=True):
        reached = np.zeros((2, len(region.present) + 1, max(region.shape) + 2), np.int32)
        _count_reached(ranks, region.places, stride, so_far, reached)
        counts, longest = _ending(reached)
        if longest == 1 and not _shares_a_line(region.levels, region.margin, step):
            counts[:] = 0
        matrices.append(counts[:, : longest + 1])
    return matrices


def _weighted_sum(matrices: list[NDArray[np.int32]], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.zeros((matrices[0].shape[0], max(matrix.shape[1] for matrix in matrices)))
    for matrix, weight in zip(matrices, weights, strict=True):
        total[:, : matrix.shape[1]] += weight * matrix
    return total


@compiled
def _count_reached(
    ranks: NDArray[np.int32],
    places: NDArray[np.uint64],
    stride: np.uint64,
    so_far: NDArray[np.int32],
    reached: NDArray[np.int32],
) -> None:
    """Count how many runs along one direction reach each length.

    Parameters
    ----------
    ranks, places, stride
        Ranks, indices and stride of the padded region; `stride` leads to a later voxel.
    so_far
        Output: length of the run up to each voxel.
    reached
        Output: zeros of shape (2, ranks + 1, lengths + 1); the sum of both parts is the count. Neighbours use
        the two parts in turn, because similar voxels would wait for each other at the same counter.
    """
    width = np.uint64(reached.shape[2])
    even, odd = reached[0].ravel(), reached[1].ravel()
    for i in range(len(places)):
        place = places[np.uint64(i)]
        rank = ranks[place]
        before = place - stride
        # Without a branch, which the processor could not predict.
        length = so_far[before] * np.int32(ranks[before] == rank) + np.int32(1)
        so_far[place] = length
        cell = np.uint64(rank) * width + np.uint64(length)
        if i % 2:
            odd[cell] += 1
        else:
            even[cell] += 1


@compiled
def _ending(reached: NDArray[np.int32]) -> tuple[NDArray[np.int32], int]:
    """Return runs by level and length, and the longest: runs that reach a length minus longer runs."""
    levels, lengths = reached.shape[1] - 1, reached.shape[2] - 1
    counts = np.zeros((levels, lengths), np.int32)
    longest = 0
    for level in range(levels):
        longer = 0
        for length in range(lengths - 1, 0, -1):
            reaching = reached[0, level + 1, length] + reached[1, level + 1, length]
            counts[level, length] = reaching - longer
            longer = reaching
            if reaching > 0:
                longest = max(longest, length)
    return counts, longest


@compiled
def _shares_a_line(levels: NDArray[np.int32], margin: int, step: NDArray[np.int64]) -> bool:
    """Whether two voxels of the region lie on one line along `step`, with any voxels between them."""
    depth = levels.shape[0] - 2 * margin
    height = levels.shape[1] - 2 * margin
    width = levels.shape[2] - 2 * margin
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                if levels[z + margin, y + margin, x + margin] == 0:
                    continue
                at_z, at_y, at_x = z + step[0], y + step[1], x + step[2]
                while 0 <= at_z < depth and 0 <= at_y < height and 0 <= at_x < width:
                    if levels[at_z + margin, at_y + margin, at_x + margin] != 0:
                        return True
                    at_z, at_y, at_x = at_z + step[0], at_y + step[1], at_x + step[2]
    return False
