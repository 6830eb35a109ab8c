"""How a metric of agreement is called and rounded."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.report.text import number, ratio

Form = Callable[[float | None, int], str]


def metric_label(name: str, tolerances: pd.Series | None = None) -> str:
    """Name of a metric with its unit; surface Dice with its tolerance where `tolerances` (mm) tell one."""
    label = METRIC[name].label if name in METRIC else name
    if name != "nsd" or tolerances is None:
        return label
    found = sorted(set(tolerances.dropna()))
    return f"{label} ({', '.join(f'{value:g}' for value in found)} mm)" if found else label


def metric_form(name: str) -> tuple[Form, int]:
    """Function that writes a value of a metric, and its number of decimals."""
    metric = METRIC.get(name)
    if metric is None or metric.high == 1:
        return ratio, 2
    # FPRm may exceed 1: "> 0.99" would hide by how much.
    return number, 1 if metric.unit and name != "signed_distance_mm" else 2


def write_metric(name: str, value: float | None, *, more: int = 0) -> str:
    """Write a value of a metric, with some decimals more than usual where small differences count."""
    form, digits = metric_form(name)
    return form(value, digits + more)
