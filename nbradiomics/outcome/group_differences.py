"""How much the risk groups of subjects that no model has seen differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from nbradiomics.outcome.groups import log_rank
from nbradiomics.outcome.measures.aalen_johansen import Steps
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.solvers import NoMaximumError, has_competing
from nbradiomics.outcome.solvers.ordinary import fit_ordinary

Estimate = tuple[float, float, float]


@dataclass(frozen=True)
class GroupDifference:
    """Difference of high against low risk; values with their lower and upper limits, nan if undefined.

    Attributes
    ----------
    p
        P value of the log-rank test.
    hazard_ratio
        Hazard of the high-risk group over that of the low-risk group, from a Cox model with Efron's ties.
    until
        Time until which the groups are compared: both are observed so long.
    measure
        What is compared: ``mean survival`` (restricted), or with competing events ``cumulative incidence``.
    of_groups
        Its value in the high-risk and in the low-risk group until then.
    difference
        The first minus the second.
    """

    p: float
    hazard_ratio: Estimate
    until: float
    measure: str
    of_groups: tuple[float, float]
    difference: Estimate


def group_difference(
    y: np.ndarray, group: np.ndarray, end: float, confidence: float
) -> GroupDifference | None:
    """Compare the risk groups of a model that was fitted to other subjects.

    For groups of a cross-validation these values are not valid: the groups depend on each other's outcomes.

    Parameters
    ----------
    y
        Structured array of `survival_array`, shape (subjects,). Log-rank test and hazard ratio are of the
        cause-specific hazard if there are competing events.
    group
        1 for high and 0 for low risk, shape (subjects,).
    end
        Latest time until which the groups are compared.
    confidence
        Confidence of the intervals.

    Returns
    -------
    GroupDifference or None
        None if all subjects are in one group.
    """
    high, low = y[group == 1], y[group == 0]
    if not len(high) or not len(low):
        return None
    until = float(min(end, high["time"].max(), low["time"].max()))
    competing = has_competing(y)
    estimate = _incidence if competing else restricted_mean
    (one, its), (other, of_other) = (estimate(part, until) for part in (high, low))
    reach = float(norm.ppf((1 + confidence) / 2))
    difference, error = one - other, float(np.sqrt(its + of_other))
    return GroupDifference(
        p=float(chi2.sf(log_rank(y, group), 1)),
        hazard_ratio=_hazard_ratio(y, group, reach),
        until=until,
        measure="cumulative incidence" if competing else "mean survival",
        of_groups=(one, other),
        difference=(difference, difference - reach * error, difference + reach * error),
    )


def restricted_mean(y: np.ndarray, until: float) -> tuple[float, float]:
    """Area under the Kaplan-Meier curve until a time, and its variance.

    The variance is sum_k A_k^2 d_k / (n_k (n_k - d_k)) over the times with events until then, where d_k of
    n_k subjects at risk have the event and A_k is the area between this time and `until` (Royston and Parmar
    2013, BMC Medical Research Methodology 13:152). A last time at which all subjects at risk have the event
    adds nothing.
    """
    times = np.unique(y["time"][y["event"] & (y["time"] <= until)])
    at_risk = np.array([(y["time"] >= time).sum() for time in times], dtype=np.float64)
    events = np.array([(y["event"] & (y["time"] == time)).sum() for time in times], dtype=np.float64)
    survival = np.concatenate([[1.0], np.cumprod(1 - events / at_risk)])
    areas = survival * np.diff(np.concatenate([[0.0], times, [until]]))
    after = np.cumsum(areas[::-1])[::-1][1:]
    left = at_risk > events
    variance = (after[left] ** 2 * events[left] / (at_risk[left] * (at_risk[left] - events[left]))).sum()
    return float(areas.sum()), float(variance)


def _incidence(y: np.ndarray, until: float) -> tuple[float, float]:
    """Cumulative incidence at a time, and its variance."""
    steps = Steps.of(Observed.of_outcome(y))
    place = int(np.searchsorted(steps.times, until, side="right")) - 1
    return (float(steps.incidence[place]), float(steps.variance[place])) if place >= 0 else (0.0, 0.0)


def _hazard_ratio(y: np.ndarray, group: np.ndarray, reach: float) -> Estimate:
    undefined = (float("nan"),) * 3
    if not y["event"].any():
        return undefined
    try:
        fit = fit_ordinary(np.asarray(group, dtype=np.float64)[:, None], y)
    except NoMaximumError:
        return undefined
    if fit.endless[0]:
        return undefined  # all events are in one group
    value, low, high = np.exp(fit.coefficients[0] + reach * fit.errors[0] * np.array([0.0, -1.0, 1.0]))
    return float(value), float(low), float(high)
