"""Labels and rounding of agreement metrics; short labels of the order of subjects."""

from __future__ import annotations

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.messages.wording import Form, amount, number, ratio

#: Metrics of the order of the subjects, as a heading of a column names them.
SHORT_ORDERS = {"harrell_c": "C-index", "roc_auc": "ROC area"}


def metric_label(name: str, tolerances: pd.Series | None = None) -> str:
    """Return the name and unit of a metric; surface Dice with its tolerance if `tolerances` (mm) has one."""
    label = METRIC[name].label if name in METRIC else name
    if name != "nsd" or tolerances is None:
        return label
    distinct = sorted(set(tolerances.dropna()))
    return f"{label} ({', '.join(f'{value:g}' for value in distinct)} mm)" if distinct else label


def metric_form(name: str) -> tuple[Form, int]:
    """Return the function that formats a value of a metric, and the number of decimals."""
    metric = METRIC.get(name)
    if metric is None or metric.high is not None:
        return ratio, 2
    form = number if metric.low is None else amount
    return form, 1 if metric.unit and name != "signed_distance_mm" else 2


def write_metric(name: str, value: float | None, *, more: int = 0) -> str:
    """Format a value of a metric; `more` adds decimals if small differences matter."""
    form, digits = metric_form(name)
    return form(value, digits + more)
