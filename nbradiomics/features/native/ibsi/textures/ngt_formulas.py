"""Features of the neighbourhood grey tone difference matrix.

For each grey level i: n_i voxels that have a neighbour, p_i = n_i / N with N their sum, and s_i, the sum over
them of the absolute difference between i and the mean level of their neighbours (Amadasun and King, IEEE
Trans Systems, Man, and Cybernetics 1989; Zwanenburg et al., IBSI reference manual, section 3.10). G is the
number of levels with n_i > 0; sums over two levels run over both orders.

===========  =====================================================
coarseness   1 / sum p_i s_i, at most 10^6
contrast     sum p_i p_j (i - j)^2 / (G (G - 1)) times sum s_i / N, 0 if G = 1
busyness     sum p_i s_i / sum |i p_i - j p_j|, 0 if G = 1, undefined if otherwise the divisor is 0
complexity   sum |i - j| (p_i s_i + p_j s_j) / (p_i + p_j) / N
strength     sum (p_i + p_j) (i - j)^2 / sum s_i, 0 if that divisor is 0
===========  =====================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.ibsi_names.textures import TEXTURE_FAMILIES

_NAMES = TEXTURE_FAMILIES["ngt"]
COARSENESS = _NAMES.index("coarseness")
CONTRAST = _NAMES.index("contrast")
BUSYNESS = _NAMES.index("busyness")
COMPLEXITY = _NAMES.index("complexity")
STRENGTH = _NAMES.index("strength")
_VALUES = len(_NAMES)
#: Coarseness of a region in which no voxel differs from its neighbours: the standard's choice.
_COARSEST = 1e6


@compiled
def ngt_formulas(
    n: NDArray[np.int64], s: NDArray[np.float64], levels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Compute the features of the family ngt in their order.

    Parameters
    ----------
    n, s
        n_i and s_i of the levels with n_i > 0.
    levels
        These grey levels.

    Returns
    -------
    array of shape (5,); all NaN if there is no level
    """
    values = np.zeros(_VALUES)
    if len(levels) == 0:
        values[:] = np.nan
        return values
    N = float(n.sum())
    G = float(len(levels))
    sum_ps = (n * s).sum() / N
    sum_s = s.sum()
    # Whole numbers: i p_i and j p_j may be equal, and a rounded difference would not be 0.
    differences = np.int64(0)
    complexity = contrast = strength = 0.0
    for row in range(len(levels)):
        i, n_i, ns_i = levels[row], n[row], n[row] * s[row]
        for other in range(row):
            apart = float(i - levels[other])
            n_j = n[other]
            differences += abs(i * n_i - levels[other] * n_j)
            complexity += apart * (ns_i + n_j * s[other]) / float(n_i + n_j)
            contrast += float(n_i) * n_j * apart * apart
            strength += float(n_i + n_j) * apart * apart
    values[COARSENESS] = min(1.0 / sum_ps, _COARSEST) if sum_ps > 0.0 else _COARSEST
    if G > 1.0:
        values[CONTRAST] = 2.0 * contrast / N / N / (G * (G - 1.0)) * sum_s / N
        values[BUSYNESS] = sum_ps * N / (2.0 * differences) if differences > 0 else np.nan
    values[COMPLEXITY] = 2.0 * complexity / N
    if sum_s > 0.0:
        values[STRENGTH] = 2.0 * strength / N / sum_s
    return values
