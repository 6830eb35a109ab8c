"""Who is at risk at each event: what every Cox solver needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


#: A hazard ratio of 148 per standard deviation: the data are separated, and the maximum lies at infinity.
LARGEST_COEFFICIENT = 5.0


class NoMaximumError(Exception):
    """The penalised likelihood has no maximum, or the solver did not reach it."""


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
    """

    order: NDArray[np.intp]
    first: NDArray[np.intp]
    part: Floats
    event: NDArray[np.intp]

    @classmethod
    def of(cls, y: np.ndarray) -> RiskSets:
        """Find the risk sets of an endpoint, a structured array with the fields event and time."""
        order = np.argsort(y["time"], kind="stable")
        time, happened = y["time"][order], y["event"][order]
        event = np.flatnonzero(happened)
        first = np.searchsorted(time, time[event], side="left")
        _, start, tied = np.unique(first, return_index=True, return_counts=True)
        ties = np.repeat(tied, tied)
        part = (np.arange(len(event)) - np.repeat(start, tied)) / ties
        return cls(order, first, part, event)
