"""Grey level run length matrix: the lengths of runs of one grey level.

A run is a sequence of neighbouring voxels of one grey level along a direction; the matrix of a direction
counts the runs by grey level and length (Galloway, Computer Graphics and Image Processing 1975). As in
PyRadiomics the features are computed for each of the 13 directions and averaged, or, if a norm weights the
directions, computed once from the weighted sum of the matrices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.classes.length_formulas import FORMULAS, length_formulas, occupied
from nbradiomics.features.native.classes.neighbours import lengths
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
    region: RankedRegion, steps: NDArray[np.int64], counted: list[NDArray[np.int32]], norm: str | None = None
) -> dict[str, float]:
    """Compute the features of the run length matrices.

    Parameters
    ----------
    region
        The region, ranked.
    steps
        Offsets (z, y, x) of the directions, shape (directions, 3).
    counted
        Runs along each direction, from `along.look_along`.
    norm
        Weights of the directions (see `neighbours.lengths`): any text sums their matrices, with weight 1 for
        an unknown norm; None averages the features of the directions.

    Returns
    -------
    `FEATURES`; NaN if no line of any direction has two voxels of the region, except that, as in PyRadiomics,
    RunEntropy and RunVariance are then 0 with one direction or a norm
    """
    matrices = [_on_lines(region, step, runs) for step, runs in zip(steps, counted, strict=True)]
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


def _on_lines(region: RankedRegion, step: NDArray[np.int64], runs: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the runs of a direction; as in PyRadiomics none if no line along it has two voxels."""
    longest = runs.shape[1] - 1
    if longest == 1 and not _shares_a_line(region.levels, region.margin, step):
        return np.zeros_like(runs)
    return runs


def _weighted_sum(matrices: list[NDArray[np.int32]], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.zeros((matrices[0].shape[0], max(matrix.shape[1] for matrix in matrices)))
    for matrix, weight in zip(matrices, weights, strict=True):
        total[:, : matrix.shape[1]] += weight * matrix
    return total


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
