"""Who is at risk at each event: what every Cox solver needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

Floats = NDArray[np.float64]


#: A hazard ratio of 148 per standard deviation: the data are separated, and the maximum lies at infinity.
LARGEST_COEFFICIENT = 5.0


class NoMaximumError(Exception):
    """The penalised likelihood has no maximum, or the solver did not reach it."""


def survival_array(
    time: npt.ArrayLike, event: npt.ArrayLike, competing: npt.ArrayLike | None = None
) -> np.ndarray:
    """Structured array of an endpoint, in the form that scikit-survival uses.

    Parameters
    ----------
    time
        Times, shape (subjects,), above 0.
    event
        True or 1 if the event happened, shape (subjects,).
    competing
        The same for a competing event; None if there is none.

    Returns
    -------
    numpy.ndarray
        Shape (subjects,), fields ``event`` (bool) and ``time`` (float64), and ``competing`` (bool) if it is
        given.
    """
    times = np.asarray(time, dtype=np.float64)
    other = [] if competing is None else [("competing", np.bool_)]
    y = np.empty(times.shape, dtype=[("event", np.bool_), ("time", np.float64), *other])
    y["event"], y["time"] = np.asarray(event).astype(bool), times
    if competing is not None:
        y["competing"] = np.asarray(competing).astype(bool)
    return y


def has_competing(y: np.ndarray) -> bool:
    """Whether an outcome is an array of `survival_array` with competing events."""
    return "competing" in (y.dtype.names or ())


@dataclass(frozen=True)
class RiskSets:
    """Who is at risk at each event; subjects are in the order of their times.

    Attributes
    ----------
    order
        Subjects by increasing time, shape (subjects,).
    first
        For each event, the place in `order` of the first subject with the same time, shape (events,).
    part
        For each event, the part of the tied events that Efron's method takes out of the risk set, shape
        (events,): 0, 1/d ... (d - 1)/d for d events at the same time.
    event
        Places in `order` of the subjects with the event, shape (events,); equal times together.
    tie
        For each event, the number of its group of tied events, from 0, shape (events,).
    start
        For each group of tied events, its first event, shape (groups,).
    """

    order: NDArray[np.intp]
    first: NDArray[np.intp]
    part: Floats
    event: NDArray[np.intp]
    tie: NDArray[np.intp]
    start: NDArray[np.intp]

    @classmethod
    def of(cls, y: np.ndarray) -> RiskSets:
        """Find the risk sets of an endpoint, a structured array with the fields event and time."""
        order = np.argsort(y["time"], kind="stable")
        time, happened = y["time"][order], y["event"][order]
        event = np.flatnonzero(happened)
        first = np.searchsorted(time, time[event], side="left")
        _, start, tie, tied = np.unique(first, return_index=True, return_inverse=True, return_counts=True)
        part = (np.arange(len(event)) - start[tie]) / tied[tie]
        return cls(order, first, part, event, tie, start)

    def of_ties(self, values: Floats) -> Floats:
        """Sum the values of the events at the same time, for each event, shape (events, ...)."""
        sums: Floats = np.add.reduceat(values[self.event], self.start, axis=0)[self.tie]
        return sums

    def at_risk(self, w: Floats) -> Floats:
        """Sum the hazards `w` at risk at each event, with Efron's ties, shape (events,)."""
        s: Floats = np.cumsum(w[::-1])[::-1][self.first] - self.part * self.of_ties(w)
        return s

    def shares(self, factors: Floats) -> Floats:
        """Sum over the events of what each subject's hazard is multiplied by, shape (subjects,).

        `factors` has one number for each event, such as 1 / s for the hazard s at risk. A subject at risk
        counts the whole of it, one with an event at the same time as the event Efron's part 1 - part.
        """
        shares: Floats = np.cumsum(np.bincount(self.first, factors, len(self.order)), dtype=np.float64)
        shares[self.event] -= np.add.reduceat(self.part * factors, self.start)[self.tie]
        return shares
