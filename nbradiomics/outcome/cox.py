"""Penalised Cox regression as a scikit-learn estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbradiomics.errors import InputError
from nbradiomics.outcome.penalised import PenalisedModel

if TYPE_CHECKING:
    from typing import Self


class PenalisedCox(PenalisedModel):
    """Cox proportional hazards with an elastic-net penalty, ties by Efron's method.

    Parameters and attributes are those of :class:`nbradiomics.outcome.penalised.PenalisedModel`; `coef_` are
    log hazard ratios.

    Notes
    -----
    Without any column the risk is the constant 0: a model without information, C = 0.5.
    """

    kind = "Cox model"

    def fit(self, X: Any, y: np.ndarray, groups: Any = None) -> Self:
        """Fit the model.

        Parameters
        ----------
        X
            Shape (subjects, columns), without missing values and constant columns.
        y
            Structured array as :func:`survival_array` makes it, shape (subjects,).
        groups
            Names of the subjects, shape (subjects,), where rows are copies: all rows of a subject are in one
            fold when the penalty is tuned.

        Raises
        ------
        InputError
            When `y` does not have that form, or no subject had the event.
        NotConvergedError
            When the fit did not converge with any of the penalties.
        """
        return self._fit(X, y, groups)

    def predict(self, X: Any) -> np.ndarray:
        """Log partial hazard ``(x - mean_) . coef_``, shape (subjects,): higher is an earlier event."""
        return self._predictor(X)

    def _check(self, y: np.ndarray, subjects: int) -> str:
        return f"{int(checked_endpoint(y, subjects)['event'].sum())} events"


def checked_endpoint(y: np.ndarray, subjects: int) -> np.ndarray:
    """Check that an endpoint has the form of `survival_array`, and an event.

    Raises
    ------
    InputError
        When it has not.
    """
    names = getattr(getattr(y, "dtype", None), "names", None)
    if names is None or not {"event", "time"} <= set(names) or len(y) != subjects:
        raise InputError(
            f"the endpoint of {subjects} subjects is of type {type(y).__name__} with fields {names}.",
            "Give a structured array with the fields event and time, as survival_array makes it.",
        )
    if not y["event"].any():
        raise InputError("no subject had the event.", "A model of a time needs events; use fewer folds.")
    return y
