"""The trial of the radiomic model: the verdict, the picture of what each control costs, the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.messages.wording import against, concordance, counted, number, share
from nbradiomics.outcome.trial_schema import PERMUTED, REAL
from nbradiomics.report.content import Block, Details, Heading, Picture, Sentences, Table, Text
from nbradiomics.report.figures.trial_forest import Tried, draw_trial, estimate_text
from nbradiomics.report.metric_text import SHORT_ORDERS
from nbradiomics.report.run_files import Endpoint

_VALUE, _COST = ("value", "low", "high"), ("cost", "cost_low", "cost_high")
_NAMES = {
    REAL: "real features",
    "shuffled": "shuffled voxels",
    "random": "random voxels",
    "neighbourhood": "tissue around it",
    "ring": "ring",
    "displaced": "displaced mask",
    "whole": "whole image",
    "volume": "volume alone",
    "shape": "shape alone",
}


def trial_blocks(endpoint: Endpoint) -> list[Block]:
    """The verdict first, then picture, table and the other sentences; nothing without a trial."""
    facts = endpoint.summary.get("trial")
    table = endpoint.controls
    if not isinstance(facts, Mapping) or table is None or table.empty:
        return []
    verdict = Text(str(facts.get("verdict", "")), tone="answer")
    blocks: list[Block] = [Heading(f"{endpoint.name}: is it real? The same model on controls"), verdict]
    if np.isfinite(table["value"]).any():
        blocks.append(_picture(table, endpoint.summary))
    blocks.append(Details("The trial in numbers", (_table(table), *_sentences(facts))))
    return blocks


def _sentences(facts: Mapping[str, Any]) -> list[Block]:
    sentences = facts.get("sentences")
    return [Sentences(tuple(map(str, sentences)))] if isinstance(sentences, list) and sentences else []


def _name(features: str) -> str:
    return _NAMES.get(features, features)


def _picture(table: pd.DataFrame, summary: Mapping[str, Any]) -> Picture:
    order = SHORT_ORDERS.get(str(table["metric"].iloc[0]), "order")
    known = table[np.isfinite(table["value"])]
    tried = [
        Tried(
            _name(str(row["features"])),
            _triple(row, _VALUE),
            _triple(row, _COST),
            is_real=row["features"] == REAL,
            is_chance=row["features"] == PERMUTED,
        )
        for _, row in known.iterrows()
    ]
    margins = known["margin"].dropna()
    margin = float(margins.iloc[0]) if len(margins) else np.nan
    told = "; ".join(f"{one.name} {estimate_text(one.value, concordance)}" for one in tried)
    picture = draw_trial(
        tried,
        order=order,
        margin=margin,
        alt=f"{order} of the radiomic model by its features: {told}.",
        caption=_caption(order, margin, summary),
    )
    return replace(picture, name="controls")


def _triple(row: Mapping[Any, Any] | pd.Series, columns: Sequence[str]) -> tuple[float, float, float]:
    value, low, high = (float(row[name]) for name in columns)
    return value, low, high


def _caption(order: str, margin: float, summary: Mapping[str, Any]) -> tuple[str, ...]:
    settings = summary.get("settings")
    level = settings.get("confidence") if isinstance(settings, Mapping) else None
    refitted = isinstance(level, (int, float)) and summary.get("intervals") == "refit"
    kind = f" with its {share(level)} interval" if refitted and level is not None else ", without intervals"
    facts = summary["trial"]
    sides = (
        f"Left: {order} of the radiomic model on held-out subjects{kind}; 0.5 is chance. Right: what the "
        "other features cost, in the same folds and samples of the subjects."
    )
    lines = [sides]
    if np.isfinite(margin):
        lines.append(
            f"Band: costs below {number(margin, 2, beside=(0,))}, which count as none; only an interval that "
            "ends inside or left of it shows that nothing is lost."
        )
    permutations = counted(int(facts.get("permutations", 0)), "permutation")
    lines.append(f"Permuted outcome: mean of {permutations}; the dotted line is where single ones lie.")
    return ("What the radiomic model needs", *lines)


def _table(table: pd.DataFrame) -> Table:
    rows = tuple(
        (
            _name(str(row["features"])),
            str(row["decision"]) if isinstance(row["decision"], str) else "",
            "" if pd.isna(row["subjects"]) else str(int(row["subjects"])),
            estimate_text(_triple(row, _VALUE), concordance),
            estimate_text(_triple(row, _COST), against(number, 0, row["margin"]))
            if np.isfinite(row["cost"])
            else "",
        )
        for _, row in table.iterrows()
    )
    order = SHORT_ORDERS.get(str(table["metric"].iloc[0]), "order")
    columns = ("Features", "Decision", "Subjects", f"{order} [interval]", "Cost [interval]")
    caption = "The same model, folds and samples on other features"
    return Table(columns, rows, text_columns=2, caption=caption, name="controls")
