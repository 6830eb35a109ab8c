"""Two-way analysis of variance of subjects by raters, for many features at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: A spread below this share of the largest absolute rating is rounding, not variation.
SMALLEST_SPREAD = 1e-12


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of subjects, raters, error and "within", shape (features,), and the size of the design."""

    rows: Floats
    columns: Floats
    error: Floats
    within: Floats
    n: Floats
    k: int


def mean_squares(array: Floats, complete: NDArray[np.bool_]) -> MeanSquares:
    """Two-way analysis of variance of the complete subjects; NaN for features without variation."""
    k = array.shape[2]
    n = complete.sum(axis=1).astype(np.float64)
    x, rounding = standardise(array, complete[:, :, np.newaxis])
    row = x.mean(axis=2)
    column = x.sum(axis=1) / n[:, np.newaxis]
    residual = np.where(complete[:, :, np.newaxis], x - row[:, :, np.newaxis] - column[:, np.newaxis, :], 0)
    parts: dict[str, Any] = {
        "rows": k * (row**2).sum(axis=1) / (n - 1),
        "columns": n * (column**2).sum(axis=1) / (k - 1),
        "error": (residual**2).sum(axis=(1, 2)) / ((n - 1) * (k - 1)),
    }
    # Otherwise rounding would decide the quotient of two mean squares that are zero.
    parts = {name: np.where(part <= rounding**2, 0.0, part) for name, part in parts.items()}
    parts = {name: np.where(np.isnan(rounding), np.nan, part) for name, part in parts.items()}
    within = (parts["columns"] + (n - 1) * parts["error"]) / n
    return MeanSquares(**parts, within=within, n=n, k=k)


def standardise(array: Floats, complete: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Centre each feature and divide by its range; missing subjects become 0.

    This does not change the coefficient, and prevents a loss of digits from large offsets and from very small
    or large units.

    Parameters
    ----------
    array
        Shape (features, subjects, raters).
    complete
        Values that count, shape (features, subjects, 1) or that of the array.

    Returns
    -------
    tuple
        Ratings, and the size of their rounding errors: shape (features,), NaN if the ratings vary only by
        rounding.
    """
    axes = (1, 2)
    largest = np.abs(array).max(axis=axes, where=complete, initial=0.0)
    unit = np.where(largest > 0, largest, 1.0)[:, np.newaxis, np.newaxis]
    x = np.where(complete, array, 0.0) / unit
    top = x.max(axis=axes, where=complete, initial=-1.0)
    bottom = x.min(axis=axes, where=complete, initial=1.0)
    spread = top - bottom
    varies = spread > SMALLEST_SPREAD
    spread = np.where(varies, spread, 1.0)[:, np.newaxis, np.newaxis]
    # Subtracting a value of the data first makes the following mean exact to the digits of the spread.
    x = np.where(complete, (x - bottom[:, np.newaxis, np.newaxis]) / spread, 0.0)
    count = np.maximum(complete.sum(axis=axes) * (x.shape[2] // complete.shape[2]), 1)
    x = np.where(complete, x - (x.sum(axis=axes) / count)[:, np.newaxis, np.newaxis], 0.0)
    rounding = 8 * float(np.finfo(np.float64).eps) / spread[:, 0, 0]
    return x, np.where(varies, rounding, np.nan)
