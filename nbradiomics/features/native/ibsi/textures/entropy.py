"""Entropies of counts.

With p = c / N, - sum p log2 p = log2 N - (sum c log2 c) / N: the logarithms of small counts, which most are,
come from a table.
"""

from __future__ import annotations

import numpy as np

from nbradiomics.execution.compiled import compiled

_SMALL = 1024
_TIMES_LOG2 = np.array([0.0, *(c * np.log2(c) for c in range(1, _SMALL))])


@compiled
def times_log2(count: int) -> float:
    """Compute c log2 c of a whole number, 0 for 0."""
    if count < _SMALL:
        return float(_TIMES_LOG2[count])
    return float(count * np.log2(count))


@compiled
def entropy_of_sum(logarithms: float, N: float, cells: int) -> float:
    """Compute the entropy from sum c log2 c, the sum N of the counts, and the number of cells above 0."""
    # One cell has no entropy; the difference would be a rounding error.
    return float(np.log2(N) - logarithms / N) if cells > 1 else 0.0
