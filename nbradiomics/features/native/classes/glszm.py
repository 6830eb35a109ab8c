"""Grey level size zone matrix: the sizes of connected zones of one grey level.

A zone is a set of connected voxels of one grey level; the matrix counts the zones by grey level and number of
voxels (Thibault et al., Pattern Recognition and Image Analysis 2009; IEEE Trans Biomed Eng 2014). Voxels
connect through faces, edges and corners: 26 neighbours, or 8 within slices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.along import Zones
from nbradiomics.features.native.classes.length_formulas import FORMULAS, length_formulas
from nbradiomics.features.native.levels.ranks import RankedRegion

#: PyRadiomics' name of each feature, and its formula.
FEATURES = {
    "GrayLevelNonUniformity": "level_nonuniform",
    "GrayLevelNonUniformityNormalized": "level_nonuniform_normalised",
    "GrayLevelVariance": "level_variance",
    "HighGrayLevelZoneEmphasis": "high",
    "LargeAreaEmphasis": "long",
    "LargeAreaHighGrayLevelEmphasis": "long_high",
    "LargeAreaLowGrayLevelEmphasis": "long_low",
    "LowGrayLevelZoneEmphasis": "low",
    "SizeZoneNonUniformity": "length_nonuniform",
    "SizeZoneNonUniformityNormalized": "length_nonuniform_normalised",
    "SmallAreaEmphasis": "short",
    "SmallAreaHighGrayLevelEmphasis": "short_high",
    "SmallAreaLowGrayLevelEmphasis": "short_low",
    "ZoneEntropy": "entropy",
    "ZonePercentage": "percentage",
    "ZoneVariance": "length_variance",
}


def glszm_features(region: RankedRegion, zones: Zones) -> dict[str, float]:
    """Compute the features of the size zone matrix.

    Parameters
    ----------
    region
        The region, ranked.
    zones
        Its zones.
    """
    counts, areas = _matrix(zones.ranks, zones.sizes, len(region.present))
    values = length_formulas(counts, region.present, areas)
    by_formula = dict(zip(FORMULAS, values.tolist(), strict=True))
    return {name: by_formula[formula] for name, formula in FEATURES.items()}


def _matrix(
    ranks: NDArray[np.int32], sizes: NDArray[np.int32], levels: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count zones by level and size, shape (levels, sizes that occur), and return these sizes too."""
    occurring = np.flatnonzero(np.bincount(sizes))
    column_of = np.zeros(occurring[-1] + 1, np.int64)
    column_of[occurring] = np.arange(len(occurring))
    cells = (ranks.astype(np.int64) - 1) * len(occurring) + column_of[sizes]
    counts = np.bincount(cells, minlength=levels * len(occurring)).astype(np.float64)
    return counts.reshape(levels, len(occurring)), occurring.astype(np.float64)
