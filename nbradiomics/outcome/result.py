"""What an outcome evaluation gives, and its files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbradiomics.files.atomic import write_text
from nbradiomics.tables import write_table
from nbradiomics.tables.result import Result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class OutcomeResult(Result):
    """Result of :func:`nbradiomics.outcome.evaluate_outcome`.

    Attributes
    ----------
    performance
        ``model, metric, value, low, high``: Harrell's C of the out-of-fold risks averaged over repeats
        (``harrell_c``), and for ``combined`` its gain over ``clinical``
        (``harrell_c_gain_over_clinical``), with percentile bootstrap intervals over subjects.
    predictions
        ``subject, model, repeat, fold, risk, time, event, group``: one row per subject, model and repeat;
        ``risk`` is the out-of-fold log partial hazard.
    kaplan_meier
        ``model, group, time, survival, low, high, at_risk``: curves of the out-of-fold risk groups.
    selection
        ``model, feature, frequency, coefficient``: share of folds in which a column entered the Cox
        model, and its mean log hazard ratio in those, per standard deviation or as ``level_meaning`` of the
        summary says. Under a ridge penalty every column that passes the filters enters, so the share is
        that of the filters and no measure of importance.
    flow
        ``subject, reason``: who was left out and why.
    summary
        What was analysed and found, ready for JSON; ``sentences`` says it in English.
    """

    performance: pd.DataFrame
    predictions: pd.DataFrame
    kaplan_meier: pd.DataFrame
    selection: pd.DataFrame
    flow: pd.DataFrame
    summary: dict[str, Any]


def write_outcome(result: OutcomeResult, folder: str | Path) -> None:
    """Write a result as five CSV tables and ``summary.json``.

    Parameters
    ----------
    result
        What to write.
    folder
        Made where it is absent; gets ``performance.csv``, ``predictions.csv``, ``kaplan_meier.csv``,
        ``selection.csv``, ``excluded.csv`` and ``summary.json``.
    """
    folder = Path(folder)
    write_table(result.performance, folder / "performance.csv")
    write_table(result.predictions, folder / "predictions.csv")
    write_table(result.kaplan_meier, folder / "kaplan_meier.csv")
    write_table(result.selection, folder / "selection.csv")
    write_table(result.flow, folder / "excluded.csv")
    summary = json.dumps(result.summary, indent=2, ensure_ascii=False, allow_nan=False)
    write_text(summary + "\n", folder / "summary.json")
