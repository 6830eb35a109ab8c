"""Scores of several models, and what one gains over another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.outcome.measures.arguments import Floats
from nbradiomics.outcome.scores import harrell_of, scores_of

if TYPE_CHECKING:
    from nbradiomics.outcome.crossvalidation import FoldResult
    from nbradiomics.outcome.horizons import Horizons

#: Model, metric, and its horizon if it has one.
Key = tuple[str, str, float | None]
Scores = dict[Key, Floats]

#: Metrics between 0 and 1.
BOUNDED = ("harrell_c", "uno_c", "auc_t", "brier", "ibs")
GAIN = "harrell_c_gain_over_clinical"
GAIN_OVER_VOLUME = "harrell_c_gain_over_volume"
#: Metrics whose intervals were simulated and cover (docs/validation.md); the others have none.
WITH_INTERVAL = ("harrell_c", "auc_t", "brier", GAIN, GAIN_OVER_VOLUME)
#: For each gain, the model that gains and the one with which it is compared.
GAINS = {GAIN: ("combined", "clinical"), GAIN_OVER_VOLUME: ("radiomic", "volume")}


def score_table(
    y: np.ndarray, results: Sequence[FoldResult], models: Sequence[str], horizons: Horizons
) -> Scores:
    """Score each model in each repeat of a cross-validation.

    Parameters
    ----------
    y
        Endpoint of all subjects: structured array with the fields event and time, shape (subjects,).
    results
        Results of the folds of all models and repeats.
    models
        Names of the models.
    horizons
        Points in time.

    Returns
    -------
    dict
        By model, metric and horizon (None where a metric has none): the value in each repeat, shape
        (repeats,). A gain is that of the folds in which both models were fitted.
    """
    rows = []
    for repeat in sorted({result.repeat for result in results}):
        folds = {
            model: [result for result in results if (result.repeat, result.model) == (repeat, model)]
            for model in models
        }
        row: dict[Key, float] = {
            (model, *metric): value
            for model in models
            for metric, value in scores_of(y, folds[model], horizons).items()
        }
        for gain, (ours, theirs) in GAINS.items():
            if ours in folds and theirs in folds:
                row[ours, gain, None] = _gain(y, folds[ours], folds[theirs])
        rows.append(row)
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def _gain(y: np.ndarray, ours: Sequence[FoldResult], theirs: Sequence[FoldResult]) -> float:
    """Gain in Harrell's C in the folds in which both models were fitted."""
    both = [(one, other) for one, other in zip(ours, theirs, strict=True) if not one.failure + other.failure]
    return harrell_of(y, [one for one, _ in both]) - harrell_of(y, [other for _, other in both])
