"""Agreement of masks: each metric by pair of readers, the model among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from nbradiomics.report.content import Block, Heading, Table, Text
from nbradiomics.report.figures.strips import Strip, draw_strips
from nbradiomics.report.run_files import CASE, Run, rows_of
from nbradiomics.report.sections.absence import absent_blocks, why_no_agreement
from nbradiomics.report.text import MISSING, NO_BREAK, counted, number, quartiles, ratio
from nbradiomics.tables import AUTO

_NAMES = {
    "dice": "Dice",
    "jaccard": "Jaccard",
    "sensitivity": "Sensitivity",
    "precision": "Precision",
    "fprm": "FPRm",
    "fnr": "FNR",
    "volumetric_similarity": "Volumetric similarity",
    "hd95_mm": "HD95 (mm)",
    "assd_mm": "ASSD (mm)",
}
#: Metrics that tell a mask that is too large from one that is too small; the others know no direction.
_DIRECTED = ("sensitivity", "precision", "fprm", "fnr")
_STATUS = {
    "empty_mask": "first empty",
    "empty_reference": "second empty",
    "both_empty": "both empty",
    "": "failed",
}
Pair = tuple[str, str]


def agreement_blocks(run: Run) -> tuple[Block, ...]:
    """Table and figure of each region, sequence and timepoint on its own."""
    if run.agreement is None:
        return absent_blocks(why_no_agreement(run))
    if run.agreement.empty:
        return (Text("No two masks of one image could be compared."),)
    blocks: list[Block] = []
    strata = list(run.agreement.groupby(list(CASE[1:]), sort=True))
    for key, rows in strata:
        if len(strata) > 1:
            blocks.append(Heading(" · ".join(map(str, key))))
        blocks.extend(_stratum(rows))
    return (*blocks, Text(_SMALL_PRINT, tone="note"))


_PICTURE = (
    "Each point is one image; the box holds the quartiles, the line in it is the median, and the whiskers "
    "reach the lowest and the highest value."
)
_SMALL_PRINT = (
    "Median [quartiles] over the images for which the metric is defined; where these are fewer than the n of "
    "the pair, their number is given. Pairs with an empty mask are counted, not dropped: an overlap of 0 "
    "enters the median, a distance to an empty mask is undefined. The second of a pair is the reference: "
    "sensitivity = TP / (TP + FN), precision = TP / (TP + FP), FPRm = FP / (TP + FN), FNR = FN / (TP + FN). "
    "HD95: the larger of the two directed 95th percentiles of the surface distance; ASSD: the average "
    "symmetric surface distance."
)


def pairs_of(agreement: pd.DataFrame) -> list[Pair]:
    """The model against each reader, then each two readers once, in alphabetical order.

    Of a pair that is there in both directions the one with the model, or the first name, in front.
    """
    found = {(reader, reference) for reader, reference in rows_of(agreement, "reader", "reference")}
    once = [pair for pair in found if pair[::-1] not in found or _in_order(pair)]
    return sorted(once, key=lambda pair: (AUTO not in pair, pair))


def _in_order(pair: Pair) -> bool:
    return pair[0] == AUTO or (pair[1] != AUTO and pair[0] <= pair[1])


def pair_name(pair: Pair) -> str:
    """Write a pair: ``auto vs A``."""
    return f"{pair[0]} vs {pair[1]}"


def _stratum(rows: pd.DataFrame) -> list[Block]:
    metrics = [name for name in rows.columns if name not in (*CASE, "reader", "reference", "status")]
    metrics = [name for name in metrics if pd.api.types.is_numeric_dtype(rows[name])]
    chosen = {pair: _of_pair(rows, pair) for pair in pairs_of(rows)}
    symmetric = [name for name in metrics if name not in _DIRECTED]
    counts = [(pair_name(pair), f"{len(own):,}", _empties(own)) for pair, own in chosen.items()]
    overlap = _table(chosen, symmetric, counts, ("Pair", "n", "Empty or failed"), "Overlap and distance")
    directed = [name for name in metrics if name in _DIRECTED]
    names = [(pair_name(pair),) for pair in chosen]
    error = [_table(chosen, directed, names, ("Pair",), "Direction of the error")] if directed else []
    drawn: list[str] = [name for name in ("dice", "hd95_mm") if name in metrics]
    return [overlap, *error, _picture(chosen, drawn)]


def _table(
    chosen: dict[Pair, pd.DataFrame],
    metrics: list[str],
    heads: Sequence[tuple[str, ...]],
    columns: tuple[str, ...],
    title: str,
) -> Table:
    """One row per pair: what `heads` says of it, then its metrics."""
    rows = tuple(
        (*head, *(_cell(own[name], name) for name in metrics))
        for head, own in zip(heads, chosen.values(), strict=True)
    )
    named = (*columns, *(_NAMES.get(name, name) for name in metrics))
    return Table(named, rows, caption=f"{title}, median [quartiles]")


def _picture(chosen: dict[Pair, pd.DataFrame], metrics: list[str]) -> Block:
    strips = [
        Strip(
            _NAMES[name],
            [own[name].to_numpy(dtype=float) for own in chosen.values()],
            unit_range=name == "dice",
        )
        for name in metrics
    ]
    medians = ", ".join(
        f"{pair_name(pair)} {quartiles(own['dice'], form=ratio)}" for pair, own in chosen.items()
    )
    titles = " and ".join(strip.title for strip in strips)
    return draw_strips(
        [pair_name(pair) for pair in chosen],
        strips,
        emphasised=[AUTO in pair for pair in chosen],
        alt=f"{titles} by pair of readers. Median Dice [quartiles]: {medians}.",
        caption=(_PICTURE,),
    )


def _of_pair(rows: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    return rows[(rows["reader"] == pair[0]) & (rows["reference"] == pair[1])]


def _empties(rows: pd.DataFrame) -> str:
    counts = rows.loc[rows["status"] != "ok", "status"].value_counts()
    if counts.empty:
        return "0"
    return "\n".join(f"{int(amount)} {_STATUS.get(str(name), name)}" for name, amount in counts.items())


def _cell(values: pd.Series, metric: str) -> str:
    defined = int(np.isfinite(values).sum())
    if not defined:
        return MISSING
    form: Callable[[float | None, int], str] = number if metric.endswith("_mm") else ratio
    text = quartiles(values, digits=1 if metric.endswith("_mm") else 2, form=form)
    text = text.replace(" [", "\n[")  # the quartiles under the median: nine metrics stand side by side
    return text if defined == len(values) else f"{text}\nn = {defined}"


def model_facts(agreement: pd.DataFrame) -> tuple[str, str]:
    """Median Dice of the model against each reader: the values and how many pairs stand behind them."""
    pairs = [pair for pair in pairs_of(agreement) if pair[0] == AUTO]
    rows = {pair: _of_pair(agreement, pair) for pair in pairs}
    values = f"{NO_BREAK}· ".join(ratio(_median(own["dice"])) for own in rows.values())
    undone = sum(int((own["status"] != "ok").sum()) for own in rows.values())
    names = ", ".join(pair[1] for pair in pairs)
    return values or MISSING, f"median, against {names}; {counted(undone, 'pair')} empty or failed"


def _median(values: pd.Series) -> float | None:
    defined = values[np.isfinite(values)]
    return None if defined.empty else float(defined.median())
