"""What the solvers maximise: the likelihood of an outcome, given linear predictors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nbradiomics.outcome.solvers.cox_likelihood import CoxLikelihood
from nbradiomics.outcome.solvers.logistic_likelihood import LogisticLikelihood
from nbradiomics.outcome.solvers.risk_sets import Floats


class Likelihood(Protocol):
    """Log likelihood of the outcome of some subjects.

    Except for `unseen`, columns and linear predictors `eta` are in the order of `order`.
    """

    @property
    def intercept(self) -> bool:
        """Whether the model has an intercept: then the first column that `derivatives` gets is constant."""

    @property
    def order(self) -> NDArray[np.intp]:
        """Order in which the likelihood takes the subjects, shape (subjects,)."""

    def derivatives(self, x: Floats, beta: Floats) -> tuple[float, Floats, Floats]:
        """Return the log likelihood, its gradient (columns,) and negative Hessian (columns, columns)."""

    def residuals(self, eta: Floats) -> Floats:
        """Return the gradient by the linear predictor, shape (subjects,)."""

    def with_intercept(self, eta: Floats) -> Floats:
        """Add the most likely intercept, if the model has one."""

    def unseen(self, eta: Floats, train: np.ndarray) -> Floats:
        """Return what the subjects outside `train` add to the log likelihood, shape (models,).

        `eta` has the linear predictors of all subjects by models that were fitted to `train`, without an
        intercept, as the subjects are in the table, shape (subjects, models).
        """


def likelihood_of(y: np.ndarray) -> Likelihood:
    """Choose the likelihood of an outcome.

    Parameters
    ----------
    y
        Structured array with the fields event and time, for Cox's partial likelihood; or bool, whether each
        subject belongs to the positive class, for the logistic one. Shape (subjects,).
    """
    return CoxLikelihood.of(y) if y.dtype.names else LogisticLikelihood.of(y)


def strata(y: np.ndarray) -> NDArray[np.intp]:
    """Return the groups of an outcome that every fold needs: events, or classes, shape (subjects,)."""
    groups: NDArray[np.intp] = np.asarray(y["event"] if y.dtype.names else y).astype(np.intp)
    return groups


def judged_classes(numbers: Sequence[int]) -> Sequence[int]:
    """Return the classes that are judged against all others: of two the second one, else each."""
    return numbers[1:] if len(numbers) == 2 else numbers


def can_train(y: np.ndarray) -> bool:
    """Whether a model can be fitted: an event, or two classes."""
    return bool(y["event"].any()) if y.dtype.names else len(np.unique(y)) > 1
