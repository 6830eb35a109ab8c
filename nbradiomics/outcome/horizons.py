"""Points in time at which predictions are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nbradiomics.errors import InputError

#: Share of the subjects that is observed no longer than `Horizons.end`.
_OBSERVED = 0.8
#: Points of the integrated Brier score.
_GRID = 25
#: No point in time: survival is not predicted.
NO_TIMES = np.empty(0)


@dataclass(frozen=True)
class Horizons:
    """Points in time at which predictions are judged, in the unit of the endpoint.

    Attributes
    ----------
    times
        Horizons of the ROC area, the Brier score and the calibration.
    end
        Where Uno's C and the integrated Brier score end: one subject in five is observed longer.
    """

    times: tuple[float, ...]
    end: float

    @property
    def grid(self) -> tuple[float, ...]:
        """Points of the integrated Brier score, equally spaced up to the end."""
        return tuple(np.linspace(0, self.end, _GRID + 1)[1:].tolist())

    @property
    def all(self) -> np.ndarray:
        """All points at which survival is predicted, increasing, shape (points,)."""
        return np.unique([*self.times, *self.grid])


def find_horizons(y: np.ndarray, asked: Sequence[float]) -> Horizons:
    """Check the horizons that were asked for, or take the median time of the events.

    Parameters
    ----------
    y
        Endpoint of all subjects: structured array with the fields event and time, shape (subjects,).
    asked
        Horizons; empty for the default.

    Raises
    ------
    InputError
        When nobody has the event by a horizon, or nobody is observed longer.
    """
    for horizon in asked:
        by_then = int((y["event"] & (y["time"] <= horizon)).sum())
        longer = int((y["time"] > horizon).sum())
        if not by_then or not longer:
            raise InputError(
                f"by the horizon {horizon:g}, {by_then} subjects had the event, and {longer} were observed "
                "longer; one or more of each was expected.",
                f"Choose horizons between {y['time'][y['event']].min():g} and {y['time'].max():g}, in the "
                "unit of the time.",
            )
    times = tuple(sorted(set(asked))) or (float(np.median(y["time"][y["event"]])),)
    return Horizons(times, float(np.quantile(y["time"], _OBSERVED)))
