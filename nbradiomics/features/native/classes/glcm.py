"""Grey level co-occurrence matrix (GLCM): features of a region.

As in PyRadiomics the features are computed for each direction and averaged; if a norm weights the directions,
they are computed once from the weighted sum of the matrices.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.glcm_correlation import maximal_correlations
from nbradiomics.features.native.classes.glcm_formulas import (
    FORMULAS,
    GAIN,
    IMC2,
    glcm_formulas,
    marginals,
)
from nbradiomics.features.native.classes.glcm_matrix import Cooccurrence, cooccurrences, direction_weights
from nbradiomics.features.native.classes.glcm_rounding import (
    correlation,
    informational_correlation,
    laid_out,
    maximal_correlation,
)
from nbradiomics.features.native.classes.pair_cells import PairCells
from nbradiomics.features.native.levels.ranks import RankedRegion

#: All features, PyRadiomics' names.
FEATURES = (*FORMULAS, "MCC")
#: Index of the MCC, the maximal correlation coefficient.
MCC = FEATURES.index("MCC")
#: HXY2 - HXY and squared correlations below which PyRadiomics' values depend on rounding.
_ROUNDING = 1e-12
#: Cells of all matrices up to which these cases are computed with PyRadiomics' sums (134 MB, of which
#: PyRadiomics needs a multiple), and up to which its eigenproblem, which can take minutes, is computed too.
_DENSE, _DENSE_EIGEN = 16_777_216, 2_000_000


def glcm_features(
    region: RankedRegion,
    steps: NDArray[np.int64],
    counted: list[PairCells],
    *,
    symmetrical: bool = True,
    norm: str | None = None,
    wanted: Collection[str] = FEATURES,
) -> dict[str, float]:
    """Compute the features of the co-occurrence matrices.

    Parameters
    ----------
    region
        The region, ranked.
    steps
        Offsets (z, y, x) of the directions, shape (directions, 3).
    counted
        Pairs along each direction, from `glcm_matrix.count_cells`.
    symmetrical
        The pairs were counted in both orders.
    norm
        None: a matrix for each direction that has pairs. Any text: one matrix, see
        `glcm_matrix.direction_weights`.
    wanted
        The maximal correlation coefficient (MCC), the only slow feature, is left out unless it is in here.

    Returns
    -------
    `FEATURES`; all NaN if no voxel has a neighbour, except that, as in PyRadiomics, MCC is 1 for a single
    grey level with several directions, and InverseVariance 0 for grey level 1 alone with one direction or a
    norm
    """
    weights = direction_weights(steps, region.spacing, norm)
    matrices = cooccurrences(counted, weights, len(region.present), symmetrical=symmetrical)
    directions = len(steps) if weights is None else 1
    single = len(region.present) == 1
    if not matrices:
        values = dict.fromkeys(FEATURES, np.nan)
        values["MCC"] = 1.0 if single and directions > 1 else np.nan
        if directions == 1 and region.highest == 1:
            # A sum without any difference of levels: 0 in PyRadiomics.
            values["InverseVariance"] = 0.0
        return values
    sides = [
        marginals(matrix.rows, matrix.columns, matrix.shares, len(region.present), symmetrical)
        for matrix in matrices
    ]
    each = np.array(
        [
            glcm_formulas(
                matrix.rows, matrix.columns, matrix.shares, *side, region.present, region.highest, symmetrical
            )
            for matrix, side in zip(matrices, sides, strict=True)
        ]
    )
    values = _over_directions(each)
    if "MCC" in wanted:
        correlations = np.ones(1) if single else maximal_correlations(matrices, sides)
        values["MCC"] = float(correlations.mean())
    else:
        correlations = np.ones(1)
    if min(np.abs(each[:, GAIN]).min(), (correlations**2).min()) < _ROUNDING and not single:
        values |= _at_rounding(region, matrices, directions, norm is not None)
    return {name: values[name] for name in FEATURES if name in values}


def _over_directions(each: NDArray[np.float64]) -> dict[str, float]:
    """Average each formula over the directions; NaN roots of numbers negative by rounding are left out."""
    values = dict(zip(FORMULAS, each[:, : len(FORMULAS)].mean(axis=0).tolist(), strict=True))
    roots = each[:, IMC2]
    if np.isnan(roots).any() and not np.isnan(roots).all():
        values["Imc2"] = float(np.nanmean(roots))
    return values


def _at_rounding(
    region: RankedRegion, matrices: list[Cooccurrence], directions: int, weighted: bool
) -> dict[str, float]:
    """Compute the values that depend on rounding, unless the matrices are too large to be stored in full."""
    levels = len(region.present)
    cells = len(matrices) * levels**2
    if cells > _DENSE:
        return {}
    stack = laid_out(
        matrices,
        levels,
        absent=region.highest - levels,
        empty=directions - len(matrices),
        weighted=weighted,
    )
    values = {
        "Imc2": informational_correlation(stack),
        "Correlation": correlation(stack, region.present),
    }
    if cells <= _DENSE_EIGEN:
        values["MCC"] = maximal_correlation(stack)
    return values
