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
    residual = x - row[:, :, np.newaxis]
    residual -= column[:, np.newaxis, :]
    if not complete.all():
        residual = np.where(complete[:, :, np.newaxis], residual, 0.0)
    parts: dict[str, Any] = {
        "rows": k * (row**2).sum(axis=1) / (n - 1),
        "columns": n * (column**2).sum(axis=1) / (k - 1),
        "error": np.einsum("fnk,fnk->f", residual, residual) / ((n - 1) * (k - 1)),
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
    gaps = None if complete.all() else complete
    x = array if gaps is None else np.where(gaps, array, 0.0)
    top, bottom = _extremes(x, gaps)
    largest = np.maximum(np.abs(top), np.abs(bottom))
    unit = np.where(largest > 0, largest, 1.0)
    spread = top / unit - bottom / unit
    varies = spread > SMALLEST_SPREAD
    spread = np.where(varies, spread, 1.0)
    # Subtracting a value of the data first makes the following mean exact to the digits of the spread.
    x = x - bottom[:, np.newaxis, np.newaxis]
    x /= (unit * spread)[:, np.newaxis, np.newaxis]
    count = np.maximum(complete.sum(axis=axes) * (x.shape[2] // complete.shape[2]), 1)
    x = x if gaps is None else np.where(gaps, x, 0.0)
    x -= (x.sum(axis=axes) / count)[:, np.newaxis, np.newaxis]
    x = x if gaps is None else np.where(gaps, x, 0.0)
    rounding = 8 * float(np.finfo(np.float64).eps) / spread
    return x, np.where(varies, rounding, np.nan)


def _extremes(x: Floats, gaps: NDArray[np.bool_] | None) -> tuple[Floats, Floats]:
    """Return the largest and the smallest value of each feature; 0 for a feature without values."""
    if x.shape[1] == 0:
        return np.zeros(len(x)), np.zeros(len(x))
    if gaps is None:
        return x.max(axis=2).max(axis=1), x.min(axis=2).min(axis=1)
    some = gaps.any(axis=(1, 2))
    top = x.max(axis=(1, 2), where=gaps, initial=-np.inf)
    bottom = x.min(axis=(1, 2), where=gaps, initial=np.inf)
    return np.where(some, top, 0.0), np.where(some, bottom, 0.0)
