"""Are the predicted probabilities right, and would decisions by them help?"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from nbradiomics.messages.wording import number
from nbradiomics.report.content import Block, Gallery, Picture
from nbradiomics.report.figures.probabilities import draw_calibration, draw_decision
from nbradiomics.report.run_files import Endpoint

#: Treated subjects from which on a net benefit is drawn.
FEWEST_TREATED = 5


def probability_blocks(endpoint: Endpoint) -> list[Block]:
    """Calibration and decision curve at each horizon or of each class; nothing for an earlier release."""
    if endpoint.is_class:
        calibration, decision, by = endpoint.class_calibration, endpoint.class_decision, "class"
    else:
        calibration, decision, by = endpoint.calibration, endpoint.decision, "horizon"
    settings = endpoint.summary.get("settings")
    once = bool(endpoint.summary.get("sites")) or not settings or settings.get("repeats") == 1
    held_out = "out of fold" if once else "out of fold and averaged over the repeats"
    whose = "of the external subjects" if endpoint.is_external else held_out
    shown = _with_enough_treated(decision, endpoint.summary.get("subjects"))
    pictures = [*_calibration(endpoint, calibration, by, whose), *_decision(endpoint.name, shown, by)]
    return [Gallery(tuple(pictures), layout="charts")] if pictures else []


def _parts(table: pd.DataFrame | None, by: str, *shown: str) -> list[tuple[str, dict[str, pd.DataFrame]]]:
    """Rows of each model, for each horizon or class, which is named as in ``at 365`` or ``of mutant``."""
    if table is None:
        return []
    known = table.dropna(subset=list(shown))  # a curve without a point would be an empty picture
    return [
        (
            f"of {value}" if by == "class" else f"at {float(str(value)):g}",
            {str(model): part for model, part in rows.groupby("model", sort=False)},
        )
        for value, rows in table.groupby(by, sort=by == "horizon")
        if value in set(known[by])
    ]


def _words(endpoint: Endpoint) -> tuple[str, str, str]:
    """Say what is predicted, how it was observed, and what a point off the diagonal means."""
    if endpoint.is_class:
        return "probability", "share of the class in the group", "above it the model predicts too low"
    few = "below it the model predicts too few events"
    if endpoint.has_competing:
        return "probability of no event", "1 - cumulative incidence (Aalen-Johansen) of the group", few
    return "survival", "Kaplan-Meier survival of the group", few


def _calibration(endpoint: Endpoint, table: pd.DataFrame | None, by: str, whose: str) -> list[Picture]:
    name = endpoint.name
    of, observed, below = _words(endpoint)
    pictures = []
    for where, models in _parts(table, by, "predicted", "observed"):
        values = "; ".join(
            f"{model}: " + ", ".join(_pair(*pair) for pair in _columns(part, "predicted", "observed"))
            for model, part in models.items()
        )
        caption = (
            f"{name}: calibration {where}",
            (
                f"Subjects in groups of equal size by predicted {of}, {whose}: mean prediction against "
                f"{observed}. On the diagonal the predictions have the right size; {below}."
            ),
        )
        alt = f"Calibration {where}, predicted and observed {of} of each group. {values}."
        picture = draw_calibration(models, of=of, title=caption[0], alt=alt, caption=caption)
        pictures.append(replace(picture, name=f"calibration_{where}"))
    return pictures


def _with_enough_treated(table: pd.DataFrame | None, subjects: object) -> pd.DataFrame | None:
    """Leave out net benefits of a handful of treated subjects, which are noise."""
    if table is None or not isinstance(subjects, int):
        return table
    enough = table["treated"] * subjects >= FEWEST_TREATED
    return table.assign(net_benefit=table["net_benefit"].where(enough))


def _decision(name: str, table: pd.DataFrame | None, by: str) -> list[Picture]:
    what = "class" if by == "class" else "event"
    pictures = []
    for where, models in _parts(table, by, "net_benefit"):
        caption = (
            f"{name}: decision curve {where}",
            (
                f"Net benefit of treating the subjects whose predicted probability of the {what} reaches the "
                "threshold, beside treating everybody and nobody. A model helps at thresholds where its line "
                "is the highest; which thresholds make sense is a clinical question. A line ends where fewer "
                f"than {FEWEST_TREATED} subjects would be treated."
            ),
        )
        best = "; ".join(_best(model, part) for model, part in models.items())
        alt = f"Decision curves {where}. {best}."
        picture = draw_decision(models, title=caption[0], alt=alt, caption=caption)
        pictures.append(replace(picture, name=f"decision_{where}"))
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
