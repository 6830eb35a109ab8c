"""Grey level dependence matrix: how many of its neighbours a voxel resembles.

The matrix counts the voxels by grey level and by one plus the number of neighbours whose grey level differs
by no more than alpha (Sun and Wee, Computer Vision, Graphics, and Image Processing 1983).
"""

from __future__ import annotations

import numpy as np

from nbradiomics.features.native.classes.length_formulas import FORMULAS, length_formulas
from nbradiomics.features.native.classes.neighbourhood import Neighbourhoods
from nbradiomics.features.native.levels.ranks import RankedRegion

#: PyRadiomics' name of each feature and the formula behind it. Two of the formulas it does not use.
FEATURES = {
    "DependenceEntropy": "entropy",
    "DependenceNonUniformity": "length_nonuniform",
    "DependenceNonUniformityNormalized": "length_nonuniform_normalised",
    "DependenceVariance": "length_variance",
    "GrayLevelNonUniformity": "level_nonuniform",
    "GrayLevelVariance": "level_variance",
    "HighGrayLevelEmphasis": "high",
    "LargeDependenceEmphasis": "long",
    "LargeDependenceHighGrayLevelEmphasis": "long_high",
    "LargeDependenceLowGrayLevelEmphasis": "long_low",
    "LowGrayLevelEmphasis": "low",
    "SmallDependenceEmphasis": "short",
    "SmallDependenceHighGrayLevelEmphasis": "short_high",
    "SmallDependenceLowGrayLevelEmphasis": "short_low",
}


def gldm_features(region: RankedRegion, found: Neighbourhoods) -> dict[str, float]:
    """Features of the dependence matrix.

    Parameters
    ----------
    region
        The region, ranked.
    found
        Its neighbourhoods.
    """
    columns = np.flatnonzero(found.dependences.any(axis=0))
    counts = np.ascontiguousarray(found.dependences[:, columns], dtype=np.float64)
    values = length_formulas(counts, region.present, (columns + 1).astype(np.float64))
    by_formula = dict(zip(FORMULAS, values.tolist(), strict=True))
    return {name: by_formula[formula] for name, formula in FEATURES.items()}
