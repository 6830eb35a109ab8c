"""Decide from an interval whether a set of features costs anything: a loss, no loss, or not decided."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nbradiomics.outcome.trial_schema import COSTS, GAINS, NO_COST, OPEN, SMALL

#: Largest cost that counts as none, in C or ROC area.
MARGIN = 0.05


@dataclass(frozen=True)
class Estimate:
    """A score or a difference of scores, with its limits; nan where they are undefined."""

    value: float
    low: float
    high: float


UNKNOWN = Estimate(np.nan, np.nan, np.nan)


def margin_of(real: float) -> float:
    """Largest cost that counts as none: 0.05, or half of what the real features are above chance.

    Who reaches 0.56 loses nearly everything with 0.05.

    Parameters
    ----------
    real
        C or ROC area of the real features, 0 to 1.
    """
    return float(min(MARGIN, max(real - 0.5, 0.0) / 2))


def above_chance(real: Estimate) -> bool:
    """Whether the interval of the real features lies above chance: otherwise there is nothing to lose."""
    return bool(real.low > 0.5)


def decide(cost: Estimate, margin: float) -> str | None:
    """Decide what the interval of a cost shows.

    An interval that includes 0 is no proof that nothing is lost: only one whose upper limit is below the
    margin is. This is the test of non-inferiority by an interval (Piaggio et al., JAMA 2012;308:2594-2604).
    In a large cohort an interval may lie above 0 and below the margin: the cost is real, and small.

    Parameters
    ----------
    cost
        C or ROC area of the real features minus that of the others.
    margin
        Largest cost that counts as none; see `margin_of`.

    Returns
    -------
    str or None
        ``costs`` (the interval lies above 0), ``small cost`` (above 0 and below the margin), ``gains`` (below
        0), ``no cost`` (below the margin), else ``not decided``; None without an interval.
    """
    if not np.isfinite([cost.low, cost.high]).all():
        return None
    if cost.low > 0:
        return SMALL if cost.high < margin else COSTS
    if cost.high < 0:
        return GAINS
    return NO_COST if cost.high < margin else OPEN
