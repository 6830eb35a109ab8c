"""Cumulative incidence of an event where another event can prevent it: the Aalen-Johansen estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm

from nbradiomics.errors import InputError
from nbradiomics.outcome.measures.arguments import Floats, Observed

#: Incidences nearer to 1 than this are 1.
_ROUNDING = 1e-12


def cumulative_incidence(
    time: npt.ArrayLike, event: npt.ArrayLike, competing: npt.ArrayLike, confidence: float = 0.95
) -> pd.DataFrame:
    """Cumulative incidence of an event in the presence of competing events (Aalen-Johansen).

    F(t) = sum over the times u until t of S(u-) d(u) / n(u), where d of n subjects at risk have the event at
    u, and S is the probability of neither event. 1 - Kaplan-Meier, which treats a competing event as the end
    of the observation, is too high.

    Parameters
    ----------
    time
        Times to the first event or to the end of observation, shape (subjects,).
    event
        True or 1 if the event happened first, shape (subjects,).
    competing
        True or 1 if a competing event happened first, shape (subjects,).
    confidence
        Confidence of the limits, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        Columns ``time, incidence, low, high, at_risk``: 0 and each distinct time. The limits are symmetric
        for log(-log(F)); nan while F is 0.

    Raises
    ------
    InputError
        When a time or event cannot be used.

    References
    ----------
    Aalen OO, Johansen S. Scandinavian Journal of Statistics 1978;5:141-150. Variance: Marubini E, Valsecchi
    MG. Analysing Survival Data from Clinical Trials and Observational Studies. Wiley 1995, chapter 10.

    Examples
    --------
    >>> from nbradiomics.outcome.measures import cumulative_incidence
    >>> cumulative_incidence([1, 2, 3, 4], [1, 0, 1, 0], competing=[0, 1, 0, 0])["incidence"].tolist()
    [0.0, 0.25, 0.25, 0.5, 0.5]
    """
    if not 0 < confidence < 1:
        raise InputError(f"the confidence is {confidence:g}.", "Give a number between 0 and 1, such as 0.95.")
    steps = Steps.of(Observed.of(time, event, competing))
    incidence, error = steps.incidence, np.sqrt(steps.variance)
    reach = float(norm.ppf((1 + confidence) / 2))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = np.exp(reach * error / np.abs(incidence * np.log(incidence)))
        low, high = incidence**spread, incidence ** (1 / spread)
    known = (incidence > 0) & (incidence < 1)
    table = pd.DataFrame(
        {
            "time": steps.times,
            "incidence": incidence,
            "low": np.where(known, low, np.nan),
            "high": np.where(known, high, np.nan),
            "at_risk": steps.at_risk.astype(int),
        }
    )
    start = {"time": 0.0, "incidence": 0.0, "low": np.nan, "high": np.nan, "at_risk": steps.subjects}
    return pd.concat([pd.DataFrame([start]), table], ignore_index=True)


def incidence_at(subjects: Observed, point: float) -> float:
    """Cumulative incidence until a point in time (included).

    Returns
    -------
    float
        0 to 1; nan beyond the last time of the subjects unless all of them had one of the events.
    """
    if not len(subjects.time):
        return float("nan")
    steps = Steps.of(subjects)
    place = int(np.searchsorted(steps.times, point, side="right"))
    if place == len(steps.times) and point > steps.times[-1] and steps.free[-1] > 0:
        return float("nan")
    return float(steps.incidence[place - 1]) if place else 0.0


@dataclass(frozen=True)
class Steps:
    """What happens at each distinct time, shape (times,) each.

    Attributes
    ----------
    subjects
        Number of subjects.
    times
        Distinct times, increasing.
    at_risk
        Subjects under observation just before.
    own, every
        Subjects with the event, and with any event.
    """

    subjects: int
    times: Floats
    at_risk: Floats
    own: Floats
    every: Floats

    @classmethod
    def of(cls, observed: Observed) -> Steps:
        """Count."""
        times, place = np.unique(observed.time, return_inverse=True)
        everybody, happened = np.ones(len(place), dtype=bool), ~observed.censored
        people, own, every = (
            np.bincount(place, which, minlength=len(times)).astype(np.float64)
            for which in (everybody, observed.event, happened)
        )
        return cls(len(observed.time), times, np.cumsum(people[::-1])[::-1], own, every)

    @property
    def free(self) -> Floats:
        """Probability of neither event until each time."""
        free: Floats = np.cumprod(1 - self.every / self.at_risk, dtype=np.float64)
        return free

    @property
    def before(self) -> Floats:
        """Probability of neither event until just before each time."""
        return np.concatenate([[1.0], self.free[:-1]])

    @property
    def incidence(self) -> Floats:
        """Probability of the event until each time."""
        incidence: Floats = np.cumsum(self.before * self.own / self.at_risk)
        # Rounding must not leave a trace of survivors where there are none.
        return np.where(incidence > 1 - _ROUNDING, 1.0, incidence)

    @property
    def variance(self) -> Floats:
        """Variance of the incidence.

        With the gain D = F(t) - F(u) of the incidence after u, the sum over the times u until t of
        D^2 e / (n (n - e)) + S(u-)^2 d (n - d) / n^3 - 2 D S(u-) d / n^2, where e of n subjects at risk have
        any event and d have the event. A last time at which all subjects at risk have an event adds nothing
        to the first term: D is 0 there.
        """
        n, d, e, s, f = self.at_risk, self.own, self.every, self.before, self.incidence
        left = np.where(n > e, n - e, 1.0)
        one, two, three = e / (n * left), s**2 * d * (n - d) / n**3, s * d / n**2
        # The square of D is written out, so that every sum over the times is a running one.
        a, b, c = np.cumsum(one), np.cumsum(f * one), np.cumsum(f**2 * one)
        variance = (
            f**2 * a - 2 * f * b + c + np.cumsum(two) - 2 * (f * np.cumsum(three) - np.cumsum(f * three))
        )
        return np.maximum(variance, 0.0)
