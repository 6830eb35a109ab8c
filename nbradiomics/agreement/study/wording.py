"""Numbers as sentences write them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.numbers import beside


def number(value: float, digits: int = 3) -> str:
    """Write a number with some digits after the point; ``-0.000`` is ``0.000``."""
    if not math.isfinite(value):
        return "unknown"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def counted(amount: int, one: str, several: str | None = None) -> str:
    """Write how many there are of something: ``1 case``, ``3 cases``."""
    return f"{amount} {one if amount == 1 else several or one + 's'}"


def p_text(p: float, alpha: float = 0.05) -> str:
    """Write a p value: ``p = 0.012``, ``p < 0.001``; never rounded to the level that it is held against."""
    return "p < 0.001" if p < 0.0005 else f"p = {beside(p, alpha, 3)}"


def listed(names: Sequence[str], most: int = 6) -> str:
    """Write names: ``A and B``; of many the first: ``A, B, C, D, E, F and 3 more``."""
    shown = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def interval_text(
    low: float, high: float, confidence: float, digits: int = 3, limit: float | None = None
) -> str:
    """Write an interval: ``95 % interval 0.012 to 0.034``; `limit` is what its lower end is held against."""
    level = f"{100 * confidence:g} % interval"
    if math.isnan(low) or math.isnan(high):
        return f"no {level}"
    lower = number(low, digits) if limit is None else beside(low, limit, digits)
    return f"{level} {lower} to {number(high, digits)}"


def amount_text(value: float, metric: str) -> str:
    """Write a difference of a metric with its unit: ``0.030 Dice``, ``1.200 mm``."""
    unit = METRIC[metric].unit
    return f"{number(value)} {unit or METRIC[metric].label}"
