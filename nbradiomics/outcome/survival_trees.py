"""Random survival forests and gradient boosting of a time to an event, by the package scikit-survival."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from nbradiomics.errors import InputError
from nbradiomics.outcome import trees
from nbradiomics.outcome.columns import checked_columns
from nbradiomics.outcome.cox import checked_endpoint
from nbradiomics.outcome.solvers import predicted_survival

if TYPE_CHECKING:
    from typing import Self

    from nbradiomics.outcome.measures.arguments import Floats

#: Expected events below this are one risk: their logarithms would be far from all others.
_LEAST_EVENTS = 1e-3


def require_survival_trees(method: str) -> None:
    """Check that scikit-survival can be loaded. It is not part of this package, because of its licence.

    Raises
    ------
    InputError
        When it cannot.
    """
    try:
        import sksurv.ensemble  # noqa: F401
    except ImportError as error:
        known = isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == "sksurv"
        raise InputError(
            f"the method {method} for a time to an event needs the package scikit-survival, which "
            f"{'is not installed' if known else f'cannot be loaded ({error})'}.",
            'Run: pip install "nbradiomics[forest]" (this package has the licence GPL-3.0-or-later). Or use '
            "the method penalised (Cox regression).",
        ) from error


class SurvivalTrees(BaseEstimator):  # type: ignore[misc]
    """Survival trees of scikit-survival with the fixed settings of `TreeClassifier`; nothing is tuned.

    Parameters
    ----------
    method
        ``random_forest`` (500 trees split by the log-rank statistic, three subjects or more in a leaf) or
        ``gradient_boosting`` of Cox's partial likelihood (200 trees of depth 2, each on 70 % of the subjects
        and the root of the number of columns, step 0.05).
    seed
        Seed of the trees.

    Attributes
    ----------
    importances_ : numpy.ndarray or None
        Of boosting, the share of each column in the decrease of impurity, shape (columns,), with a sum of 1,
        all 0 if nothing was split; None for a forest, which has none.

    Notes
    -----
    Without any column all subjects have the same risk and the same survival.

    References
    ----------
    Ishwaran H et al. Annals of Applied Statistics 2008;2:841 (random survival forests). Ridgeway G. Computing
    Science and Statistics 1999;31:172 (boosting of the partial likelihood).
    """

    def __init__(self, method: Literal["random_forest", "gradient_boosting"], seed: int = 0) -> None:
        self.method = method
        self.seed = seed

    def fit(self, X: Any, y: np.ndarray, groups: Any = None) -> Self:  # noqa: ARG002 - nothing is tuned
        """Fit the model.

        Parameters
        ----------
        X
            Shape (subjects, columns), without missing values.
        y
            Structured array as :func:`survival_array` makes it, shape (subjects,).
        groups
            Not used.

        Raises
        ------
        InputError
            When `y` does not have that form, or no subject had the event.
        """
        values = checked_columns(self, X, reset=True, dtype=np.float64, ensure_min_samples=2)
        self.y_ = checked_endpoint(y, len(values))
        self.model_ = None
        self.importances_ = None if self.method == "random_forest" else np.zeros(values.shape[1])
        if values.shape[1]:
            self.model_ = _build(self.method, self.seed).fit(values, _at_event_times(y))
            if self.importances_ is not None:
                self.importances_ = self.model_.feature_importances_
        return self

    def predict(self, X: Any) -> Floats:
        """Log risk, shape (subjects,): higher is an earlier event.

        Of a forest, the logarithm of its ensemble mortality: the cumulative hazard, added up over the event
        times. If hazards are proportional this is the log hazard and a constant. Of boosting, the log hazard.
        """
        values = self._values(X)
        if self.model_ is None:
            return np.zeros(len(values))
        risk: Floats = self.model_.predict(values)
        return np.log(np.maximum(risk, _LEAST_EVENTS)) if self.method == "random_forest" else risk

    def survival(self, X: Any, times: Floats) -> Floats:
        """Probability of no event until some times, 0 to 1, shape (subjects, times).

        Beyond the last time of the training it stays what it is.
        """
        values = self._values(X)
        if self.model_ is None:
            same = np.zeros(len(self.y_))
            return predicted_survival(self.y_, same, np.zeros(len(values)), times)
        steps = self.model_.predict_survival_function(values, return_array=True)
        steps = np.column_stack([np.ones(len(values)), np.clip(steps, 0, 1)])
        until: Floats = steps[:, np.searchsorted(self.model_.unique_times_, times, side="right")]
        return until

    def _values(self, X: Any) -> np.ndarray:
        check_is_fitted(self, "y_")
        return checked_columns(self, X, reset=False, dtype=np.float64)


def _at_event_times(y: np.ndarray) -> np.ndarray:
    """End each observation without an event at the last event time that it reached.

    The same subjects are at risk at each event, so the trees are the same; their leaves keep fewer times.
    """
    events = np.unique(y["time"][y["event"]])
    same = y.copy()
    same["time"] = np.concatenate([[events[0] / 2], events])[np.searchsorted(events, y["time"], side="right")]
    return same


def _build(method: str, seed: int) -> Any:
    from sksurv.ensemble import GradientBoostingSurvivalAnalysis, RandomSurvivalForest

    if method == "random_forest":
        return RandomSurvivalForest(trees.TREES, min_samples_leaf=trees.LEAF, random_state=seed, n_jobs=1)
    return GradientBoostingSurvivalAnalysis(
        n_estimators=trees.STAGES,
        learning_rate=trees.STEP,
        max_depth=trees.DEPTH,
        subsample=trees.PART,
        max_features="sqrt",
        random_state=seed,
    )
