"""Metrics of an outcome model beside Harrell's C."""

from __future__ import annotations

import math

from nbradiomics.messages.wording import against, concordance, interval, number
from nbradiomics.report.content import Block, Table
from nbradiomics.report.run_files import Endpoint, rows_of

#: Name of each metric, and the value with which it is compared.
_NAMES = {
    "uno_c": ("Uno's C before {time}", 0.5),
    "auc_t": ("ROC area at {time}", 0.5),
    "brier": ("Brier score{at_time}, smaller is better", None),
    "ibs": ("Mean Brier score up to {time}, smaller is better", None),
    "calibration_slope": ("Calibration slope, 1 is right", 1.0),
    "observed_expected": ("Observed over predicted events{by_time}, 1 is right", 1.0),
    "average_precision": ("Average precision, chance is the share of the class", None),
    "balanced_accuracy": ("Balanced accuracy", 0.5),
    "sensitivity": ("Sensitivity", None),
    "specificity": ("Specificity", None),
    "mcc": ("Matthews' correlation, 0 is chance", 0.0),
}


def metric_blocks(endpoint: Endpoint) -> list[Block]:
    """A table with a row per metric and a column per model; nothing for a run of an earlier release."""
    table = endpoint.performance
    if table is None or not table["metric"].isin(_NAMES).any():
        return []
    table = table[table["metric"].isin(_NAMES)]
    models = list(dict.fromkeys(table["model"]))
    cells: dict[str, dict[str, str]] = {}
    for model, metric, horizon, *limits in rows_of(
        table, "model", "metric", "horizon", "value", "low", "high"
    ):
        name, point = _NAMES[metric]
        at, by = (f" {word} {horizon:g}" if math.isfinite(horizon) else "" for word in ("at", "by"))
        title = name.format(time=f"{horizon:g}", at_time=at, by_time=by)
        cells.setdefault(title, {})[model] = _estimate(point, *limits)
    whose = "external" if endpoint.is_external else "held-out"
    rows = tuple((title, *(of.get(model, "") for model in models)) for title, of in cells.items())
    caption = f"Other metrics of {whose} subjects"
    return [Table(("Metric", *map(str, models)), rows, caption=caption, name="metrics")]


def _estimate(point: float | None, value: float, low: float, high: float) -> str:
    form = concordance if point == 0.5 else number if point is None else against(number, point)
    return interval(value, low, high, form=form) if math.isfinite(low) else form(value, 2)
