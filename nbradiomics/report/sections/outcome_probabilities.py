"""Are the predicted probabilities right, and would decisions by them help?"""

from __future__ import annotations

import pandas as pd

from nbradiomics.messages.wording import number
from nbradiomics.report.content import Block, Gallery, Picture
from nbradiomics.report.figures.probabilities import draw_calibration, draw_decision
from nbradiomics.report.run_files import Endpoint


def probability_blocks(endpoint: Endpoint) -> list[Block]:
    """Calibration and decision curve at each horizon; nothing for a run of an earlier release."""
    pictures = [*_calibration(endpoint), *_decision(endpoint)]
    return [Gallery(tuple(pictures), layout="charts")] if pictures else []


def _by_horizon(table: pd.DataFrame | None) -> list[tuple[float, dict[str, pd.DataFrame]]]:
    if table is None:
        return []
    return [
        (float(str(horizon)), {str(model): part for model, part in rows.groupby("model", sort=False)})
        for horizon, rows in table.groupby("horizon")
    ]


def _calibration(endpoint: Endpoint) -> list[Picture]:
    pictures = []
    for horizon, models in _by_horizon(endpoint.calibration):
        told = "; ".join(
            f"{model}: " + ", ".join(_pair(*pair) for pair in _columns(part, "predicted", "observed"))
            for model, part in models.items()
        )
        caption = (
            f"{endpoint.name}: calibration at {horizon:g}",
            (
                "Subjects in groups of equal size by predicted survival, out of fold and averaged over the "
                "repeats: mean prediction against Kaplan-Meier survival of the group. On the diagonal the "
                "predictions have the right size; below it the model predicts too few events."
            ),
        )
        alt = f"Calibration at {horizon:g}, predicted and observed survival of each group. {told}."
        pictures.append(draw_calibration(models, title=caption[0], alt=alt, caption=caption))
    return pictures


def _decision(endpoint: Endpoint) -> list[Picture]:
    pictures = []
    for horizon, models in _by_horizon(endpoint.decision):
        caption = (
            f"{endpoint.name}: decision curve at {horizon:g}",
            (
                "Net benefit of treating the subjects whose predicted probability of the event reaches the "
                "threshold, beside treating everybody and nobody. A model helps at thresholds where its line "
                "is the highest; which thresholds make sense is a clinical question."
            ),
        )
        best = "; ".join(_best(model, part) for model, part in models.items())
        alt = f"Decision curves at {horizon:g}. {best}."
        pictures.append(draw_decision(models, title=caption[0], alt=alt, caption=caption))
    return pictures


def _columns(part: pd.DataFrame, *names: str) -> list[tuple[float, ...]]:
    return list(part[list(names)].itertuples(index=False, name=None))


def _pair(predicted: float, observed: float) -> str:
    return f"{number(predicted)} and {number(observed)}"


def _best(model: str, part: pd.DataFrame) -> str:
    """Say at which thresholds a model is better than treating everybody and nobody."""
    better = part["threshold"][part["net_benefit"] > part["treat_all"].clip(lower=0).fillna(0)]
    if better.empty:
        return f"{model}: nowhere above treating everybody and nobody"
    which = f"{len(better)} of {len(part)} thresholds, from {better.min():g} to {better.max():g}"
    return f"{model}: above both at {which}"
