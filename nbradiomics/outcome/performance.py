"""How well the models predict, and how often each column entered them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.outcome.bootstrap import bootstrap_weights, percentile_interval
from nbradiomics.outcome.crossvalidation import FoldResult, fold_matrix, risk_matrix
from nbradiomics.outcome.intervals import refit_interval
from nbradiomics.outcome.measures.harrell import repeated_c
from nbradiomics.outcome.models import BLOCKS
from nbradiomics.outcome.schemas import PERFORMANCE, SELECTION
from nbradiomics.outcome.score_table import BOUNDED, GAINS, WITH_INTERVAL, Key, score_table

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.horizons import Horizons
    from nbradiomics.outcome.refits import Refits
    from nbradiomics.outcome.settings import OutcomeSettings


def performance_table(
    data: OutcomeData,
    results: Sequence[FoldResult],
    settings: OutcomeSettings,
    horizons: Horizons,
    refits: Refits | None,
) -> pd.DataFrame:
    """Scores of each model and gains over others, averaged over the repeats, with intervals.

    Parameters
    ----------
    data, results, settings, horizons
        Data, results of the folds, settings, points in time.
    refits
        Scores of bootstrap samples; None for quick intervals of Harrell's C alone.

    Returns
    -------
    pandas.DataFrame
        Columns of `outcome.schemas.PERFORMANCE`; metric by metric, and within it model by model.
    """
    scores = score_table(data.y, results, data.models, horizons)
    samples = {} if refits is None else refits.scores
    quick = {} if refits else _quick_intervals(data, results, settings)
    metrics = list(dict.fromkeys(key[1:] for key in scores))
    rows = []
    for key in sorted(scores, key=lambda key: metrics.index(key[1:])):
        values = scores[key]
        known = values[np.isfinite(values)]
        value = float(known.mean()) if len(known) else np.nan
        limits = quick.get(key, (np.nan, np.nan))
        if key in samples and key[1] in WITH_INTERVAL:
            bounded = key[1] in BOUNDED
            limits = refit_interval(values, samples[key], settings.confidence, bounded=bounded)
        rows.append((*key, value, *limits))
    return PERFORMANCE.table(rows)


def _quick_intervals(
    data: OutcomeData, results: Sequence[FoldResult], settings: OutcomeSettings
) -> dict[Key, tuple[float, float]]:
    """Percentiles of Harrell's C and its gains over bootstrap draws of the predictions, without refitting.

    All models are evaluated on the same draws, and a subject's repeats are drawn together.
    """
    subjects = len(data.y)
    weights = bootstrap_weights(subjects, settings.bootstraps, np.random.default_rng(settings.seed))
    risks = {model: risk_matrix(results, model, subjects) for model in data.models}
    folds = fold_matrix(results, subjects)

    def c(of: np.ndarray) -> np.ndarray:
        return repeated_c(data.y["time"], data.y["event"], of, weights, folds)

    draws: dict[Key, np.ndarray] = {(model, "harrell_c", None): c(risks[model]) for model in data.models}
    for gain, pair in GAINS.items():
        if set(pair) <= set(risks):
            both = np.logical_and(*(np.isfinite(risks[model]) for model in pair))
            ours, theirs = (c(np.where(both, risks[model], np.nan)) for model in pair)
            draws[pair[0], gain, None] = ours - theirs
    return {key: percentile_interval(values, settings.confidence) for key, values in draws.items()}


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
