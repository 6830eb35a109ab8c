"""Numbers as sentences write them."""

from __future__ import annotations

import math

from nbradiomics.agreement.metrics import METRIC


def number(value: float, digits: int = 3) -> str:
    """Write a number with some digits after the point; ``-0.000`` is ``0.000``."""
    if not math.isfinite(value):
        return "unknown"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def counted(amount: int, one: str, several: str | None = None) -> str:
    """Write how many there are of something: ``1 case``, ``3 cases``."""
    return f"{amount} {one if amount == 1 else several or one + 's'}"


def p_text(p: float) -> str:
    """Write a p value: ``p = 0.012``, ``p < 0.001``."""
    return "p < 0.001" if p < 0.0005 else f"p = {number(p)}"


def interval_text(low: float, high: float, confidence: float, digits: int = 3) -> str:
    """Write an interval: ``95 % interval 0.012 to 0.034``."""
    level = f"{100 * confidence:g} % interval"
    if math.isnan(low) or math.isnan(high):
        return f"no {level}"
    return f"{level} {number(low, digits)} to {number(high, digits)}"


def amount_text(value: float, metric: str) -> str:
    """Write a difference of a metric with its unit: ``0.030 Dice``, ``1.200 mm``."""
    unit = METRIC[metric].unit
    return f"{number(value)} {unit or METRIC[metric].label}"
