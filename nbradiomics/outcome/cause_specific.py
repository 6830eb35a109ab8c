"""A Cox model of an event and one of its competing event: the probability of the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nbradiomics.outcome.cox import PenalisedCox
from nbradiomics.outcome.solvers import Hazard, predicted_incidence, survival_array

if TYPE_CHECKING:
    from typing import Self

    from nbradiomics.outcome.measures.arguments import Floats

#: Fewest competing events of a model of their own; with less their hazard is the same for all subjects.
FEWEST_COMPETING = 10


class CauseSpecificCox(PenalisedCox):
    """Cox models of the cause-specific hazards of an event and of the competing event.

    Each treats the other event as the end of the observation; both have the same columns, and each a penalty
    of its own if that is tuned. Parameters and attributes are those of
    :class:`nbradiomics.outcome.cox.PenalisedCox`; the attributes describe the model of the event.

    Attributes
    ----------
    competing_ : PenalisedCox
        Model of the competing event; without columns if the training subjects had fewer than ten.
    """

    def fit(self, X: pd.DataFrame, y: np.ndarray, groups: Any = None) -> Self:
        """Fit both models; `y` has the fields event, time and competing."""
        super().fit(X, y, groups)
        other = survival_array(y["time"], y["competing"])
        self.columns_ = list(X.columns) if other["event"].sum() >= FEWEST_COMPETING else []
        self.competing_ = PenalisedCox(self.penalizer, self.l1_ratio, self.block_penalizers, self.seed)
        if self.columns_:
            self.competing_.fit(X, other, groups)
        self.hazard_ = Hazard.of(y, self.predict(X))
        self.competing_hazard_ = Hazard.of(other, self._competing(X))
        return self

    def incidence(self, X: pd.DataFrame, times: Floats) -> Floats:
        """Probability of the event until some times, shape (subjects, times)."""
        own, competing = (self.hazard_, self.predict(X)), (self.competing_hazard_, self._competing(X))
        return predicted_incidence(own, competing, times)

    @property
    def competing_coef_(self) -> Floats:
        """Log hazard ratios of the competing event, shape (columns,); 0 without a model of its own."""
        return self.competing_.coef_ if self.columns_ else np.zeros(len(self.coef_))

    def _competing(self, X: pd.DataFrame) -> Floats:
        return self.competing_.predict(X) if self.columns_ else np.zeros(len(X))
