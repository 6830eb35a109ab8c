"""How well two masks must agree before a feature can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.errors import NbradiomicsError
from nbradiomics.messages.wording import MISSING, counted, number, share
from nbradiomics.nomenclature.registry import CLASSES
from nbradiomics.report.content import Block, Details, Heading, Picture, Sentences, Table, Text
from nbradiomics.report.feature_names import OTHER, feature_class, plain_names
from nbradiomics.report.figures.needed_curves import NeededPanel, draw_needed_curves
from nbradiomics.report.figures.needed_dots import NeededDot, draw_needed_dots
from nbradiomics.report.formatting import shorten
from nbradiomics.report.metric_text import metric_form, metric_label
from nbradiomics.report.run_files import Run, rows_of
from nbradiomics.report.sections.missing_parts import absent_blocks, why_no_needed_agreement
from nbradiomics.report.sections.needed_words import (
    answer,
    class_rows,
    levels_of,
    needed_text,
    sentences,
)
from nbradiomics.reproducibility.needed_agreement import (
    EVERYWHERE,
    INDEPENDENT,
    INSIDE,
    METRICS,
    NeededAgreementSettings,
    contexts_of,
    curve_of,
    join_pairs,
)

_PANELS = 6


def needed_agreement_blocks(run: Run) -> tuple[Block, ...]:
    """The answer in words, the pairs of a few features, the needed agreement of all, tables."""
    if not run.needed:
        return absent_blocks(why_no_needed_agreement(run))
    blocks: list[Block] = []
    for context, table in run.needed.items():
        if len(run.needed) > 1:
            blocks.append(Heading(context or "all"))
        blocks += _context(run, context, table)
    return (*blocks, Text(_SMALL_PRINT, tone="note"))


_SMALL_PRINT = (
    "The needed agreement is the agreement of two masks from which the stated share of the pairs keeps the "
    "feature within its limit. It speaks of masks and subjects like these: readers or models that make other "
    "errors need another agreement. Not reached: not even the best pairs reach the share. A feature that is "
    "undefined for one of the two masks counts as outside its limit."
)


def _context(run: Run, context: str, table: pd.DataFrame) -> list[Block]:
    if table.empty:
        return [Text("The feature table contains no feature.")]
    metric = str(table["metric"].iloc[0])
    main = table[table["metric"] == metric]
    blocks: list[Block] = [Text(answer(main, metric), tone="answer")]
    blocks.append(Sentences(tuple(sentences(main, run.needed_left_out.get(context)))))
    if main["reached"].isin((INSIDE, EVERYWHERE)).any():
        pictures = [_curves(run, context, main, metric), _dots(main, metric)]
        blocks += [picture for picture in pictures if picture is not None]
        blocks.append(_by_class(main, metric))
    blocks.append(Details("All features", (_all_features(table),)))
    return blocks


def _grouped(table: pd.DataFrame) -> pd.DataFrame:
    """Rows by class, in each class by the needed agreement, the least demanding feature first."""
    metric = str(table["metric"].iloc[0])
    classes = table["feature"].map(feature_class)
    order = {name: place for place, name in enumerate((*CLASSES, OTHER))}
    demand = np.where(table["reached"] == "nowhere", np.inf, table["needed"] * (1 if METRICS[metric] else -1))
    keyed = table.assign(group=classes, _class=classes.map(order), _demand=demand)
    ordered = keyed.sort_values(["_class", "_demand"], kind="stable", na_position="last")
    return ordered.drop(columns=["_class", "_demand"])


def _chosen(table: pd.DataFrame) -> list[int]:
    """Rows to draw: the median feature of each class, or of one or two classes features of every demand."""
    known = _grouped(table[table["limit"].notna() & (table["reached"] != "")])
    if known["group"].nunique() > 2:
        middles = [rows.index[len(rows) // 2] for _, rows in known.groupby("group", sort=False)]
        return [int(place) for place in middles]
    places = np.unique(np.linspace(0, len(known) - 1, min(_PANELS, len(known))).round().astype(int))
    return [int(known.index[place]) for place in places]


def _kinds(run: Run) -> tuple[str, ...]:
    """Kinds of pair that the study asked for."""
    study = run.provenance.get("study")
    section = study.get("needed_agreement") if isinstance(study, Mapping) else None
    kinds = section.get("pairs") if isinstance(section, Mapping) else None
    return tuple(kinds) if isinstance(kinds, (list, tuple)) and kinds else INDEPENDENT


def _curves(run: Run, context: str, table: pd.DataFrame, metric: str) -> Picture | None:
    """Pairs of a few features; none if the tables of the masks are not there any more."""
    if run.features is None or run.agreement is None:
        return None
    rows = contexts_of(run.features, _kinds(run)).get(context)
    if rows is None:
        return None
    first = table.iloc[0]
    made_with: dict[str, Any] = {"share": first["share"], "scale": first["scale"], "pairs": _kinds(run)}
    made_with["metrics"] = (metric,)
    settings = NeededAgreementSettings(**made_with)
    try:
        joined = join_pairs(run.features, run.agreement, rows, settings)
    except NbradiomicsError:
        return None
    chosen = table.loc[_chosen(table)]
    names = plain_names(list(table["feature"]))
    longest = 26 if len(chosen) <= _PANELS else 20
    panels = []
    for row in chosen.to_dict("records"):
        curve = curve_of(joined, row["feature"], metric, row["limit"], settings)
        needed = row["needed"] if row["reached"] == INSIDE else np.nan
        panels.append(
            NeededPanel(
                f"{shorten(names[row['feature']], longest)}\n{needed_text(row, metric)}",
                curve.agreement,
                curve.ratios,
                curve.needed,
                curve.multiples,
                needed,
                row["low"],
                row["high"],
            )
        )
    label = metric_label(metric)
    part = float(table["share"].iloc[0])
    caption = (
        f"Difference between two masks, as a multiple of the limit, against {label}",
        f"The curve, below which {share(part)} of pairs lie, crosses the limit at the needed agreement.",
        "Triangles lie beyond the axis.",
    )
    needs = "; ".join(panel.title.replace("\n", ": ") for panel in panels)
    alt = f"Differences of {counted(len(panels), 'feature')} against {label}. Needed agreement: {needs}."
    return draw_needed_curves(
        panels, metric=label, higher_is_better=METRICS[metric], share=part, alt=alt, caption=caption
    )


def _dots(table: pd.DataFrame, metric: str) -> Picture:
    grouped = _grouped(table)
    names: dict[str, str] = {}
    for _, rows in grouped.groupby("group", sort=False):  # the class stands above its features
        names |= plain_names(list(rows["feature"]))
    columns = ("feature", "group", "needed", "low", "high", "reached")
    dots = [
        NeededDot(names[feature], group, needed, low, high, reached)
        for feature, group, needed, low, high, reached in rows_of(grouped, *columns)
    ]
    ends = _ends(table, better=METRICS[metric])
    label = metric_label(metric)
    caption = (
        f"Needed agreement of all features: {label}",
        "Lines are confidence intervals; an arrow: the interval goes beyond the observed agreement.",
    )
    return draw_needed_dots(
        dots,
        metric=label,
        ends=ends,
        higher_is_better=METRICS[metric],
        alt=answer(table, metric),
        caption=caption,
    )


def _ends(table: pd.DataFrame, *, better: bool) -> tuple[float, float]:
    """Worst and best end of the axis: the best observed agreement, and the worst that a feature needs."""
    shown = table[["needed", "low", "high"]].to_numpy(dtype=float)
    observed = table["worst"], table["best"]
    if better:
        return max(float(observed[0].min()), float(np.nanmin(shown)) - 0.05), float(observed[1].max())
    return min(float(observed[0].max()), float(np.nanmax(shown)) * 1.1), float(observed[1].min())


def _by_class(table: pd.DataFrame, metric: str) -> Table:
    form, digits = metric_form(metric)
    levels = levels_of(metric)
    columns = (
        "Class",
        "Features",
        f"Needed {metric_label(metric)}, median [range]",
        *(f"Trusted at {form(level, digits)}" for level in levels),
        "Not reached",
        "No answer",
    )
    return Table(
        columns,
        tuple(class_rows(_grouped(table), metric)),
        caption="Features by class. Trusted: masks of this agreement are good enough; in brackets: also by "
        "the demanding end of the interval",
    )


def _all_features(table: pd.DataFrame) -> Table:
    metrics = list(dict.fromkeys(table["metric"]))
    by_metric = {metric: table[table["metric"] == metric].set_index("feature") for metric in metrics}
    first = by_metric[metrics[0]]
    rows = tuple(
        (
            feature,
            _limit_text(row),
            number(row["within"] * 100, 0) if np.isfinite(row["within"]) else MISSING,
            f"{row['pairs']} ({row['subjects']})",
            *(needed_text(by_metric[metric].loc[feature].to_dict(), metric) for metric in metrics),
            str(row["reason"]),
        )
        for feature, row in zip(first.index, first.to_dict("records"), strict=True)
    )
    heads = (f"Needed {metric_label(metric)}" for metric in metrics)
    return Table(("Feature", "Limit", "% within", "Pairs (subjects)", *heads, "Reason"), rows)


def _limit_text(row: dict[str, object]) -> str:
    limit = float(str(row["limit"]))
    if not np.isfinite(limit):
        return MISSING
    return f"factor {limit:.3g}" if row["scale"] == "log" else f"{limit:.3g}"
