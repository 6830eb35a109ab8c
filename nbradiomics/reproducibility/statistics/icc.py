"""Intraclass correlation coefficients with their confidence intervals, for many features at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtri

from nbradiomics.errors import InputError
from nbradiomics.reproducibility.forms import AGREEMENT, FORMS
from nbradiomics.reproducibility.statistics.generalised import generalised_limits
from nbradiomics.reproducibility.statistics.mean_squares import MeanSquares, mean_squares

Floats = NDArray[np.float64]

__all__ = ["FORMS", "IccResult", "icc"]


@dataclass(frozen=True)
class IccResult:
    """Intraclass correlation of each feature.

    Attributes
    ----------
    value
        Point estimate, shape (features,), at most 1; may be negative; NaN if undefined.
    low, high
        Limits of the two-sided confidence interval, shape (features,); NaN if `value` is NaN. `low` is minus
        infinity if the interval of an average ("k" forms) has no lower limit.
    subjects
        Number of subjects with a finite rating by every rater, shape (features,).
    """

    value: Floats
    low: Floats
    high: Floats
    subjects: NDArray[np.int64]


def icc(
    ratings: ArrayLike, form: str = "A,1", confidence: float = 0.95, *, readers_in_general: bool = False
) -> IccResult:
    """Return the intraclass correlation coefficient of each feature, with its interval.

    Parameters
    ----------
    ratings
        Shape (features, subjects, raters), or (subjects, raters) for one feature. NaN and infinity
        are missing values: a feature uses only the subjects that every rater has rated.
    form
        ``"1"``: one-way random effects; ``"A,1"``: two-way, absolute agreement, which is sensitive to the
        bias of a rater; ``"C,1"``: two-way, consistency, which ignores the bias of a rater. ``"k"``,
        ``"A,k"`` and ``"C,k"`` are the same for the mean of the k raters. The names of Shrout and Fleiss are
        (1,1), (2,1), (3,1), (1,k), (2,k) and (3,k).
    confidence
        Confidence level of the interval, between 0 and 1.
    readers_in_general
        Interval of an agreement form (``"A,1"``, ``"A,k"``) that is valid for raters in general, of whom the
        given ones are a sample, instead of the F-based interval. Recommended from five raters on: with two
        it is so wide that hardly any feature can be shown to be reproducible.

    Returns
    -------
    IccResult
        Arrays of shape (features,). NaN if the coefficient is undefined: fewer than two raters, fewer than
        two complete subjects, ratings that vary only by rounding, or an estimate of the total variance that
        is not positive. An undefined coefficient never counts as agreement.

    Raises
    ------
    InputError
        When the shape, the form or the confidence level is not one of the above, or an interval for raters in
        general is requested of another form than agreement.

    Warnings
    --------
    The F-based interval of the agreement forms is valid for the given raters (a 95 % interval covers their
    own coefficient in 95 % or more). For raters in general it is too optimistic if there are few raters and
    they differ from each other. In simulations with 50 subjects and a variance of raters equal to the error
    variance, the 95 % interval covers the true value in 82 % of cases with 2 raters, in 85 % with 3 and in
    90 % with 5; with 2 raters of three times this variance in 73 %. If it does not, its lower limit is nearly
    always too high. The intervals of the one-way and the consistency forms cover 95 %, and so does that for
    raters in general (94 to 96 %).

    Notes
    -----
    Each limit is the formula of the point estimate, with the mean square of the subjects multiplied by a
    quantile of the F distribution with (degrees of freedom of the error term, subjects - 1) degrees of
    freedom. These are the intervals of McGraw and Wong, rewritten without divisions by mean squares that can
    be zero. For a negative agreement coefficient their approximate degrees of freedom can fall below those of
    the raters (k - 1), the minimum for a sum of two mean squares; then both limits are on one side of the
    estimate. So the interval here is the union of their interval and the interval with k - 1 degrees of
    freedom. It contains the estimate and is never narrower than theirs. The lower limit for a single rating
    is at least -1 / (k - 1), the lowest value of an intraclass correlation, unless the estimate itself is
    lower.

    References
    ----------
    .. [1] McGraw KO, Wong SP. Forming inferences about some intraclass correlation coefficients.
       Psychol Methods 1996;1:30-46; correction 1996;1:390.
    .. [2] Shrout PE, Fleiss JL. Intraclass correlations. Psychol Bull 1979;86:420-428.
    .. [3] Ionan AC et al. Comparison of confidence interval methods for an ICC. BMC Med Res Methodol
       2014;14:121.

    Examples
    --------
    >>> ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> float(icc([ratings], "A,1").value[0].round(2))  # Shrout and Fleiss 1979
    0.29
    """
    if form not in FORMS:
        raise InputError(f"{form!r} is not a form of the ICC.", f"Choose from: {'; '.join(FORMS)}.")
    if not 0 < confidence < 1:
        raise InputError(
            f"confidence is {confidence}; a level between 0 and 1 was expected.", "Give a level such as 0.95."
        )
    if readers_in_general and form not in AGREEMENT:
        raise InputError(
            f"an interval for readers in general was requested of ICC({form}), which does not include the "
            "differences between readers.",
            f"Choose the form {' or '.join(AGREEMENT)}, or leave it out.",
        )
    array = _as_array(ratings)
    complete: NDArray[np.bool_] = np.asarray(np.isfinite(array).all(axis=2))
    subjects = complete.sum(axis=1).astype(np.int64)
    value, low, high = (np.full(len(array), np.nan) for _ in range(3))
    enough = (subjects >= 2) & (array.shape[2] >= 2)
    if enough.any():
        squares = mean_squares(array[enough], complete[enough])
        estimate = _estimate_in_general if readers_in_general else _estimate
        value[enough], low[enough], high[enough] = estimate(squares, form, confidence)
    return IccResult(value, low, high, subjects)


def _as_array(ratings: ArrayLike) -> Floats:
    try:
        array = np.asarray(ratings, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"ratings are not an array of numbers: {error}", "Give numbers, and NaN for missing values."
        ) from error
    if array.ndim not in (2, 3):
        raise InputError(
            f"ratings have {array.ndim} dimensions; 2 or 3 were expected.",
            "Give the shape (features, subjects, raters), or (subjects, raters) for one feature.",
        )
    return array if array.ndim == 3 else array[np.newaxis]


def _estimate(squares: MeanSquares, form: str, confidence: float) -> tuple[Floats, Floats, Floats]:
    value = coefficient_of(squares, form)
    freedom = _error_freedom(squares, form)
    limits = [
        _limits(squares, form, degrees, confidence)
        for degrees in (freedom, np.maximum(freedom, squares.k - 1))
    ]
    low = np.fmin.reduce([value, *(pair[0] for pair in limits)])
    high = np.fmax.reduce([value, *(pair[1] for pair in limits)])
    if form.endswith("1"):
        low = np.maximum(low, np.minimum(value, -1 / (squares.k - 1)))
    defined = np.isfinite(value)
    return value, np.where(defined, low, np.nan), np.where(defined, np.minimum(high, 1.0), np.nan)


def _estimate_in_general(squares: MeanSquares, form: str, confidence: float) -> tuple[Floats, Floats, Floats]:
    value = coefficient_of(squares, form)
    low, high = generalised_limits(squares, form, confidence)
    defined = np.isfinite(value)
    low, high = np.fmin(low, value), np.fmax(high, value)
    return value, np.where(defined, low, np.nan), np.where(defined, high, np.nan)


def coefficient_of(squares: MeanSquares, form: str) -> Floats:
    """Return the ICC of mean squares of any shape; NaN if the total variance is not positive."""
    return _coefficient(squares, form, 1.0)


def _limits(squares: MeanSquares, form: str, freedom: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Return both limits for given degrees of freedom of the error term."""
    tail = (1 - confidence) / 2
    low, high = (
        _coefficient(squares, form, np.asarray(fdtri(freedom, squares.n - 1, share), dtype=np.float64))
        for share in (tail, 1 - tail)
    )
    # If the quantile makes the total variance not positive, the interval has no lower limit.
    return np.where(np.isnan(low), -np.inf, low), high


def _coefficient(squares: MeanSquares, form: str, factor: float | Floats) -> Floats:
    """Return the coefficient with the subjects' mean square multiplied by a factor; NaN if undefined."""
    rows, n, k = squares.rows * factor, squares.n, squares.k
    noise = squares.within if form in ("1", "k") else squares.error
    single = (k - 1) * noise if form.endswith("1") else 0.0
    bias = (squares.columns - squares.error) / n if form.startswith("A") else 0.0
    total = rows + single + (k * bias if form.endswith("1") else bias)
    usable = total > 0
    return np.where(usable, (rows - noise) / np.where(usable, total, 1.0), np.nan)


def _error_freedom(squares: MeanSquares, form: str) -> Floats:
    n, k = squares.n, squares.k
    if form in ("1", "k"):
        return n * (k - 1)
    if form.startswith("C"):
        return (n - 1) * (k - 1)
    return _satterthwaite(squares)


def _satterthwaite(squares: MeanSquares) -> Floats:
    """Return the degrees of freedom v of McGraw and Wong for the agreement forms.

    Their a and b contain ICC / (1 - ICC). With the estimate inserted, a is a quotient of mean squares and
    a MSC + b MSE equals MSR, so that an ICC of 1 needs no division by zero.
    """
    n, k = squares.n, squares.k
    noise = squares.columns + (n - 1) * squares.error
    noisy = noise > 0
    a = (squares.rows - squares.error) / np.where(noisy, noise, 1.0)
    b = 1 + (n - 1) * a
    spread = (a * squares.columns) ** 2 / (k - 1) + (b * squares.error) ** 2 / ((n - 1) * (k - 1))
    regular = noisy & (spread > 0)
    freedom = np.where(regular, squares.rows**2 / np.where(regular, spread, 1.0), (n - 1) * (k - 1))
    # Below this the F quantiles leave the range of double precision; the limits no longer change.
    return np.maximum(freedom, 1e-3)
