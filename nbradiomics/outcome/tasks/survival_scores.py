"""How good the predictions of a model for held-out subjects are, in one repeat of a cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nbradiomics.errors import InputError
from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.horizons import Horizons
from nbradiomics.outcome.measures import (
    brier_score,
    calibration_slope,
    integrated_brier_score,
    observed_expected_ratio,
)
from nbradiomics.outcome.measures.arguments import Floats, Observed
from nbradiomics.outcome.measures.dynamic_auc import auc_pairs
from nbradiomics.outcome.measures.harrell import harrell_pairs
from nbradiomics.outcome.measures.uno import uno_pairs
from nbradiomics.outcome.tasks.base import Metric


def metrics_of(horizons: Horizons) -> list[Metric]:
    """List the metrics of a survival endpoint, in the order of the tables."""
    whole: list[Metric] = [("harrell_c", None), ("uno_c", horizons.end)]
    at_times: list[Metric] = [(name, time) for name in ("auc_t", "brier") for time in horizons.times]
    in_the_large: list[Metric] = [("observed_expected", time) for time in horizons.times]
    return [*whole, *at_times, ("ibs", horizons.end), ("calibration_slope", None), *in_the_large]


def scores_of(y: np.ndarray, folds: Sequence[FoldResult], horizons: Horizons) -> dict[Metric, float]:
    """Score the folds of one model in one repeat.

    Orders (Harrell's C, Uno's C, ROC area) are judged among the held-out subjects of the same fold, who were
    predicted by the same model, and added up over the folds: the expected value is that of one model on new
    subjects. Censoring weights come from the training subjects of each fold. Folds in which the model failed
    do not count.

    Parameters
    ----------
    y
        Endpoint of all subjects: structured array with the fields event and time, shape (subjects,).
    folds
        Results of the folds.
    horizons
        Points in time.

    Returns
    -------
    dict
        Value of each of `metrics_of`; nan where it is undefined.
    """
    parts = [_Part.of(y, fold, horizons.all) for fold in folds if not fold.failure]
    if not parts:
        return dict.fromkeys(metrics_of(horizons), np.nan)
    everybody = _joined(y, parts, folds)
    seen = everybody.unseen
    at: dict[str, Callable[[float], float]] = {
        "harrell_c": lambda _: _ratio(parts, lambda part: harrell_pairs(part.unseen, part.risk)),
        "uno_c": lambda end: _ratio(parts, lambda part: uno_pairs(part.unseen, part.risk, end, part.train)),
        "auc_t": lambda time: _ratio(parts, lambda part: auc_pairs(part.unseen, part.risk, time, part.train)),
        "brier": lambda time: _mean(parts, lambda part: part.brier((time,))),
        "ibs": lambda _: _mean(parts, lambda part: part.brier(horizons.grid)),
        "calibration_slope": lambda _: calibration_slope(seen.time, seen.event, everybody.risk),
        "observed_expected": lambda time: observed_expected_ratio(
            seen.time, seen.event, everybody.survival_at((time,))[:, 0], time, seen.competing
        ),
    }
    return {(name, time): at[name](np.nan if time is None else time) for name, time in metrics_of(horizons)}


@dataclass(frozen=True)
class _Part:
    """Held-out subjects with their predictions, and the training subjects."""

    unseen: Observed
    risk: Floats
    survival: Floats
    times: Floats
    train: Observed

    @classmethod
    def of(cls, y: np.ndarray, fold: FoldResult, times: Floats) -> _Part:
        held_out, train = (Observed.of_outcome(y[part]) for part in (fold.test, fold.train))
        return cls(held_out, fold.risk, fold.predicted, times, train)

    def survival_at(self, times: Sequence[float]) -> Floats:
        return self.survival[:, np.searchsorted(self.times, times)]

    def brier(self, times: Sequence[float]) -> float:
        """Brier score at a time, or its integral over several."""
        seen, train = self.unseen, (self.train.time, ~self.train.censored)
        known = (seen.time, seen.event, self.survival_at(times), times, train, seen.competing)
        return float(brier_score(*known)[0]) if len(times) == 1 else integrated_brier_score(*known)


def _ratio(parts: Sequence[_Part], pairs: Callable[[_Part], tuple[float, float]]) -> float:
    """Add up the pairs in the right order over all folds, and divide by all pairs."""
    try:
        right, every = np.sum([pairs(part) for part in parts], axis=0)
    except InputError:  # the censoring of a fold is unknown at a time that counts
        return float("nan")
    return float(right / every) if every else float("nan")


def _mean(parts: Sequence[_Part], loss: Callable[[_Part], float]) -> float:
    """Average the loss over the subjects of all folds."""
    try:
        sums = [loss(part) * len(part.risk) for part in parts]
    except InputError:
        return float("nan")
    return float(np.sum(sums) / sum(len(part.risk) for part in parts))


def _joined(y: np.ndarray, parts: Sequence[_Part], folds: Sequence[FoldResult]) -> _Part:
    """Held-out subjects of all folds; there is no training part."""
    unseen = Observed.of_outcome(y[np.concatenate([fold.test for fold in folds if not fold.failure])])
    risk = np.concatenate([part.risk for part in parts])
    survival = np.concatenate([part.survival for part in parts])
    return _Part(unseen, risk, survival, parts[0].times, Observed(np.empty(0), np.empty(0, dtype=bool)))
