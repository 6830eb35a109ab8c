"""Neighbouring grey tone difference matrix: how much voxels differ from their surroundings.

For each grey level i: n_i voxels, p_i = n_i / N, and s_i, the sum over them of the absolute difference
between i and the mean level of their neighbours (Amadasun and King, IEEE Trans Systems, Man, and Cybernetics
1989). As in PyRadiomics a voxel without neighbours is counted in n_i and adds 0 to s_i.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.classes.neighbourhood import Neighbourhoods
from nbradiomics.features.native.levels.ranks import RankedRegion

#: PyRadiomics' names of the values that `ngtdm_formulas` returns, in its order.
FEATURES = ("Busyness", "Coarseness", "Complexity", "Contrast", "Strength")
#: Index of each value; Numba treats these numbers as constants.
BUSYNESS = FEATURES.index("Busyness")
COARSENESS = FEATURES.index("Coarseness")
COMPLEXITY = FEATURES.index("Complexity")
CONTRAST = FEATURES.index("Contrast")
STRENGTH = FEATURES.index("Strength")
_VALUES = len(FEATURES)
#: Coarseness of a region in which no voxel differs from its neighbours: PyRadiomics' choice.
_FLAT = 1e6


def ngtdm_features(region: RankedRegion, counted: Neighbourhoods) -> dict[str, float]:
    """Compute the features of the tone difference matrix.

    Parameters
    ----------
    region
        The region, ranked.
    counted
        Its neighbourhoods.
    """
    voxels = counted.dependences.sum(axis=1).astype(np.float64)
    values = ngtdm_formulas(voxels, counted.differences, region.present)
    return dict(zip(FEATURES, values.tolist(), strict=True))


@compiled
def ngtdm_formulas(
    n: NDArray[np.float64], s: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the values of `FEATURES` from n_i, s_i and the grey levels i.

    Sums run over the G levels with p_i > 0, and over pairs in both orders:

    - Busyness: sum p_i s_i / sum |i p_i - j p_j|, 0 if the divisor is 0.
    - Coarseness: 1 / sum p_i s_i, 10^6 if that sum is 0.
    - Complexity: sum |i - j| (p_i s_i + p_j s_j) / (p_i + p_j) / N.
    - Contrast: sum p_i p_j (i - j)^2 / (G (G - 1)) times sum s_i / N, 0 for one level.
    - Strength: sum (p_i + p_j) (i - j)^2 / sum s_i, 0 if that divisor is 0.
    """
    N = n.sum()
    p = n / N
    sum_ps = (p * s).sum()
    sum_s = s.sum()
    G = differences = complexity = contrast = strength = 0.0
    for row in range(len(levels)):
        if n[row] == 0.0:
            continue
        G += 1.0
        i, p_i, s_i = levels[row], p[row], s[row]
        for other in range(row):
            if n[other] == 0.0:
                continue
            j, p_j, s_j = levels[other], p[other], s[other]
            apart = abs(i - j)
            differences += 2.0 * abs(i * p_i - j * p_j)
            complexity += 2.0 * apart * (p_i * s_i + p_j * s_j) / (p_i + p_j)
            contrast += 2.0 * p_i * p_j * apart * apart
            strength += 2.0 * (p_i + p_j) * apart * apart
    values = np.zeros(_VALUES)
    if differences != 0.0:
        values[BUSYNESS] = sum_ps / differences
    values[COARSENESS] = 1.0 / sum_ps if sum_ps != 0.0 else _FLAT
    values[COMPLEXITY] = complexity / N
    if G > 1.0:
        values[CONTRAST] = contrast * sum_s / N / (G * (G - 1.0))
    if sum_s != 0.0:
        values[STRENGTH] = strength / sum_s
    return values
