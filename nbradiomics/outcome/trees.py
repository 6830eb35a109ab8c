"""Random forests and gradient boosting of classes, as estimators with the form of the penalised models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from nbradiomics.outcome.columns import checked_columns

if TYPE_CHECKING:
    from typing import Self

TREES = 500
#: Small steps of small trees on parts of the subjects: cohorts have a hundred subjects, not thousands.
STAGES, STEP, DEPTH, PART = 200, 0.05, 2, 0.7
#: Fewest subjects in a leaf of a forest: probabilities of single subjects would be too extreme.
LEAF = 3


class TreeClassifier(BaseEstimator):  # type: ignore[misc]
    """Trees of scikit-learn with fixed settings for small cohorts; nothing is tuned.

    Parameters
    ----------
    method
        ``random_forest`` (500 trees, three subjects or more in a leaf) or ``gradient_boosting`` (200 trees of
        depth 2, each on 70 % of the subjects and the root of the number of columns, step 0.05).
    seed
        Seed of the trees.

    Attributes
    ----------
    importances_ : numpy.ndarray
        Share of each column in the decrease of impurity, shape (columns,), with a sum of 1; all 0 if nothing
        was split.

    Notes
    -----
    Without any column the probabilities are the shares of the classes: a model without information.
    """

    def __init__(self, method: Literal["random_forest", "gradient_boosting"], seed: int = 0) -> None:
        self.method = method
        self.seed = seed

    def fit(self, X: Any, y: np.ndarray, groups: Any = None) -> Self:  # noqa: ARG002 - nothing is tuned
        """Fit the model to `X`, shape (subjects, columns), and the classes 0, 1 ..., shape (subjects,)."""
        values = checked_columns(self, X, reset=True, dtype=np.float64, ensure_min_samples=2)
        self.shares_ = np.bincount(y) / len(y)
        self.importances_ = np.zeros(values.shape[1])
        self.model_ = None
        if values.shape[1]:
            self.model_ = _build(self.method, self.seed).fit(values, y)
            self.importances_ = self.model_.feature_importances_
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class, shape (subjects, classes)."""
        check_is_fitted(self, "shares_")
        values = checked_columns(self, X, reset=False, dtype=np.float64)
        if self.model_ is None:
            return np.tile(self.shares_, (len(values), 1))
        probabilities: np.ndarray = self.model_.predict_proba(values)
        return probabilities


def _build(method: str, seed: int) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier  # a second to load

    if method == "random_forest":
        return RandomForestClassifier(TREES, min_samples_leaf=LEAF, random_state=seed, n_jobs=1)
    return GradientBoostingClassifier(
        n_estimators=STAGES,
        learning_rate=STEP,
        max_depth=DEPTH,
        subsample=PART,
        max_features="sqrt",
        random_state=seed,
    )
