"""What penalised Cox and logistic regression share: tuning of the penalty, retries, columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from nbradiomics.errors import NbradiomicsError
from nbradiomics.outcome.columns import checked_columns
from nbradiomics.outcome.solvers import (
    LARGEST_COEFFICIENT,
    NoMaximumError,
    Penalty,
    fit_path,
    training_folds,
    tune,
)

if TYPE_CHECKING:
    from typing import Self

RETRIES = 3
RETRY_FACTOR = 10.0
SMALLEST_RETRY = 0.01
TUNED: Literal["tuned"] = "tuned"
#: Folds among the training subjects in which a penalty is tuned.
TUNING_FOLDS = 5
#: What a tuned `l1_ratio` is chosen from: many weak features, or a few that matter.
MIXTURES = (0.0, 0.5)


class NotConvergedError(NbradiomicsError):
    """A model could not be fitted: it has too many columns, or did not converge."""


class WithPenalty(BaseEstimator):  # type: ignore[misc]
    """Base of estimators with a penalty; the parameters are those of `PenalisedModel`."""

    def __init__(
        self,
        penalizer: float | Literal["tuned"] = 0.1,
        l1_ratio: float | Literal["tuned"] = 0.0,
        block_penalizers: Mapping[str, float] | None = None,
        seed: int = 0,
    ) -> None:
        self.penalizer = penalizer
        self.l1_ratio = l1_ratio
        self.block_penalizers = block_penalizers
        self.seed = seed


class PenalisedModel(WithPenalty):
    """A regression with an elastic-net penalty, fitted by `nbradiomics.outcome.solvers`.

    The columns are standardised before they are penalised, so the penalty treats all columns equally.

    Parameters
    ----------
    penalizer
        Strength of the penalty per subject, 0 or more; or ``"tuned"``: the strength of a path with the
        largest likelihood in a cross-validation among the subjects that `fit` is given.
    l1_ratio
        0 is ridge, 1 is lasso; or ``"tuned"``: `MIXTURES` are tried in the same way.
    block_penalizers
        Fixed strengths for the columns of named blocks, always a ridge penalty: these columns stay in the
        model. The block of a column is the part of its name before ``__``.
    seed
        Seed of the folds in which the penalty is tuned.

    Attributes
    ----------
    coef_ : numpy.ndarray
        Coefficient per unit of each column, shape (columns,).
    mean_ : numpy.ndarray
        Mean of each column in the training data, shape (columns,): the point where they add 0.
    penalizers_ : numpy.ndarray
        The penalty of each column that was used, shape (columns,).
    strength_ : float
        The penalty of columns without a fixed one, as given or tuned; nan if there is no such column.
    l1_ratio_ : float
        The kind of their penalty, as given or tuned; nan if there is no such column.
    retries_ : int
        Number of times that the penalties were raised: if the fit does not converge, all become ten times
        as large (at least 0.01), at most three times. A coefficient above 5 per standard deviation
        counts as no convergence: then the data are separated and the maximum lies at infinity.
    """

    #: Name of the model in messages.
    kind: ClassVar[str]

    def _check(self, y: np.ndarray, subjects: int) -> str:
        """Check the outcome, and return in words how much it says."""
        raise NotImplementedError

    def _fit(self, X: Any, y: np.ndarray, groups: Any) -> Self:
        values = checked_columns(self, X, reset=True, dtype=np.float64, ensure_min_samples=2)
        outcome = self._check(y, len(values))
        self.mean_ = values.mean(axis=0)
        self.retries_, self.strength_, self.l1_ratio_ = 0, np.nan, np.nan
        self.coef_ = np.zeros(values.shape[1])
        self.penalizers_ = np.zeros(values.shape[1])
        if values.shape[1]:
            self._maximise(values, y, groups, outcome)
        return self

    def _predictor(self, X: Any) -> np.ndarray:
        """Return ``(x - mean_) . coef_``, shape (subjects,)."""
        check_is_fitted(self, "coef_")
        values = checked_columns(self, X, reset=False, dtype=np.float64)
        predictor: np.ndarray = (values - self.mean_) @ self.coef_
        return predictor

    def _maximise(self, values: np.ndarray, y: np.ndarray, groups: Any, outcome: str) -> None:
        fixed = self._fixed_penalties(values.shape[1])
        free = np.isnan(fixed)
        tuning = TUNED in (self.penalizer, self.l1_ratio) and bool(free.any())
        mixtures = MIXTURES if self.l1_ratio == TUNED else (float(self.l1_ratio),)
        strength = np.nan if self.penalizer == TUNED else float(self.penalizer)
        causes: list[str] = []
        for self.retries_ in range(RETRIES + 1):
            kinds = [
                Penalty.elastic_net(free.astype(float), mixture, np.where(free, 0, fixed))
                for mixture in mixtures
            ]
            try:
                if tuning:
                    given = None if np.isnan(strength) else np.array([strength])
                    folds = training_folds(y, TUNING_FOLDS, self.seed, groups)
                    tuned = tune(values, y, kinds, folds, strengths=given)
                    strength, coefficients = float(tuned.strengths[tuned.chosen]), tuned.coefficients
                    mixtures, tuning = (mixtures[tuned.kind],), False
                else:
                    (coefficients,) = fit_path(values, y, kinds[0], np.array([np.nan_to_num(strength)]))
                cause = _unusable(coefficients, values)
            except NoMaximumError as error:
                cause = str(error)
            self.penalizers_ = np.where(free, np.nan_to_num(strength), fixed)
            if free.any():
                self.strength_, self.l1_ratio_ = strength, mixtures[0]
            if not cause:
                self.coef_ = coefficients
                return
            causes.append(f"penalizer {self.penalizers_.max():g}: {cause}")
            if not np.isnan(strength):
                strength = max(RETRY_FACTOR * strength, SMALLEST_RETRY)
            fixed = np.maximum(RETRY_FACTOR * fixed, SMALLEST_RETRY)
        raise NotConvergedError(
            f"the {self.kind} did not converge with {values.shape[1]} columns, {len(values)} subjects and "
            f"{outcome} ({'; '.join(causes)}).",
            "Raise the penalizer, lower the correlation limit or name fewer covariates.",
        )

    def _fixed_penalties(self, columns: int) -> np.ndarray:
        """Return the fixed ridge penalty of each column, missing (nan) where the penalty is `penalizer`."""
        blocks = self.block_penalizers or {}
        names = getattr(self, "feature_names_in_", [""] * columns)
        strengths = [blocks.get(str(name).partition("__")[0], np.nan) for name in names]
        return np.array(strengths, dtype=np.float64)


def _unusable(coefficients: np.ndarray, values: np.ndarray) -> str:
    """Return why coefficients are no solution; empty if they are one."""
    if not np.isfinite(coefficients).all():
        return "coefficients are not finite"
    if np.abs(coefficients * values.std(axis=0)).max() > LARGEST_COEFFICIENT:
        return f"a coefficient per standard deviation exceeds {LARGEST_COEFFICIENT:g}"
    return ""
