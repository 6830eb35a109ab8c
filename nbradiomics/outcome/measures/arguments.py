"""Arguments that all measures share, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.outcome.solvers import has_competing

Floats: TypeAlias = NDArray[np.float64]
#: Subjects whose censoring is estimated: (time, event), or an array of `survival_array`. Here competing
#: events are events too, and not ends of an observation.
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
    competing
        Whether a competing event happened, shape (subjects,), bool; None if there are none.
    """

    time: Floats
    event: NDArray[np.bool_]
    competing: NDArray[np.bool_] | None = None

    @classmethod
    def of(
        cls, time: npt.ArrayLike, event: npt.ArrayLike, competing: npt.ArrayLike | None = None
    ) -> Observed:
        """Check times and events.

        Raises
        ------
        InputError
            When their shapes differ, a time is missing or negative, an event is not 0 or 1, or a subject has
            both events.
        """
        times, events = np.asarray(time, dtype=np.float64), np.asarray(event)
        if times.ndim != 1 or times.shape != events.shape:
            raise InputError(
                f"times have the shape {times.shape} and events {events.shape}.",
                "Give one time and one event for each subject.",
            )
        if not (np.isfinite(times) & (times >= 0)).all():
            raise InputError("a time is missing, infinite or negative.", "Leave these subjects out.")
        others = None if competing is None else np.asarray(competing)
        for flags in (events, events if others is None else others):
            if not np.isin(flags, (0, 1)).all():
                raise InputError("an event is neither 0 nor 1.", "Give 1 (event) or 0 (observation ended).")
        if others is None:
            return cls(times, events.astype(bool))
        if others.shape != times.shape or (events.astype(bool) & others.astype(bool)).any():
            raise InputError(
                f"competing events have the shape {others.shape} for {times.shape}, or a subject has both "
                "events.",
                "Give the first event of each subject: the event, the competing one, or neither.",
            )
        return cls(times, events.astype(bool), others.astype(bool))

    @classmethod
    def of_outcome(cls, y: np.ndarray) -> Observed:
        """Take times and events from an array of `survival_array`, without a check."""
        return cls(y["time"], y["event"], y["competing"] if has_competing(y) else None)

    @property
    def censored(self) -> NDArray[np.bool_]:
        """Whether the observation ended without any event."""
        return ~self.event if self.competing is None else ~(self.event | self.competing)

    def competing_until(self, point: float) -> NDArray[np.bool_]:
        """Whether a competing event happened at a time or before: the event never happens."""
        if self.competing is None:
            return np.zeros(len(self.time), dtype=bool)
        return self.competing & (self.time <= point)

    @classmethod
    def of_training(cls, train: Train | None, otherwise: Observed) -> Observed:
        """Check the subjects whose censoring is estimated; `otherwise` if none were given."""
        if train is None:
            return otherwise
        if isinstance(train, np.ndarray) and train.dtype.names:
            known = cls.of_outcome(train)
            return cls.of(known.time, known.event, known.competing)
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

    def part(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Observed:
        """Return some of the subjects, by a mask or by their places."""
        return Observed(
            self.time[which],
            self.event[which],
            None if self.competing is None else self.competing[which],
        )


def checked_times(times: npt.ArrayLike) -> Floats:
    """Return points in time as an array, shape (times,); they must be finite and increasing."""
    checked = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if checked.ndim != 1 or not np.isfinite(checked).all() or (np.diff(checked) <= 0).any():
        raise InputError(
            "the times are not finite and increasing.", "Give each point in time once, in order."
        )
    return checked
