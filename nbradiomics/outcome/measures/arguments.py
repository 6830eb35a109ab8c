"""Arguments that all measures share, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from nbradiomics.errors import InputError

Floats: TypeAlias = NDArray[np.float64]
#: Subjects whose censoring is estimated: (time, event), or a structured array with these two fields.
Train: TypeAlias = tuple[npt.ArrayLike, npt.ArrayLike] | np.ndarray


@dataclass(frozen=True)
class Observed:
    """Times and events of subjects.

    Attributes
    ----------
    time
        Time to the event or to the end of observation, shape (subjects,), 0 or more.
    event
        Whether the event happened, shape (subjects,), bool.
    """

    time: Floats
    event: NDArray[np.bool_]

    @classmethod
    def of(cls, time: npt.ArrayLike, event: npt.ArrayLike) -> Observed:
        """Check times and events.

        Raises
        ------
        InputError
            When their shapes differ, a time is missing or negative, or an event is not 0 or 1.
        """
        times, events = np.asarray(time, dtype=np.float64), np.asarray(event)
        if times.ndim != 1 or times.shape != events.shape:
            raise InputError(
                f"times have the shape {times.shape} and events {events.shape}.",
                "Give one time and one event for each subject.",
            )
        if not (np.isfinite(times) & (times >= 0)).all():
            raise InputError("a time is missing, infinite or negative.", "Leave these subjects out.")
        if not np.isin(events, (0, 1)).all():
            raise InputError("an event is neither 0 nor 1.", "Give 1 (event) or 0 (observation ended).")
        return cls(times, events.astype(bool))

    @classmethod
    def of_training(cls, train: Train | None, otherwise: Observed) -> Observed:
        """Check the subjects whose censoring is estimated; `otherwise` if none were given."""
        if train is None:
            return otherwise
        if isinstance(train, np.ndarray) and train.dtype.names:
            return cls.of(train["time"], train["event"])
        time, event = train
        return cls.of(time, event)

    def of_known(self, values: Floats) -> tuple[Observed, Floats]:
        """Leave out the subjects with a missing value; `values` has the shape (subjects, ...)."""
        if len(values) != len(self.time):
            raise InputError(
                f"there are {len(values)} predictions for {len(self.time)} subjects.",
                "Give one prediction for each subject.",
            )
        known = np.atleast_1d(~np.isnan(values).any(axis=tuple(range(1, values.ndim))))
        return self.part(known), values[known]

    def part(self, which: NDArray[np.bool_]) -> Observed:
        """Return some of the subjects."""
        return Observed(self.time[which], self.event[which])


def checked_times(times: npt.ArrayLike) -> Floats:
    """Return points in time as an array, shape (times,); they must be finite and increasing."""
    checked = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if checked.ndim != 1 or not np.isfinite(checked).all() or (np.diff(checked) <= 0).any():
        raise InputError(
            "the times are not finite and increasing.", "Give each point in time once, in order."
        )
    return checked
