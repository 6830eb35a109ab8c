"""Numbers in the sentences of a reader study: three decimals; a missing number is ``unknown``."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.messages import wording


def number(value: float, digits: int = 3, *, beside: Sequence[float] = ()) -> str:
    """Write a number like `nbradiomics.messages.wording.number`; ``unknown`` if it is missing."""
    return wording.number(value, digits, beside=beside) if math.isfinite(value) else "unknown"


def listed(names: Sequence[str], most: int = 6) -> str:
    """Write names: ``A and B``; of many names only the first: ``A, B, C, D, E, F and 3 more``."""
    shown = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def interval_text(
    low: float, high: float, confidence: float, digits: int = 3, *, beside: Sequence[float] = ()
) -> str:
    """Write an interval: ``95 % interval 0.012 to 0.034``; `beside`: numbers with which it is compared."""
    level = f"{wording.share(confidence)} interval"
    if math.isnan(low) or math.isnan(high):
        return f"no {level}"
    return f"{level} {number(low, digits, beside=beside)} to {number(high, digits, beside=beside)}"


def amount_text(value: float, metric: str) -> str:
    """Write the size of a difference with its unit: ``0.030 Dice``, ``1.200 mm``; only 0 is shown as 0."""
    unit = METRIC[metric].unit
    return f"{number(value, beside=(0,))} {unit or METRIC[metric].label}"
