"""What the harmonisation of features did: batches, differences between them, and covariates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import counted, number, ratio
from nbradiomics.report.content import Block, Details, Picture, Table, Text
from nbradiomics.report.figures.strips import Strip, draw_strips
from nbradiomics.report.run_files import Endpoint

_STATES = {"before": "before", "after": "after"}
_HOW = (
    "Measured on subjects who did not fit the harmonisation: half of each batch fits it, the other half is "
    "measured (of an external cohort: half of each batch, against the half of the first cohort that did not "
    "fit). Location: F test of the batches after the covariates, on normal scores; scale: Brown and "
    "Forsythe's test; Holm's correction, 5 %. After a harmonisation p values are a little too small (without "
    "any difference, 6 to 9 % of the features are below 5 % before the correction); and a feature that does "
    "not differ in half of the subjects may differ in more. Read the shares. The classifier is "
    "cross-validated among those who are measured; its accuracy has no interval, because none covered in "
    "simulations."
)
_POINTS = "One point per feature: how much of its variance the batches explain, and how far they are apart."
_COVARIATES = (
    "A harmonisation should leave the effects of the covariates. Related: p below 0.05 in a linear model of "
    "the feature, not corrected, on the same subjects; 5 % of the features would be by chance alone."
)


def harmonisation_blocks(endpoint: Endpoint) -> list[Block]:
    """Batches, batch effects before and after, and effects of covariates; nothing without harmonisation."""
    facts = endpoint.summary.get("harmonisation")
    if not isinstance(facts, Mapping) or not facts:
        return []
    blocks: list[Block] = [_levels(facts)]
    effects = facts.get("effects") or {}
    if effects.get("batches"):
        blocks.append(_effects(effects["batches"]))
        if endpoint.site_effects is not None:
            blocks.append(_picture(endpoint.site_effects))
        if effects.get("covariates"):
            blocks += [_kept(effects["covariates"]), Text(_COVARIATES, tone="note")]
        blocks.append(Text(_HOW, tone="note"))
    return [Details("Harmonisation of the features between batches", tuple(blocks))]


def _levels(facts: Mapping[str, Any]) -> Table:
    unseen = facts.get("unseen_batches") or {}
    # An external validation has batches that the first cohort lacks.
    names = {
        column: dict.fromkeys((*levels, *unseen.get(column, {})))
        for column, levels in facts["levels"].items()
    }
    rows = tuple(
        (column, level, str(facts["levels"][column].get(level, 0)), _unseen(unseen, column, level, facts))
        for column, levels in names.items()
        for level in levels
    )
    columns = ("Batch column", "Level", "Subjects of the models", "Without training subjects")
    return Table(columns, rows, text_columns=2, caption="Batches", name="batches")


def _unseen(unseen: Mapping[str, Any], column: str, level: str, facts: Mapping[str, Any]) -> str:
    found = unseen.get(column, {}).get(level)
    if not found:
        return "never"
    return f"in {counted(found['folds'], 'fold')}, {counted(found['subjects'], 'subject')}: {facts['unseen']}"


def _effects(batches: Mapping[str, Any]) -> Table:
    rows = tuple(
        (
            column,
            state,
            f"{values['different']} of {values['features']}",
            str(values["rescaled"]),
            ratio(values["share"]),
            ratio(values["balanced_accuracy"]),
            ratio(values["chance"]),
        )
        for column, states in batches.items()
        for state, values in states.items()
    )
    columns = (
        "Batch column",
        "Features",
        "Location differs",
        "Scale differs",
        "Share of variance, median",
        "Classifier",
        "Chance",
    )
    caption = "Differences between batches before and after the harmonisation; classifier: balanced accuracy"
    return Table(columns, rows, text_columns=2, caption=caption, name="site_effects")


def _kept(covariates: Mapping[str, Any]) -> Table:
    rows = tuple(
        (name, state, f"{values['related']} of {values['features']}", number(values["share"], 3))
        for name, states in covariates.items()
        for state, values in states.items()
    )
    columns = ("Covariate", "Features", "Related", "Share of variance, median")
    caption = "Effects of the covariates before and after the harmonisation"
    return Table(columns, rows, text_columns=2, caption=caption, name="covariate_effects")


def _picture(table: pd.DataFrame) -> Picture:
    groups = list(_groups(table))
    labels = [label for label, _ in groups]
    shares = Strip(
        "Share of the variance", [part["location_share"].to_numpy(float) for _, part in groups], True
    )
    shifts = Strip("Largest shift [SD]", [part["largest_shift"].to_numpy(float) for _, part in groups])
    picture = draw_strips(
        labels,
        [shares, shifts],
        emphasised=[label.endswith("after") for label in labels],
        alt="Differences between batches of each feature, before and after the harmonisation.",
        caption=(_POINTS,),
    )
    return replace(picture, name="site_effects")


def _groups(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for column in dict.fromkeys(table["batch_column"]):
        for state in _STATES:
            part = table[(table["batch_column"] == column) & (table["state"] == state)]
            if np.isfinite(part["location_share"]).any():
                yield f"{column}, {state}", part
