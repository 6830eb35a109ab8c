"""Hazard or odds ratios of the covariates, and whether hazards are proportional."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from nbradiomics.messages.wording import MISSING, against, interval, number, p_value, share
from nbradiomics.outcome.measures.hazards import GLOBAL
from nbradiomics.report.content import Block, Gallery, Picture, Table, Text
from nbradiomics.report.figures.forest import draw_ratios
from nbradiomics.report.run_files import Endpoint, rows_of

_COLUMNS = (
    *("variable", "level", "reference", "ratio", "low", "high", "p", "sd"),
    *("ratio_sd", "low_sd", "high_sd", "joint_p", "ph_p", "reason"),
)
#: Ratios are shown with the side of 1 on which they are, p values with that of 0.05.
_RATIO, _LEVEL = against(number, 1), 0.05


def ratio_blocks(endpoint: Endpoint) -> list[Block]:
    """A forest plot and a table of the ratios; nothing without covariates, or for an earlier release."""
    table = endpoint.ratios
    if table is None or table.empty:
        return []
    kind = _kind(endpoint)
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in rows_of(table, *_COLUMNS)]
    there = [row for row in rows if pd.notna(row["ratio"])]
    if not there:
        return [Text(f"{kind}s of the covariates: none. {_reasons(rows)}.", tone="note")]
    forest = replace(_forest(endpoint, kind, there), name="ratios")
    return [Gallery((forest,), layout="charts"), *_table(endpoint, kind, rows)]


def _kind(endpoint: Endpoint) -> str:
    if endpoint.is_class:
        return "Odds ratio"
    return "Cause-specific hazard ratio" if endpoint.has_competing else "Hazard ratio"


def _reasons(rows: list[dict[str, Any]]) -> str:
    variables: dict[str, list[str]] = {}
    for row in rows:
        variables.setdefault(row["reason"], []).append(row["variable"])
    return "; ".join(f"{reason} ({', '.join(dict.fromkeys(names))})" for reason, names in variables.items())


def _forest(endpoint: Endpoint, kind: str, rows: list[dict[str, Any]]) -> Picture:
    values = {_label(row): _shown(row) for row in rows}
    told = "; ".join(f"{label} {interval(*value, form=_RATIO)}" for label, value in values.items())
    model = "logistic" if endpoint.is_class else "Cox"
    whose = "the external subjects" if endpoint.is_external else "all subjects"
    caption = (
        f"{endpoint.name}: {kind.lower()}s of the covariates",
        (
            f"One ordinary {model} model of the covariates alone, fitted to {whose} with a value of each"
            f"{_positive(endpoint)}; {_confidence(endpoint)}intervals. A number counts per standard "
            "deviation (SD) or 1 against 0, a level against the most frequent one, after the slash. It "
            "describes these subjects and validates nothing."
        ),
    )
    alt = f"{kind}s of the covariates with their intervals. {told}."
    return draw_ratios(values, name=kind, alt=alt, caption=caption)


def _confidence(endpoint: Endpoint) -> str:
    settings = endpoint.summary.get("settings")
    level = settings.get("confidence") if isinstance(settings, dict) else None
    return f"{share(level)} " if isinstance(level, (int, float)) else ""


def _positive(endpoint: Endpoint) -> str:
    facts = endpoint.summary.get("ratios")
    name = facts.get("positive") if isinstance(facts, dict) else None
    return f"; odds of {name!r}" if name else ""


def _label(row: dict[str, Any]) -> str:
    return _name(row) if pd.isna(row["sd"]) else f"{row['variable']} (SD {row['sd']:.3g})"


def _name(row: dict[str, Any]) -> str:
    if row["variable"] == GLOBAL and not row["reason"] and pd.isna(row["ratio"]):
        return "All covariates"
    return f"{row['variable']}: {row['level']} / {row['reference']}" if row["level"] else str(row["variable"])


def _shown(row: dict[str, Any]) -> tuple[float, float, float]:
    end = "" if pd.isna(row["sd"]) else "_sd"
    return row[f"ratio{end}"], row[f"low{end}"], row[f"high{end}"]


def _table(endpoint: Endpoint, kind: str, rows: list[dict[str, Any]]) -> list[Block]:
    timed = not endpoint.is_class
    heading = ["Covariate", f"{kind} [interval]", "Per standard deviation", "p", "p of all levels"]
    cells, before = [], ""
    for row in rows:
        # What belongs to the covariate stands once, beside its first level.
        first, before = row["variable"] != before, row["variable"]
        whole = [row["joint_p"], *([row["ph_p"]] if timed else [])]
        cells.append(
            (
                _name(row),
                str(row["reason"]) or _estimate(row["ratio"], row["low"], row["high"]),
                _estimate(row["ratio_sd"], row["low_sd"], row["high_sd"]),
                _p(row["p"]),
                *(_p(value) if first else "" for value in whole),
            )
        )
    note = (
        "The ratio of a number is per unit of its column, that of an ordered covariate per level, that of a "
        "level against the level after the slash."
    )
    if timed:
        heading.append("p of proportional hazards")
        note += " A small p of proportional hazards says that the ratio changes with time."
    table = Table(tuple(heading), tuple(cells), caption=f"{kind}s of the covariates", name="ratios")
    return [table, Text(note, tone="note")]


def _estimate(value: float, low: float, high: float) -> str:
    return "" if pd.isna(value) else interval(value, low, high, form=_RATIO)


def _p(value: float) -> str:
    text = p_value(value, beside=(_LEVEL,))
    return "" if text == MISSING else text
