"""Neighbouring grey tone difference matrix: how far voxels stand out from their surroundings.

For each grey level i: n_i voxels, p_i = n_i / N, and s_i, the sum over them of the absolute difference
between i and the mean level of their neighbours (Amadasun and King, IEEE Trans Systems, Man, and Cybernetics
1989). As in PyRadiomics a voxel without neighbours counts in n_i and adds nothing to s_i.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.neighbourhood import Neighbourhoods
from nbradiomics.features.native.compiled import compiled
from nbradiomics.features.native.levels.ranks import RankedRegion

#: What `ngtdm_formulas` returns, in its order: PyRadiomics' names.
FEATURES = ("Busyness", "Coarseness", "Complexity", "Contrast", "Strength")
#: Coarseness of a region in which no voxel differs from its neighbours: PyRadiomics' choice.
_FLAT = 1e6


def ngtdm_features(region: RankedRegion, found: Neighbourhoods) -> dict[str, float]:
    """Features of the tone difference matrix.

    Parameters
    ----------
    region
        The region, ranked.
    found
        Its neighbourhoods.
    """
    voxels = found.dependences.sum(axis=1).astype(np.float64)
    values = ngtdm_formulas(voxels, found.differences, region.present)
    return dict(zip(FEATURES, values.tolist(), strict=True))


@compiled
def ngtdm_formulas(
    voxels: NDArray[np.float64], differences: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values of `FEATURES` from n_i, s_i and i.

    Sums run over the levels with p_i > 0, of which there are G; pairs are taken in both orders:

    - Busyness: sum p_i s_i / sum |i p_i - j p_j|, 0 where the divisor is 0.
    - Coarseness: 1 / sum p_i s_i, 10^6 where that is 0.
    - Complexity: sum |i - j| (p_i s_i + p_j s_j) / (p_i + p_j) / N.
    - Contrast: sum p_i p_j (i - j)^2 / (G (G - 1)) times sum s_i / N, 0 for one level.
    - Strength: sum (p_i + p_j) (i - j)^2 / sum s_i, 0 where that is 0.
    """
    total = voxels.sum()
    rates = voxels / total
    coarse = (rates * differences).sum()
    different = differences.sum()
    occurring = busy = complexity = contrast = strength = 0.0
    for i in range(len(levels)):
        if voxels[i] == 0.0:
            continue
        occurring += 1.0
        for j in range(i):
            if voxels[j] == 0.0:
                continue
            apart = abs(levels[i] - levels[j])
            both = rates[i] + rates[j]
            busy += 2.0 * abs(levels[i] * rates[i] - levels[j] * rates[j])
            complexity += 2.0 * apart * (rates[i] * differences[i] + rates[j] * differences[j]) / both
            contrast += 2.0 * rates[i] * rates[j] * apart * apart
            strength += 2.0 * both * apart * apart
    values = np.zeros(5)
    if busy != 0.0:
        values[0] = coarse / busy
    values[1] = 1.0 / coarse if coarse != 0.0 else _FLAT
    values[2] = complexity / total
    if occurring > 1.0:
        values[3] = contrast * different / total / (occurring * (occurring - 1.0))
    if different != 0.0:
        values[4] = strength / different
    return values
