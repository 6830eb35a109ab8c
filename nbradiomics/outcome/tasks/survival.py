"""The time to an event: Cox models or survival trees, judged by their order and by survival at some times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.outcome.cox import PenalisedCox
from nbradiomics.outcome.firth import FirthCox
from nbradiomics.outcome.fold_result import Fold, FoldResult
from nbradiomics.outcome.horizons import Horizons
from nbradiomics.outcome.measures.arguments import Floats, Observed
from nbradiomics.outcome.sample_size import sample_size_survival
from nbradiomics.outcome.settings import FIRTH, PENALISED
from nbradiomics.outcome.solvers import predicted_survival
from nbradiomics.outcome.survival_trees import SurvivalTrees
from nbradiomics.outcome.tasks.base import Metric, Order, Task, named_coefficients
from nbradiomics.outcome.tasks.survival_scores import metrics_of, scores_of

if TYPE_CHECKING:
    from nbradiomics.outcome.settings import OutcomeSettings


@dataclass(frozen=True)
class Survival(Task):
    """The time to an event; `y` is a structured array with the fields event and time.

    Attributes
    ----------
    horizons
        Points in time at which predictions are judged.
    """

    horizons: Horizons

    order = "harrell_c"
    order_name = "Harrell's C"
    order_short = "C"
    informative = ("event", "events")
    bounded = ("harrell_c", "uno_c", "auc_t", "brier", "ibs")
    with_interval = (
        "harrell_c",
        "auc_t",
        "brier",
        "harrell_c_gain_over_clinical",
        "harrell_c_gain_over_volume",
    )
    with_external_interval = (*with_interval, "uno_c", "ibs", "calibration_slope", "observed_expected")

    @property
    def metrics(self) -> list[Metric]:
        """All metrics, in the order of the tables."""
        return metrics_of(self.horizons)

    @property
    def points(self) -> int:
        """Number of times at which survival is predicted."""
        return len(self.horizons.all)

    def estimator(
        self, settings: OutcomeSettings, block_penalizers: Mapping[str, float]
    ) -> PenalisedCox | SurvivalTrees:
        """Build the unfitted Cox model, forest or boosting."""
        if settings.method == FIRTH:
            return FirthCox()
        if settings.method != PENALISED:
            return SurvivalTrees(settings.method, settings.seed)
        return PenalisedCox(settings.penalizer, settings.l1_ratio, block_penalizers, settings.seed)

    def result(
        self, model: str, fold: Fold, y: np.ndarray, fitted: Any, columns: tuple[pd.DataFrame, pd.DataFrame]
    ) -> FoldResult:
        """Predict risk, risk group and survival of the held-out subjects."""
        known, unknown = columns
        of_training, risk, survival = self.predictions(fitted, y[fold.train], known, unknown)
        cutoff = float(np.median(of_training))
        return FoldResult(
            model,
            fold.repeat,
            fold.fold,
            fold.train,
            fold.test,
            risk,
            (risk > cutoff).astype(np.intp),
            survival,
            named_coefficients(self.coefficients(fitted), known.columns),
            cutoff=cutoff,
            **_penalties(fitted),
        )

    def coefficients(self, fitted: Any) -> dict[str, Floats]:
        """Log hazard ratios by part of the model, or the importances of boosting; a forest has none."""
        if not isinstance(fitted, SurvivalTrees):
            return {"": fitted.coef_}
        return {} if fitted.importances_ is None else {"": fitted.importances_}

    def predictions(
        self, fitted: Any, y: np.ndarray, known: pd.DataFrame, unknown: pd.DataFrame
    ) -> tuple[Floats, Floats, Floats]:
        """Predict the risks of the training subjects, those of the others, and their survival.

        Returns
        -------
        tuple of numpy.ndarray
            Log partial hazards of both, and probabilities of no event until the points in time, shape
            (held out, points).
        """
        of_training, risk = fitted.predict(known), fitted.predict(unknown)
        if isinstance(fitted, SurvivalTrees):
            return of_training, risk, fitted.survival(unknown, self.horizons.all)
        return of_training, risk, predicted_survival(y, of_training, risk, self.horizons.all)

    def scores(self, y: np.ndarray, folds: Sequence[FoldResult]) -> dict[Metric, float]:
        """Score the folds of one model in one repeat; see `survival_scores.scores_of`."""
        return scores_of(y, folds, self.horizons)

    def orders(self, y: np.ndarray) -> list[Order]:
        """Order subjects by their times."""
        return [(Observed.of_outcome(y), 0)]

    def informative_in(self, y: np.ndarray) -> int:
        """Count the events."""
        return int(y["event"].sum())

    def needed(self, y: np.ndarray, candidates: int) -> int:
        """Number of subjects that a model of some candidate columns needs."""
        follow_up = float(y["time"].mean())
        return sample_size_survival(candidates, y["event"].sum() / y["time"].sum(), follow_up).subjects

    def exact_interval(self, *_: Any) -> None:
        """No metric is a plain share of subjects."""

    def ranking(self, result: FoldResult) -> Floats:
        """Log partial hazards, shape (held out, 1)."""
        return result.risk[:, None]


def _penalties(fitted: PenalisedCox | SurvivalTrees) -> dict[str, Any]:
    if isinstance(fitted, SurvivalTrees):
        return {}
    return {"retries": fitted.retries_, "penalizer": fitted.strength_, "l1_ratio": fitted.l1_ratio_}
