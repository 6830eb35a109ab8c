"""Penalised Cox regression as a scikit-learn estimator."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.outcome.columns import checked_columns
from nbradiomics.outcome.solvers import LARGEST_COEFFICIENT, NoMaximumError, fit_ridge

if TYPE_CHECKING:
    from typing import Self

RETRIES = 3
RETRY_FACTOR = 10.0
SMALLEST_RETRY = 0.01


class NotConvergedError(NbradiomicsError):
    """A Cox model did not converge, not even with larger penalties."""


def survival_array(time: npt.ArrayLike, event: npt.ArrayLike) -> np.ndarray:
    """Structured array of an endpoint, in the form that scikit-survival uses.

    Parameters
    ----------
    time
        Times, shape (subjects,), above 0.
    event
        True or 1 if the event happened, shape (subjects,).

    Returns
    -------
    numpy.ndarray
        Shape (subjects,), fields ``event`` (bool) and ``time`` (float64).
    """
    times = np.asarray(time, dtype=np.float64)
    y = np.empty(times.shape, dtype=[("event", np.bool_), ("time", np.float64)])
    y["event"], y["time"] = np.asarray(event).astype(bool), times
    return y


class PenalisedCox(BaseEstimator):  # type: ignore[misc]
    """Cox proportional hazards with an elastic-net penalty, ties by Efron's method.

    The columns are standardised before they are penalised, so the penalty treats all columns equally. A ridge
    model is fitted by `nbradiomics.outcome.solvers`, lasso and elastic net by lifelines.

    Parameters
    ----------
    penalizer
        Strength of the penalty per subject, 0 or more.
    l1_ratio
        0 is ridge, 1 is lasso.
    block_penalizers
        Other strengths for the columns of named blocks; the block of a column is the part of its name
        before ``__``.

    Attributes
    ----------
    coef_ : numpy.ndarray
        Log hazard ratio per unit of each column, shape (columns,).
    mean_ : numpy.ndarray
        Mean of each column in the training data, shape (columns,): the point of log partial hazard 0.
    penalizers_ : numpy.ndarray
        The penalty of each column that was used, shape (columns,).
    retries_ : int
        Number of times that the penalties were raised: if the fit does not converge, all become ten times
        as large (at least 0.01), at most three times. A log hazard ratio above 5 per standard deviation
        counts as no convergence: then the data are separated and the maximum lies at infinity.

    Notes
    -----
    Without any column the risk is the constant 0: a model without information, C = 0.5.
    """

    def __init__(
        self,
        penalizer: float = 0.1,
        l1_ratio: float = 0.0,
        block_penalizers: Mapping[str, float] | None = None,
    ) -> None:
        self.penalizer = penalizer
        self.l1_ratio = l1_ratio
        self.block_penalizers = block_penalizers

    def fit(self, X: Any, y: np.ndarray) -> Self:
        """Fit the model.

        Parameters
        ----------
        X
            Shape (subjects, columns), without missing values and constant columns.
        y
            Structured array as :func:`survival_array` makes it, shape (subjects,).

        Raises
        ------
        InputError
            When `y` does not have that form, or no subject had the event.
        NotConvergedError
            When the fit did not converge with any of the penalties.
        """
        values = checked_columns(self, X, reset=True, dtype=np.float64, ensure_min_samples=2)
        _check_endpoint(y, len(values))
        self.mean_ = values.mean(axis=0)
        self.penalizers_ = self._penalizers(values.shape[1])
        self.retries_ = 0
        self.coef_ = np.zeros(values.shape[1])
        if values.shape[1]:
            self._fit_with_retries(values, y)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Log partial hazard ``(x - mean_) . coef_``, shape (subjects,): higher is an earlier event."""
        check_is_fitted(self, "coef_")
        values = checked_columns(self, X, reset=False, dtype=np.float64)
        risk: np.ndarray = (values - self.mean_) @ self.coef_
        return risk

    def _fit_with_retries(self, values: np.ndarray, y: np.ndarray) -> None:
        causes: list[str] = []
        for self.retries_ in range(RETRIES + 1):
            coefficients, cause = _fit_once(values, y, self.penalizers_, self.l1_ratio)
            if coefficients is not None:
                self.coef_ = coefficients
                return
            causes.append(f"penalizer {self.penalizers_.max():g}: {cause}")
            self.penalizers_ = np.maximum(RETRY_FACTOR * self.penalizers_, SMALLEST_RETRY)
        raise NotConvergedError(
            f"the Cox model did not converge with {values.shape[1]} columns, {len(values)} subjects and "
            f"{int(y['event'].sum())} events ({'; '.join(causes)}).",
            "Raise the penalizer, lower the correlation limit or name fewer covariates.",
        )

    def _penalizers(self, columns: int) -> np.ndarray:
        blocks = self.block_penalizers or {}
        names = getattr(self, "feature_names_in_", [""] * columns)
        strengths = [blocks.get(str(name).partition("__")[0], self.penalizer) for name in names]
        return np.array(strengths, dtype=np.float64)


def _check_endpoint(y: np.ndarray, subjects: int) -> None:
    names = getattr(getattr(y, "dtype", None), "names", None)
    if names is None or set(names) != {"event", "time"} or len(y) != subjects:
        raise InputError(
            f"the endpoint of {subjects} subjects is of type {type(y).__name__} with fields {names}.",
            "Give a structured array with the fields event and time, as survival_array makes it.",
        )
    if not y["event"].any():
        raise InputError("no subject had the event.", "A Cox model needs events; use fewer folds.")


def _fit_once(
    values: np.ndarray, y: np.ndarray, penalizers: np.ndarray, l1_ratio: float
) -> tuple[np.ndarray | None, str]:
    """Coefficients, or None and the reason why there are none."""
    try:
        if l1_ratio:
            coefficients = _fit_elastic_net(values, y, penalizers, l1_ratio)
        else:
            coefficients = fit_ridge(values, y, penalizers)
    except NoMaximumError as error:
        return None, str(error)
    if not np.isfinite(coefficients).all():
        return None, "coefficients are not finite"
    if np.abs(coefficients * values.std(axis=0)).max() > LARGEST_COEFFICIENT:
        return None, f"a log hazard ratio per standard deviation exceeds {LARGEST_COEFFICIENT:g}"
    return coefficients, ""


def _fit_elastic_net(
    values: np.ndarray, y: np.ndarray, penalizers: np.ndarray, l1_ratio: float
) -> np.ndarray:
    """Fit by lifelines, which has the lasso and the elastic net."""
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError, ConvergenceWarning

    table = pd.DataFrame(values, columns=[f"x{number}" for number in range(values.shape[1])])
    table["time"], table["event"] = y["time"], y["event"]
    fitter = CoxPHFitter(penalizer=penalizers, l1_ratio=l1_ratio)
    with warnings.catch_warnings():
        # lifelines only warns if Newton's method stops early; those coefficients must not be used.
        warnings.simplefilter("error", ConvergenceWarning)
        # Too large steps overflow in exp(); lifelines halves them, and the result is checked by the caller.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"lifelines|autograd|numpy|scipy")
        try:
            fitter.fit(table, duration_col="time", event_col="event")
        except (ConvergenceError, ConvergenceWarning) as error:
            raise NoMaximumError(str(error).splitlines()[0]) from error
    return np.asarray(fitter.params_, dtype=np.float64)
