"""Agreement of masks: each metric by pair of readers, including the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.pairs import AUTO_PAIR
from nbradiomics.cohort.in_training import left_out_sentence, seen_subjects
from nbradiomics.messages.wording import MISSING, NO_BREAK, counted, ratio
from nbradiomics.report.agreement_rows import shown_rows
from nbradiomics.report.content import Block, Details, Heading, Table, Text
from nbradiomics.report.figures.strips import Strip, draw_strips
from nbradiomics.report.formatting import quartiles
from nbradiomics.report.metric_text import metric_form, metric_label
from nbradiomics.report.run_files import CASE, Run, rows_of
from nbradiomics.report.sections.missing_parts import absent_blocks, why_no_agreement
from nbradiomics.tables import AUTO

#: Title and metrics of each table that is always visible (_SHOWN) or folded (_FOLDED).
_SHOWN = {
    "Overlap and distance": (
        "dice",
        "nsd",
        "volumetric_similarity",
        "hd95_mm",
        "assd_mm",
        "centroid_distance_mm",
    ),
    "Direction of the error": (
        "sensitivity",
        "precision",
        "fprm",
        "fnr",
        "volume_difference_ml",
        "signed_distance_mm",
    ),
}
_FOLDED = {
    "Further overlap and distance": ("jaccard", "hd_mm"),
    "Metrics that count the background": ("specificity", "kappa", "auc_binary", "auc"),
    "Lesions found": ("lesion_sensitivity", "lesion_precision", "lesion_f1"),
}
_STATUS = {
    "empty_mask": "first mask empty",
    "empty_reference": "second mask empty",
    "both_empty": "both masks empty",
    "": "failed",
}
Pair = tuple[str, str]


def agreement_blocks(run: Run) -> tuple[Block, ...]:
    """Tables and a figure for each region, sequence and timepoint."""
    if run.agreement is None:
        return absent_blocks(why_no_agreement(run))
    shown, edited = shown_rows(run.agreement)
    if shown.empty:
        return (Text("No two masks of the same image could be compared."),)
    blocks: list[Block] = [Text(EDITED_WARNING, tone="warning")] if edited else []
    strata = list(shown.groupby(list(CASE[1:]), sort=True))
    for key, rows in strata:
        if len(strata) > 1:
            blocks.append(Heading(" · ".join(map(str, key))))
        blocks.extend(_stratum(rows, edited))
    return (*blocks, *_others(run.agreement, edited), *_seen(run), Text(_SMALL_PRINT, tone="note"))


EDITED_WARNING = (
    "The references are automatic masks that a reader edited. They depend on the automatic mask: the "
    "agreement of the model with them is too good, and does not show how well the model agrees with a reader "
    "who drew without the automatic mask."
)
_PICTURE = (
    "Each point is one image. The box shows the quartiles, the line in it is the median, and the whiskers "
    "reach the lowest and the highest value."
)
_SMALL_PRINT = (
    "Median [quartiles] over the images of each pair of masks for which the metric is defined; if these are "
    "fewer than the n of the pair, their number is given. The reader study and the terminal first average "
    "each case over its pairs, so their medians can differ in the last digit. Pairs with an empty mask are "
    "counted, not dropped: an overlap of 0 is part of the median; a distance to an empty mask is undefined. "
    "The second mask of a pair is the reference: sensitivity = TP / (TP + FN), precision = TP / (TP + FP), "
    "FPRm = FP / (TP + FN), FNR = FN / (TP + FN). A volume difference or signed distance above 0 means that "
    "the first mask reaches further than the reference. HD95: the larger of the two directed 95th "
    "percentiles of the surface distance. ASSD: the average symmetric surface distance. Surface Dice: share "
    "of both surfaces that is within the tolerance of the other surface."
)


def _seen(run: Run) -> list[Block]:
    """Name the subjects whose automatic masks are not compared."""
    if run.cohort is None or AUTO not in set(run.cohort["reader"]):
        return []
    sentence = left_out_sentence(seen_subjects(run.cohort), run.cohort["subject"].nunique())
    return [Text(f"Pairs with the model: {sentence}", tone="note")] if sentence else []


def _others(agreement: pd.DataFrame, edited: bool) -> list[Block]:
    """Say which comparisons are not shown here."""
    kinds = {"intra": "of one reader's two readings", "consensus": "against a consensus"}
    if not edited:
        kinds["edited"] = "with an edited automatic mask"
    counts = {what: int((agreement["pair"] == kind).sum()) for kind, what in kinds.items()}
    parts = [f"{amount:,} {what}" for what, amount in counts.items() if amount]
    return (
        [Text(f"Comparisons not shown here: {', '.join(parts)}; see agreement.csv.", tone="note")]
        if parts
        else []
    )


def pairs_of(agreement: pd.DataFrame) -> list[Pair]:
    """Return the model against each reader, then every two readers once, in alphabetical order.

    If a pair occurs in both directions, the model, or else the alphabetically first name, comes first.
    """
    pairs = {(reader, reference) for reader, reference in rows_of(agreement, "reader", "reference")}
    once = [pair for pair in pairs if pair[::-1] not in pairs or _in_order(pair)]
    return sorted(once, key=lambda pair: (AUTO not in pair, pair))


def _in_order(pair: Pair) -> bool:
    return pair[0] == AUTO or (pair[1] != AUTO and pair[0] <= pair[1])


def pair_name(pair: Pair) -> str:
    """Write the name of a pair: ``auto vs A``."""
    return f"{pair[0]} vs {pair[1]}"


def _stratum(rows: pd.DataFrame, edited: bool) -> list[Block]:
    chosen = {_named(rows, pair, edited): _of_pair(rows, pair) for pair in pairs_of(rows)}
    counts = [(name, f"{len(own):,}", _empties(own)) for name, own in chosen.items()]
    # The area under the true ROC curve exists only if the model wrote a probability map.
    available = {name for name in METRIC if name in rows and (name != "auc" or rows[name].notna().any())}
    blocks: list[Block] = []
    for title, metrics in _SHOWN.items():
        # Every table has Dice; a metric that an older table lacks gets no column.
        own = [name for name in metrics if name in available or name == "dice"]
        if own:
            heads, columns = (
                ([(name,) for name in chosen], ("Pair",))
                if blocks
                else (counts, ("Pair", "n", "Empty or failed"))
            )
            blocks.append(_table(chosen, own, heads, columns, title))
    drawn: list[str] = [name for name in ("dice", "hd95_mm") if name in available or name == "dice"]
    return [*blocks, _picture(chosen, drawn), *_folded(chosen, available)]


def _folded(chosen: Mapping[str, pd.DataFrame], available: set[str]) -> list[Block]:
    tables = []
    for title, metrics in _FOLDED.items():
        included = [name for name in metrics if name in available]
        if included:
            counted_field = _field(chosen) if any(METRIC[name].needs_background for name in included) else ""
            tables.append(
                _table(chosen, included, [(name,) for name in chosen], ("Pair",), title + counted_field)
            )
    return [Details("More metrics of these pairs", tuple(tables))] if tables else []


def _field(chosen: Mapping[str, pd.DataFrame]) -> str:
    fields = sorted({str(field) for table in chosen.values() for field in table["field"] if field})
    return f" (background counted in: {', '.join(fields)})" if fields else ""


def _named(rows: pd.DataFrame, pair: Pair, edited: bool) -> str:
    """Name a pair, and mark edited masks."""
    if not edited:
        return pair_name(pair)
    selected = _of_pair(rows, pair)
    kinds = [selected[name].iloc[0] == "edited" for name in ("mask_kind", "reference_kind")]
    named = [f"{name} (edited)" if kind else name for name, kind in zip(pair, kinds, strict=True)]
    return pair_name((named[0], named[1]))


def _table(
    chosen: Mapping[str, pd.DataFrame],
    metrics: Sequence[str],
    heads: Sequence[tuple[str, ...]],
    columns: tuple[str, ...],
    title: str,
) -> Table:
    """Build a table with one row per pair: its cells from `heads`, then its metrics."""
    rows = tuple(
        (*head, *(_cell(table.get(name, _NONE), name) for name in metrics))
        for head, table in zip(heads, chosen.values(), strict=True)
    )
    tolerances = pd.concat([table.get("tolerance_mm", _NONE) for table in chosen.values()])
    labels = (metric_label(name, tolerances) for name in metrics)
    return Table((*columns, *labels), rows, caption=f"{title}, median [quartiles]")


_NONE = pd.Series(dtype=float)


def _picture(chosen: Mapping[str, pd.DataFrame], metrics: list[str]) -> Block:
    strips = [
        Strip(
            METRIC[name].label,
            [table[name].to_numpy(dtype=float) for table in chosen.values()],
            unit_range=name == "dice",
        )
        for name in metrics
    ]
    medians = ", ".join(f"{name} {quartiles(table['dice'], form=ratio)}" for name, table in chosen.items())
    titles = " and ".join(strip.title for strip in strips)
    return draw_strips(
        list(chosen),
        strips,
        emphasised=[
            bool((table[["reader", "reference"]] == AUTO).any(axis=None)) for table in chosen.values()
        ],
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
    form, digits = metric_form(metric)
    text = quartiles(values, digits=digits, form=form)
    text = text.replace(" [", "\n[")  # quartiles below the median: there are several metrics per row
    return text if defined == len(values) else f"{text}\nn = {defined}"


def median_of_cases(run: Run) -> tuple[str, str] | None:
    """Median Dice of the model over the cases, as in the terminal; ``None`` without a reader study."""
    summary = run.study.summary if run.study is not None else None
    if summary is None or "metric" not in summary:
        return None
    selected = summary[
        (summary["pair"] == AUTO_PAIR) & (summary["reference"] == "readers") & (summary["metric"] == "dice")
    ]
    if selected.empty or not selected["n"].iloc[0]:
        return None
    row = selected.iloc[0]
    undefined = f"; {int(row['undefined'])} undefined" if row["undefined"] else ""
    return (
        ratio(row["median"], 3),
        f"median over {counted(int(row['n']), 'case')} of the mean over the readers{undefined}",
    )


def model_facts(agreement: pd.DataFrame) -> tuple[str, str]:
    """Median Dice of the model against each reader: the values, and the pairs that failed."""
    shown, edited = shown_rows(agreement)
    pairs = [pair for pair in pairs_of(shown) if pair[0] == AUTO]
    rows = {pair: _of_pair(shown, pair) for pair in pairs}
    values = f"{NO_BREAK}· ".join(ratio(_median(table["dice"])) for table in rows.values())
    failed = sum(int((table["status"] != "ok").sum()) for table in rows.values())
    names = ", ".join(pair[1] for pair in pairs)
    against = f"against automatic masks edited by {names}" if edited else f"against {names}"
    return values or MISSING, f"median, {against}; {counted(failed, 'pair')} empty or failed"


def _median(values: pd.Series) -> float | None:
    defined = values[np.isfinite(values)]
    return None if defined.empty else float(defined.median())
