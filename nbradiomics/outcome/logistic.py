"""Penalised logistic regression as a scikit-learn estimator, for two and for more classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit
from sklearn.utils.validation import check_is_fitted

from nbradiomics.errors import InputError
from nbradiomics.outcome.penalised import PenalisedModel, WithPenalty
from nbradiomics.outcome.solvers import judged_classes, likelihood_of

if TYPE_CHECKING:
    from typing import Self


class PenalisedLogistic(PenalisedModel):
    """Logistic regression of two classes with an elastic-net penalty.

    Parameters and attributes are those of :class:`nbradiomics.outcome.penalised.PenalisedModel`; `coef_` are
    log odds ratios of the positive class. The intercept has no penalty.

    Attributes
    ----------
    intercept_ : float
        Log odds at the mean of the training data.
    """

    kind = "logistic model"

    def fit(self, X: Any, y: np.ndarray, groups: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X
            Shape (subjects, columns), without missing values and constant columns.
        y
            Whether each subject belongs to the positive class, bool, shape (subjects,).
        groups
            Names of the subjects, shape (subjects,), where rows are copies: all rows of a subject are in one
            fold when the penalty is tuned.

        Raises
        ------
        InputError
            When `y` does not have that form, or there is only one class.
        NotConvergedError
            When the fit did not converge with any of the penalties.
        """
        self._fit(X, y, groups)
        eta = self._predictor(X)
        # A single intercept moves all subjects.
        self.intercept_ = float((likelihood_of(y).with_intercept(eta) - eta)[0])
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Log odds of the positive class, shape (subjects,)."""
        check_is_fitted(self, "intercept_")
        return self._predictor(X) + self.intercept_

    def _check(self, y: np.ndarray, subjects: int) -> str:
        if getattr(y, "dtype", None) != np.bool_ or y.shape != (subjects,):
            raise InputError(
                f"the classes of {subjects} subjects are of type {type(y).__name__}.",
                "Give an array of bool: whether each subject belongs to the positive class.",
            )
        if len(np.unique(y)) < 2:
            raise InputError("all subjects are of one class.", "A model needs two classes; use fewer folds.")
        return f"{int(y.sum())} of the positive class"


class OneVsRest:
    """A logistic regression of each class against all others; of two classes, of the second one.

    Attributes
    ----------
    models_ : list of PenalisedLogistic
        One model for two classes, else one for each class.
    """

    def _model(self) -> PenalisedLogistic:
        """Build the unfitted model of one class."""
        raise NotImplementedError

    def fit(self, X: Any, y: np.ndarray, groups: Any = None) -> Self:
        """Fit the models.

        Parameters
        ----------
        X
            Shape (subjects, columns), without missing values and constant columns.
        y
            Classes 0, 1, 2 and so on, shape (subjects,); each must have a subject.
        groups
            As in :meth:`PenalisedLogistic.fit`.
        """
        self.models_ = [
            self._model().fit(X, y == each, groups) for each in judged_classes(range(int(np.max(y)) + 1))
        ]
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class, shape (subjects, classes); those of several models are scaled to 1."""
        check_is_fitted(self, "models_")
        alone = expit(np.stack([model.predict(X) for model in self.models_], axis=1))
        if len(self.models_) == 1:
            return np.hstack([1 - alone, alone])
        shared: np.ndarray = alone / alone.sum(axis=1, keepdims=True)
        return shared


class OneVsRestLogistic(OneVsRest, WithPenalty):
    """Penalised logistic regressions, see :class:`OneVsRest`.

    Parameters
    ----------
    penalizer, l1_ratio, block_penalizers, seed
        As in :class:`PenalisedLogistic`.
    """

    def _model(self) -> PenalisedLogistic:
        return PenalisedLogistic(**self.get_params(deep=False))
