"""Metrics of an outcome model beside Harrell's C."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from nbradiomics.messages.wording import against, concordance, interval, number
from nbradiomics.report.content import Block, Table
from nbradiomics.report.run_files import Endpoint, rows_of

#: Name of each metric, and the value with which it is compared.
_NAMES: Mapping[str, tuple[str, float | None]] = {
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
#: What a model gains over another one.
GAINS = {
    "harrell_c_gain_over_clinical": "Gain in C-index over clinical",
    "harrell_c_gain_over_volume": "Gain in C-index over the volume alone",
    "roc_auc_gain_over_clinical": "Gain in ROC area over clinical",
    "roc_auc_gain_over_volume": "Gain in ROC area over the volume alone",
}
#: All metrics, with the order of the subjects first.
ALL_NAMES: Mapping[str, tuple[str, float | None]] = {
    "harrell_c": ("Harrell's C-index", 0.5),
    "roc_auc": ("ROC area", 0.5),
    **_NAMES,
    **{metric: (name, 0.0) for metric, name in GAINS.items()},
}


def metric_blocks(endpoint: Endpoint) -> list[Block]:
    """A table with a row per metric and a column per model; nothing for a run of an earlier release."""
    table = endpoint.performance
    if table is None or not table["metric"].isin(_NAMES).any():
        return []
    scores = list(rows_of(table, "model", "metric", "horizon", "value", "low", "high"))
    models = list(dict.fromkeys(model for model, metric, *_ in scores if metric in _NAMES))
    whose = "external" if endpoint.is_external else "held-out"
    caption = f"Other metrics of {whose} subjects"
    rows = score_rows(scores, models, _NAMES)
    return [Table(("Metric", *map(str, models)), rows, caption=caption, name="metrics")]


def score_rows(
    scores: Iterable[tuple[str, str, float, float, float, float]],
    models: Sequence[str],
    names: Mapping[str, tuple[str, float | None]],
) -> tuple[tuple[str, ...], ...]:
    """Rows of a table with a row per metric and a column per model.

    Parameters
    ----------
    scores
        Model, metric, horizon, value and its limits; NaN for none.
    models
        Models, in the order of the columns.
    names
        Metrics to show, as in `ALL_NAMES`.
    """
    cells: dict[str, dict[str, str]] = {}
    for model, metric, horizon, *limits in scores:
        if metric not in names:
            continue
        name, point = names[metric]
        at, by = (f" {word} {horizon:g}" if math.isfinite(horizon) else "" for word in ("at", "by"))
        title = name.format(time=f"{horizon:g}", at_time=at, by_time=by)
        cells.setdefault(title, {})[model] = _estimate(point, *limits)
    return tuple((title, *(of.get(model, "") for model in models)) for title, of in cells.items())


def _estimate(point: float | None, value: float, low: float, high: float) -> str:
    form = concordance if point == 0.5 else number if point is None else against(number, point)
    return interval(value, low, high, form=form) if math.isfinite(low) else form(value, 2)
