"""From out-of-fold risks and coefficients to the tables of performance and selection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.outcome.bootstrap import bootstrap_weights, percentile_interval
from nbradiomics.outcome.crossvalidation import FoldResult, risk_matrix
from nbradiomics.outcome.measures.harrell import repeated_c
from nbradiomics.outcome.models import BLOCKS
from nbradiomics.outcome.schemas import PERFORMANCE, SELECTION

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings

GAIN = "harrell_c_gain_over_clinical"
GAIN_OVER_VOLUME = "harrell_c_gain_over_volume"
#: For each gain, the model that gains and the one with which it is compared.
GAINS = {GAIN: ("combined", "clinical"), GAIN_OVER_VOLUME: ("radiomic", "volume")}


def performance_table(
    data: OutcomeData, results: Sequence[FoldResult], settings: OutcomeSettings
) -> pd.DataFrame:
    """Harrell's C of each model and the gains of some over others, with bootstrap intervals.

    All models are evaluated on the same bootstrap draws, and a subject's repeats are drawn together. The
    gain is computed from the predictions that both models made.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.schemas.PERFORMANCE`.
    """
    subjects = len(data.y)
    draws = bootstrap_weights(subjects, settings.bootstraps, np.random.default_rng(settings.seed))
    weights = np.vstack([np.ones((1, subjects)), draws])
    risks = {model: risk_matrix(results, model, subjects) for model in data.models}
    rows = [
        _row(model, "harrell_c", _c(data, risks[model], weights), settings.confidence)
        for model in data.models
    ]
    for gain, pair in GAINS.items():
        if not set(pair) <= set(risks):
            continue
        both = np.logical_and(*(np.isfinite(risks[model]) for model in pair))
        ours, theirs = (_c(data, np.where(both, risks[model], np.nan), weights) for model in pair)
        rows.append(_row(pair[0], gain, ours - theirs, settings.confidence))
    return PERFORMANCE.table(rows)


def selection_table(data: OutcomeData, results: Sequence[FoldResult]) -> pd.DataFrame:
    """How often each column entered the Cox model, and its mean coefficient.

    A column has entered when it passed the filters of the fold and its log hazard ratio is not 0, as it may
    be with a lasso or an elastic net. Folds in which the model failed do not count.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.schemas.SELECTION`, in order of decreasing frequency.
    """
    parts = []
    for model in data.models:
        fitted = [result.coefficients for result in results if result.model == model and not result.failure]
        # The levels of categories are known from the folds.
        blocks = [block for block in BLOCKS[model] if block != "categorical"]
        known = [name for block in blocks for name in data.blocks[block]]
        names = dict.fromkeys([*known, *(name for series in fitted for name in series.index)])
        matrix = pd.DataFrame(dict(enumerate(fitted)), index=list(names))
        matrix = matrix.astype("float64").where(matrix != 0)
        table = pd.DataFrame(
            {
                "model": model,
                "feature": list(names),
                "frequency": matrix.notna().mean(axis=1).to_numpy(),
                "coefficient": matrix.mean(axis=1).to_numpy(),
            }
        )
        parts.append(table.sort_values("frequency", ascending=False, kind="stable"))
    return SELECTION.table(pd.concat(parts, ignore_index=True))


def _c(data: OutcomeData, risks: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return repeated_c(data.y["time"], data.y["event"], risks, weights)


def _row(
    model: str, metric: str, values: np.ndarray, confidence: float
) -> tuple[str, str, float, float, float]:
    """Row of a table; the first value is that of all subjects, the others are bootstrap draws."""
    low, high = percentile_interval(values[1:], confidence)
    return model, metric, float(values[0]), low, high
