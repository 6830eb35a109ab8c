"""Calibration of predicted probabilities of two classes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import logit

from nbradiomics.errors import InputError
from nbradiomics.outcome.measures.calibration import slope_of

#: Probabilities are kept this far from 0 and 1, where the log odds end.
_EDGE = 1e-12


def class_calibration_slope(positive: npt.ArrayLike, probability: npt.ArrayLike) -> float:
    """Slope of a logistic regression of the classes on the predicted log odds.

    Parameters
    ----------
    positive
        True or 1 for subjects of the positive class, shape (subjects,).
    probability
        Predicted probability of this class, 0 to 1, shape (subjects,). Subjects with a missing one are left
        out.

    Returns
    -------
    float
        1 if differences between predictions have the right size, below 1 if they are too large (the model is
        overfitted); nan if there is one class alone, all predictions are equal, or they separate the classes.

    Raises
    ------
    InputError
        When the shapes differ, a class is neither 0 nor 1, or a probability is not between 0 and 1.

    References
    ----------
    Cox DR. Two further applications of a model for binary regression. Biometrika 1958;45:562-565.

    Examples
    --------
    >>> from nbradiomics.outcome.measures import class_calibration_slope
    >>> slope = class_calibration_slope([0, 0, 1, 1, 0, 1], [0.1, 0.3, 0.4, 0.9, 0.6, 0.7])
    >>> round(slope, 2)
    0.85
    """
    classes, predicted = np.asarray(positive), np.asarray(probability, dtype=np.float64)
    if classes.ndim != 1 or classes.shape != predicted.shape:
        raise InputError(
            f"classes have the shape {classes.shape} and probabilities {predicted.shape}.",
            "Give one class and one probability for each subject.",
        )
    known = ~np.isnan(predicted)
    classes, predicted = classes[known], predicted[known]
    if not np.isin(classes, (0, 1)).all():
        raise InputError("a class is neither 0 nor 1.", "Give 1 for the positive class, or 0.")
    if ((predicted < 0) | (predicted > 1)).any():
        raise InputError("a predicted probability is not between 0 and 1.", "Give probabilities.")
    eta = logit(np.clip(predicted, _EDGE, 1 - _EDGE))
    if len(np.unique(classes)) < 2 or np.ptp(eta) == 0:
        return float("nan")
    return slope_of(eta, classes.astype(bool))
