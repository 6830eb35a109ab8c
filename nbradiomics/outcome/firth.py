"""Firth's method: Cox and logistic regression with finite coefficients, for fewer columns than events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from nbradiomics.messages.wording import counted
from nbradiomics.outcome.cox import PenalisedCox
from nbradiomics.outcome.logistic import OneVsRest, PenalisedLogistic
from nbradiomics.outcome.penalised import NotConvergedError, PenalisedModel
from nbradiomics.system.quiet import quiet

if TYPE_CHECKING:
    from nbradiomics.outcome.solvers.risk_sets import Floats

#: Where the solver stops, per standard deviation of a column. It approaches the maximum linearly, so its own
#: limit of 25 or 50 steps is too small; with smaller tolerances rounding prevents its last steps.
_PRECISE: dict[str, Any] = {"max_iter": 1000, "max_halfstep": 25, "gtol": 1e-5, "xtol": 1e-6}
#: Events, or subjects of the smallest class, for each feature that a message proposes.
_FOR_EACH = 10


def few_columns_remedy(informative: int) -> str:
    """Say what makes Firth's method possible with some events, or subjects of the smallest class."""
    return f"choose selection: mrmr, selected: {max(1, round(informative / _FOR_EACH))}, or method: penalised"


class _Firth(PenalisedModel):
    """What the two regressions share. Without any parameter: Firth's penalty has none."""

    #: What a model learns from, one and several.
    informative: ClassVar[tuple[str, str]]

    def __init__(self) -> None:
        super().__init__(penalizer=0.0)

    def _maximise(self, values: Floats, y: np.ndarray, groups: Any, outcome: str) -> None:  # noqa: ARG002
        columns = values.shape[1]
        known = self._known(y)
        if columns >= known:
            raise NotConvergedError(
                f"Firth's method needs fewer columns than {self.informative[1]}, and here are "
                f"{counted(columns, 'column')} and {counted(known, *self.informative)}: "
                f"{few_columns_remedy(known)}."
            )
        # Firth's estimate of a scaled column is the scaled estimate; the limits of the solver are absolute.
        scale = values.std(axis=0)
        standard = (values - self.mean_) / np.where(scale > 0, scale, 1)
        if np.linalg.matrix_rank(standard) < columns:
            raise NotConvergedError(
                f"a column of the {self.kind} follows from the others ({counted(columns, 'column')}, "
                f"{len(values)} subjects), so Firth's method has no unique solution: name fewer covariates, "
                "or choose method: penalised."
            )
        self.coef_ = _fitted(self._solver(), standard, y, self.kind) / scale

    def _solver(self) -> Any:
        """Build the unfitted model of the package firthmodels."""
        raise NotImplementedError

    def _known(self, y: np.ndarray) -> int:
        """Count what a model learns from."""
        raise NotImplementedError


def _fitted(model: Any, values: Floats, y: np.ndarray, kind: str) -> Floats:
    """Fit a model, and return its coefficients, shape (columns,)."""
    try:
        with quiet():  # `converged_` says the same, and its values are looked at
            model.fit(values, y)
        cause = "" if model.converged_ and np.isfinite(model.coef_).all() else f"in {model.n_iter_} steps"
    except np.linalg.LinAlgError as error:
        cause = f"({error}: a column hardly varies where the outcome is decided)"
    if cause:
        raise NotConvergedError(
            f"the {kind} by Firth's method did not converge {cause} with {values.shape[1]} columns and "
            f"{len(values)} subjects: choose fewer features, or method: penalised."
        )
    coefficients: Floats = model.coef_
    return coefficients


class FirthCox(_Firth, PenalisedCox):
    """Cox proportional hazards by Firth's penalised partial likelihood; ties by Breslow's method.

    Attributes
    ----------
    coef_ : numpy.ndarray
        Log hazard ratio per unit of each column, shape (columns,).

    Notes
    -----
    The log partial likelihood is increased by half the log determinant of its information (Jeffreys' prior).
    The maximum is finite, also where a column orders the events perfectly. Heinze G, Schemper M. Biometrics
    2001;57:114.
    """

    informative = ("event", "events")

    def _solver(self) -> Any:
        from firthmodels import FirthCoxPH

        # NumPy is fast enough for few columns; its other backend compiles for seconds in every process.
        return FirthCoxPH(backend="numpy", **_PRECISE)

    def _known(self, y: np.ndarray) -> int:
        return int(y["event"].sum())


class FirthLogistic(_Firth, PenalisedLogistic):
    """Logistic regression of two classes by Firth's method, with a corrected intercept (FLIC).

    Attributes
    ----------
    coef_ : numpy.ndarray
        Log odds ratio per unit of each column, shape (columns,).
    intercept_ : float
        Log odds at the mean of the training data. It is the most likely one for these coefficients: the
        predicted probabilities of the training subjects add up to the subjects of the positive class. Firth's
        own intercept gives probabilities that are too close to 1/2.

    Notes
    -----
    Firth D. Biometrika 1993;80:27. Heinze G, Schemper M. Statistics in Medicine 2002;21:2409. Puhr R et al.
    Statistics in Medicine 2017;36:2302 (FLIC).
    """

    informative = ("subject of the smaller class", "subjects of the smaller class")

    def _solver(self) -> Any:
        from firthmodels import FirthLogisticRegression

        return FirthLogisticRegression(backend="numpy", **_PRECISE)

    def _known(self, y: np.ndarray) -> int:
        return int(min(y.sum(), (~y).sum()))


class OneVsRestFirth(OneVsRest, BaseEstimator):  # type: ignore[misc]
    """Logistic regressions by Firth's method, see :class:`nbradiomics.outcome.logistic.OneVsRest`."""

    def _model(self) -> PenalisedLogistic:
        return FirthLogistic()
