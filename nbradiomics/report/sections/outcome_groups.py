"""The risk groups of a survival endpoint in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import MISSING, against, interval, number, p_value
from nbradiomics.report.content import Block, Table
from nbradiomics.report.run_files import Endpoint, rows_of


def risk_group_blocks(endpoint: Endpoint, level: str) -> list[Block]:
    """A table with a row per model and risk group: subjects, and survival at each horizon.

    `level` is the confidence of the intervals with a space for the next word.
    """
    table = endpoint.kaplan_meier
    if table is None or table.empty:
        return []
    horizons = [float(time) for time in endpoint.summary.get("horizons", [])]
    rows = []
    for (model, group), points in table.groupby(["model", "group"], sort=False):
        subjects = str(int(points["at_risk"].max()))
        survival = (_survival(points.sort_values("time"), time) for time in horizons)
        compared = _compared(endpoint.summary, str(model), str(group)) if endpoint.is_external else ()
        rows.append((str(model), str(group), subjects, *survival, *compared))
    what = "No event by" if endpoint.has_competing else "Survival at"
    heading = [f"{what} {time:g} [{level}interval]" for time in horizons]
    heading += [f"Hazard ratio [{level}interval]", "Log-rank p"] if endpoint.is_external else []
    columns = ("Model", "Risk group", "Subjects", *heading)
    return [Table(columns, tuple(rows), 2, caption="Risk groups", name="risk_groups")]


def _survival(points: pd.DataFrame, time: float) -> str:
    """Kaplan-Meier survival at a time; a dash where nobody of the group is observed so long."""
    last = float(points["time"].max())
    before = points[points["time"] <= time]
    if before.empty or (time > last and points["survival"].iloc[-1] > 0):
        return MISSING
    ((value, low, high),) = rows_of(before.tail(1), "survival", "low", "high")
    # Greenwood's variance is 0 before the first event and after the last subject: that is no precision.
    return interval(value, low, high) if np.isfinite(low) and 0 < value < 1 else number(value)


def _compared(summary: Mapping[str, Any], model: str, group: str) -> Sequence[str]:
    """Hazard ratio and p value of high against low risk, in the row of high risk."""
    found = (summary.get("risk_groups") or {}).get(model)
    if group != "high" or not found:
        return "", ""
    ratio, low, high = found["hazard_ratio"]
    return interval(ratio, low, high, form=against(number, 1)), p_value(found["p"])
