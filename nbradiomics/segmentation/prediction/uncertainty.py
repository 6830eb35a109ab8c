"""Uncertainty of a model: the agreement of its folds, and the entropy of its probability."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

#: A mean pairwise Dice of the folds below this value leads to a warning.
LOW_AGREEMENT = 0.8

Mask = npt.NDArray[np.bool_]


def mean_pairwise_dice(masks: Sequence[Mask]) -> float | None:
    """Mean of the Dice coefficients of all pairs; ``None`` for fewer than two masks."""
    pairs = list(combinations(masks, 2))
    return float(np.mean([_dice(first, second) for first, second in pairs])) if pairs else None


def _dice(first: Mask, second: Mask) -> float:
    size = int(first.sum()) + int(second.sum())
    return 2.0 * int((first & second).sum()) / size if size else 1.0


def variation(volumes: Sequence[float]) -> float | None:
    """Coefficient of variation; ``None`` for fewer than two volumes, or if all are zero."""
    if len(volumes) < 2 or not any(volumes):
        return None
    return float(np.std(volumes, ddof=1) / np.mean(volumes))


def binary_entropy(probability: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Entropy of each probability in bits: 0 for the probabilities 0 and 1, 1 for one half."""
    from scipy.special import entr

    nats = entr(probability) + entr(1 - probability)
    return np.asarray(nats / np.log(np.float32(2)), dtype=np.float32)
