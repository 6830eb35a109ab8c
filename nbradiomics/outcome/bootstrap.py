"""Draws of subjects, and intervals from them."""

from __future__ import annotations

import numpy as np


def bootstrap_weights(subjects: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Number of times that each subject is drawn, with replacement: shape (draws, subjects)."""
    return rng.multinomial(subjects, np.full(subjects, 1 / subjects), size=draws).astype(np.float64)


def percentile_interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """Percentile bootstrap interval; undefined draws are left out; nan, nan if all are undefined."""
    defined = values[np.isfinite(values)]
    if not len(defined):
        return np.nan, np.nan
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
