"""Grey level dependence matrix: the number of neighbours with a similar grey level.

The matrix counts the voxels by grey level and by one plus the number of neighbours whose grey level differs
by no more than alpha (Sun and Wee, Computer Vision, Graphics, and Image Processing 1983).
"""

from __future__ import annotations

import numpy as np

from nbradiomics.features.native.classes.length_formulas import FORMULAS, length_formulas
from nbradiomics.features.native.classes.neighbourhood import Neighbourhoods
from nbradiomics.features.native.levels.ranks import RankedRegion

#: PyRadiomics' name of each feature, and its formula. PyRadiomics does not use two of the formulas.
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


def gldm_features(region: RankedRegion, counted: Neighbourhoods) -> dict[str, float]:
    """Compute the features of the dependence matrix.

    Parameters
    ----------
    region
        The region, ranked.
    counted
        Its neighbourhoods.
    """
    columns = np.flatnonzero(counted.dependences.any(axis=0))
    counts = np.ascontiguousarray(counted.dependences[:, columns], dtype=np.float64)
    values = length_formulas(counts, region.present, (columns + 1).astype(np.float64))
    by_formula = dict(zip(FORMULAS, values.tolist(), strict=True))
    return {name: by_formula[formula] for name, formula in FEATURES.items()}
