"""What an external cohort is too small to tell, from the widths of its intervals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.messages.wording import counted, number

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.outcome.tasks import Task

UNTOLD = "What can this cohort not tell?"
#: Observed over expected events, and slopes, between which a model is about right.
_ABOUT_RIGHT = (0.8, 1.25)
#: Differences of the order (C, ROC area) that matter to a reader.
_MATTERS = 0.1


def cannot_be_told(performance: pd.DataFrame, task: Task, amount: int) -> str:
    """Say which questions the intervals of the largest model leave open.

    Parameters
    ----------
    performance
        Columns of `outcome.performance_schema.PERFORMANCE`.
    task
        Kind of outcome.
    amount
        Events, or subjects of the smallest class.
    """
    models = list(dict.fromkeys(performance["model"]))
    model = next((name for name in ("combined", "radiomic") if name in models), models[-1])
    rows = performance[performance["model"] == model]
    events = counted(amount, *task.informative)
    if rows["low"].isna().all():
        return f"There is no interval, so that nothing is known of how sure the results of {events} are."
    open_questions = [*_of_order(rows, task), *_of_ratio(rows), *_of_slope(rows)]
    if not open_questions:
        return f"The intervals of the {model} model are narrow enough for all questions above ({events})."
    return f"With {events} it stays open, for the {model} model, {'; '.join(open_questions)}."


def _limits(rows: pd.DataFrame, metric: str) -> Iterator[tuple[float, float, float, str]]:
    chosen = rows[rows["metric"] == metric]
    for horizon, value, low, high in zip(
        *(chosen[name] for name in ("horizon", "value", "low", "high")), strict=True
    ):
        if np.isfinite(low):
            yield value, low, high, f" by {horizon:g}" if np.isfinite(horizon) else ""


def _of_order(rows: pd.DataFrame, task: Task) -> Iterator[str]:
    shown = f"how well it orders subjects ({task.order_name}"
    found = list(_limits(rows, task.order))
    if not found:
        yield f"{shown} has no interval)"
    for _, low, high, _ in found:
        if high - low > _MATTERS:
            yield f"{shown} {number(low, 2)} to {number(high, 2)}: {number(high - low, 2)} wide)"


def _of_ratio(rows: pd.DataFrame) -> Iterator[str]:
    for _, low, high, when in _limits(rows, "observed_expected"):
        if low < _ABOUT_RIGHT[0] and high > _ABOUT_RIGHT[1]:
            yield (
                f"whether it predicts too many or too few events{when} (observed over expected "
                f"{number(low, 2)} to {number(high, 2)})"
            )
        elif low < _ABOUT_RIGHT[0] < high < _ABOUT_RIGHT[1] or _ABOUT_RIGHT[0] < low < _ABOUT_RIGHT[1] < high:
            yield (
                f"whether the number of events{when} is about right (observed over expected {number(low, 2)} "
                f"to {number(high, 2)})"
            )


def _of_slope(rows: pd.DataFrame) -> Iterator[str]:
    for _, low, high, _ in _limits(rows, "calibration_slope"):
        sides = {"large": low < _ABOUT_RIGHT[0] < high, "small": low < _ABOUT_RIGHT[1] < high}
        if wrong := " or too ".join(side for side, is_open in sides.items() if is_open):
            limits = f"{number(low, 2)} to {number(high, 2)}"
            yield f"whether its differences between subjects are too {wrong} (slope {limits})"
