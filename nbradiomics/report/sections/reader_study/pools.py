"""Medians of the metrics: the model with the readers, the readers among themselves, and other pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.pairs import AUTO_PAIR, CONSENSUS, EDITED, INTER, INTRA, PERTURBED
from nbradiomics.messages.wording import MISSING, interval
from nbradiomics.report.content import Block, Details, Heading, Table, Text
from nbradiomics.report.metric_text import metric_form
from nbradiomics.report.sections.agreement import EDITED_WARNING
from nbradiomics.report.sections.reader_study.frames import Row, StudyRun, count, filled
from nbradiomics.tables import AUTO

READERS = "readers"
SAME = "same reader"
#: Metrics of the visible tables, in their order; the others are folded.
MAIN = (
    "dice",
    "nsd",
    "volumetric_similarity",
    "hd95_mm",
    "assd_mm",
    "sensitivity",
    "precision",
    "fprm",
    "fnr",
)
#: Metrics of the tables by pair, side by side.
_BY_PAIR = ("dice", "nsd", "volumetric_similarity", "hd95_mm", "fprm", "fnr")
Key = tuple[str, str, str]


def pools_blocks(study_run: StudyRun) -> list[Block]:
    """Model and readers, and readers among themselves, for each metric; single pairs are folded."""
    summary = filled(study_run.study.summary)
    groups = {
        "Model and readers": (AUTO_PAIR, AUTO, READERS),
        "Readers among themselves": (INTER, READERS, READERS),
    }
    present = _present(summary, groups)
    if not present:
        return []
    metrics = _in_order(summary, study_run.metric)
    main = [name for name in metrics if name in MAIN or name == study_run.metric]
    rest = [name for name in metrics if name not in main]
    caption = f"Every metric by case, median [quartiles] and the {study_run.level} interval of the median"
    blocks: list[Block] = [_by_metric(summary, present, main, study_run, caption)]
    absent = [name for name in groups if name not in present]
    blocks += [Text(f"{name}: there is no such pair of masks.", tone="note") for name in absent]
    folded: list[Block] = []
    if rest:
        folded.append(_by_metric(summary, present, rest, study_run, "Further metrics"))
    single = summary[summary["pair"].isin([AUTO_PAIR, INTER]) & (summary["reference"] != READERS)]
    if len(single):
        folded.append(_by_pair(single, "Each pair of masks", study_run))
    return (
        [*blocks, Details("Further metrics, and each pair of readers", tuple(folded))] if folded else blocks
    )


def separate_blocks(study_run: StudyRun) -> list[Block]:
    """Two readings of one reader, edited references and consensus, each under its own heading."""
    summary = filled(study_run.study.summary)
    parts: list[Block] = []
    for kind, (title, text, tone) in _SEPARATE.items():
        selected = summary[summary["pair"] == kind] if "pair" in summary else summary
        if len(selected):
            parts += [Heading(title), _text(text, tone), _by_pair(selected, "", study_run)]
    return parts


_SEPARATE: Mapping[str, tuple[str, str, bool]] = {
    INTRA: (
        "The same reader twice",
        (
            "Two readings of one reader: how much a reader differs from one reading to the next. They are in "
            "no other table of this study."
        ),
        False,
    ),
    EDITED: ("Edited automatic masks", EDITED_WARNING + " They are in no other table of this study.", True),
    CONSENSUS: (
        "Against a consensus of the readers",
        (
            "STAPLE or a majority vote of the named readers. A reader is compared only with a consensus that "
            "was made without this reader. In a majority vote a voxel needs more than half of the readers: "
            "the consensus of two readers contains only voxels that both drew, so a third reader seems to "
            "draw too much."
        ),
        False,
    ),
    PERTURBED: (
        "Perturbed masks",
        (
            "A perturbed mask and the original mask of the same reader. They are in no other table of this "
            "study."
        ),
        False,
    ),
}


def _text(text: str, warning: bool) -> Text:
    return Text(text, tone="warning" if warning else "plain")


def _statistics(study_run: StudyRun) -> str:
    return f"median [quartiles] and, below, the {study_run.level} interval of the median"


def _present(summary: pd.DataFrame, groups: Mapping[str, Key]) -> dict[str, Key]:
    if summary.empty:
        return {}
    pairs = set(summary[["pair", "reader", "reference"]].itertuples(index=False, name=None))
    return {name: key for name, key in groups.items() if key in pairs}


def _in_order(summary: pd.DataFrame, primary: str) -> list[str]:
    """Metrics of the summary: the primary one, the main ones, the others in the order of the registry.

    Signed differences are left out: their mean over both orders of two readers is always 0. The section on
    the direction of the errors shows them.
    """
    available = {name for name in summary["metric"] if name in METRIC and METRIC[name].better != "zero"}
    order = dict.fromkeys([primary, *MAIN, *METRIC])
    return [name for name in order if name in available]


def _by_metric(
    summary: pd.DataFrame,
    groups: Mapping[str, Key],
    metrics: Sequence[str],
    study_run: StudyRun,
    caption: str,
) -> Table:
    rows_by_metric = {
        name: {row["metric"]: row for row in _rows(summary, key).to_dict("records")}
        for name, key in groups.items()
    }
    heads = [head for name in groups for head in (name, f"{study_run.level} interval", "n")]
    rows = tuple(
        (
            study_run.name(metric),
            *(cell for name in groups for cell in _cells(rows_by_metric[name].get(metric))),
        )
        for metric in metrics
    )
    return Table(("Metric", *heads), rows, caption=caption)


def _cells(row: Row | None) -> tuple[str, str, str]:
    """Median [quartiles], the interval of the median, and the number of cases."""
    if row is None:
        return MISSING, MISSING, MISSING
    form, digits = metric_form(str(row["metric"]))
    limits: str = (
        MISSING if pd.isna(row["low"]) else f"{form(row['low'], digits)} to {form(row['high'], digits)}"
    )
    lost = f"\n{count(row['undefined'])} undefined" if row["undefined"] else ""
    return (
        interval(row["median"], row["q1"], row["q3"], digits=digits, form=form),
        limits,
        f"{count(row['n'])}{lost}",
    )


def _rows(summary: pd.DataFrame, key: Key) -> pd.DataFrame:
    return summary[(summary[["pair", "reader", "reference"]] == list(key)).all(axis=1)]


def _by_pair(summary: pd.DataFrame, title: str, study_run: StudyRun) -> Table:
    available = set(summary["metric"])
    metrics = [name for name in dict.fromkeys([study_run.metric, *_BY_PAIR]) if name in available]
    rows = []
    ordered = summary.assign(place=(summary["reader"] != AUTO).astype(int)).sort_values(
        "place", kind="stable"
    )
    for (_, reader, reference), group in ordered.groupby(["pair", "reader", "reference"], sort=False):
        cells = {row["metric"]: _cell(row) for row in group.to_dict("records")}
        rows.append(
            (_pair_name(str(reader), str(reference)), *(cells.get(name, MISSING) for name in metrics))
        )
    caption = f"{title}, {_statistics(study_run)}" if title else _statistics(study_run).capitalize()
    return Table(("Mask and reference", *map(study_run.name, metrics)), tuple(rows), caption=caption)


def _pair_name(reader: str, reference: str) -> str:
    if reader == reference:
        return "all readers, twice each" if reader == SAME else f"{reader} twice"
    return f"{reader} vs {reference}"


def _cell(row: Row) -> str:
    """Median [quartiles], its interval and the number of cases, one below the other."""
    quartiles, limits, cases = _cells(row)
    lines = [quartiles, *([limits] if limits != MISSING else []), f"n = {cases}"]
    return "\n".join(lines)
