"""The time to an event that another event can prevent: cause-specific Cox models, judged by incidences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.outcome.cause_specific import CauseSpecificCox
from nbradiomics.outcome.fold_result import FoldResult
from nbradiomics.outcome.measures.arguments import Floats
from nbradiomics.outcome.tasks.base import Metric
from nbradiomics.outcome.tasks.survival import Survival

if TYPE_CHECKING:
    from nbradiomics.outcome.settings import OutcomeSettings

#: Name of the part of a model that predicts the competing event.
COMPETING = "competing event"
#: Incidences are kept this far from 0 and 1, where their transformation ends.
_EDGE = 1e-12


@dataclass(frozen=True)
class CompetingRisks(Survival):
    """The time to an event with competing events; `y` has the field competing beside event and time.

    The predicted probabilities are those of no event, 1 - cumulative incidence. Subjects are ordered by their
    incidence at the end of the horizons: the hazard of the event alone does not say who will have it. There
    is no calibration slope, which is one of hazards.
    """

    @property
    def metrics(self) -> list[Metric]:
        """All metrics, in the order of the tables."""
        return [metric for metric in super().metrics if metric[0] != "calibration_slope"]

    def estimator(self, settings: OutcomeSettings, block_penalizers: Mapping[str, float]) -> CauseSpecificCox:
        """Build the two unfitted Cox models."""
        return CauseSpecificCox(settings.penalizer, settings.l1_ratio, block_penalizers, settings.seed)

    def predictions(
        self,
        fitted: Any,
        y: np.ndarray,  # noqa: ARG002 - the fitted model keeps its baseline hazards
        known: pd.DataFrame,
        unknown: pd.DataFrame,
    ) -> tuple[Floats, Floats, Floats]:
        """Predict risks, log(-log(1 - incidence)) at the end, and the probability of no event."""
        end = np.array([self.horizons.end])
        of_training, risk = (
            _log_cumulative(fitted.incidence(columns, end)[:, 0]) for columns in (known, unknown)
        )
        return of_training, risk, 1 - fitted.incidence(unknown, self.horizons.all)

    def coefficients(self, fitted: Any) -> dict[str, Floats]:
        """Log hazard ratios of the event, and of the competing one."""
        return {"": fitted.coef_, COMPETING: fitted.competing_coef_}

    def scores(self, y: np.ndarray, folds: Sequence[FoldResult]) -> dict[Metric, float]:
        """Score the folds of one model in one repeat; see `survival_scores.scores_of`."""
        scores = super().scores(y, folds)
        return {metric: scores[metric] for metric in self.metrics}


def _log_cumulative(incidence: Floats) -> Floats:
    """Return log(-log(1 - incidence)), on which scale a proportional effect is a shift."""
    inside = np.clip(incidence, _EDGE, 1 - _EDGE)
    risk: Floats = np.log(-np.log1p(-inside))
    return risk
