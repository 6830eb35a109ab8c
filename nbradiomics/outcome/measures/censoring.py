"""Weights that correct a measure for subjects whose observation ended before their event.

A subject who is observed at a time t stands for 1 / G(t) subjects, where G is the Kaplan-Meier estimate of
the probability that the observation goes on beyond t ("inverse probability of censoring weights", Robins
and Rotnitzky 1992). At equal times, events come before the end of an observation: the convention of
scikit-survival.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbradiomics.errors import InputError
from nbradiomics.outcome.measures.arguments import Floats, Observed


@dataclass(frozen=True)
class CensoringCurve:
    """Kaplan-Meier estimate of the censoring times: a step function.

    Attributes
    ----------
    times
        Distinct times of the subjects, increasing, shape (times,).
    values
        G from each of these times until before the next one, shape (times,); G is 1 before the first.
    """

    times: Floats
    values: Floats

    @classmethod
    def of(cls, subjects: Observed) -> CensoringCurve:
        """Estimate G from training subjects."""
        times, place = np.unique(subjects.time, return_inverse=True)
        events = np.bincount(place, ~subjects.censored, minlength=len(times))
        ended = np.bincount(place, subjects.censored, minlength=len(times))
        under_observation = np.cumsum((events + ended)[::-1])[::-1] - events
        share = np.divide(ended, under_observation, out=np.zeros(len(times)), where=under_observation > 0)
        return cls(times, np.cumprod(1 - share))

    def at(self, times: Floats) -> Floats:
        """G at some times, shape (times,).

        Raises
        ------
        InputError
            When a time lies beyond the last time of the training subjects and some of them were still under
            observation there: G is not known.
        """
        if len(times) == 0:
            return times
        if len(self.times) == 0:
            raise InputError("there is no training subject.", "Give the times and events of the training.")
        beyond = times > self.times[-1]
        if beyond.any() and self.values[-1] > 0:
            raise InputError(
                f"censoring at {times[beyond].max():g} cannot be estimated: the last training subject was "
                f"observed until {self.times[-1]:g}.",
                "Choose earlier times (for Uno's C a smaller tau).",
            )
        values = np.concatenate([[1.0], self.values])[np.searchsorted(self.times, times, side="right")]
        return np.where(beyond, 0.0, values)

    def weights_at(self, times: Floats) -> Floats:
        """1 / G at some times, shape (times,).

        Raises
        ------
        InputError
            When G is 0 or unknown at one of them.
        """
        values = self.at(times)
        if (values <= 0).any():
            raise InputError(
                f"no training subject is observed beyond {times[values <= 0].min():g}: subjects at this time "
                "have no weight.",
                "Choose earlier times (for Uno's C a smaller tau).",
            )
        weights: Floats = 1 / values
        return weights
