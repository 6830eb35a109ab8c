"""Checks that every table of a run must pass, whatever it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from nbradiomics.agreement.reader_study.schemas import TABLES as READER_STUDY
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.cohort.schema import COHORT
from nbradiomics.errors import NbradiomicsError
from nbradiomics.evidence.audit.finding import Finding, verdict_of
from nbradiomics.evidence.audit.same_table import differences
from nbradiomics.evidence.result_folder import ResultFolder
from nbradiomics.execution.failures import FAILURES
from nbradiomics.features.schema import FEATURES
from nbradiomics.habitats.diffusion.schema import DIFFUSION
from nbradiomics.habitats.schema import TABLES as HABITATS
from nbradiomics.harmonisation.schema import EFFECT_TABLES
from nbradiomics.messages.wording import counted
from nbradiomics.outcome.drawing_schema import DRAWING_TABLES
from nbradiomics.outcome.schemas import TABLES as OUTCOME
from nbradiomics.preparation.schemas import INTENSITIES, MOVED_MASKS, PREPARATION, REGISTRATION
from nbradiomics.reproducibility.needed_agreement.schema import TABLES as NEEDED
from nbradiomics.reproducibility.processing.schema import PROCESSING, PROCESSING_CLASSES
from nbradiomics.reproducibility.rules.schema import STABLE
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.reproducibility.variance.schema import VARIANCE
from nbradiomics.rings.schema import ROIS
from nbradiomics.segmentation.schema import SEGMENTATION
from nbradiomics.study.checks.problem_table import CHECK
from nbradiomics.tables.schema import Schema

#: Pairs of columns of which the first is never above the second.
_ORDERED = (
    *(("low", "high"), ("ccc_low", "ccc_high"), ("q1", "median"), ("median", "q3")),
    *(("cost_low", "cost_high"), ("loss_low", "loss_high")),
)
#: Tables of a run by their path; a context may follow the name.
_OF_RUN: dict[str, Schema] = {
    **{each.file: each for each in (COHORT, CHECK, FAILURES, AGREEMENT, SEGMENTATION, FEATURES, STABLE)},
    **{each.file: each for each in (*READER_STUDY.values(), VARIANCE, *NEEDED)},
    **{
        f"{place}/features.parquet": FEATURES
        for place in ("perturbation", "processing", "controls", "drawing")
    },
    **{f"processing/{each.file}": each for each in (PROCESSING, PROCESSING_CLASSES)},
    **{f"prepared/{each.file}": each for each in (PREPARATION, REGISTRATION, MOVED_MASKS, INTENSITIES)},
    **{f"habitats/{each.file}": each for each in HABITATS},
    f"rois/{ROIS.file}": ROIS,
    f"adc/{DIFFUSION.file}": DIFFUSION,
}
_OF_OUTCOME = {
    each.file.rpartition("/")[2]: each
    for each in (*OUTCOME, *EFFECT_TABLES.values(), *DRAWING_TABLES.values())
}
#: Metrics that a pair of masks has in both orders.
_BOTH_WAYS = ("dice", "jaccard", "assd_mm", "hd95_mm")


def table_findings(folder: ResultFolder) -> Iterator[Finding]:
    """Read every table by its schema: its types, its keys, its limits, its subjects."""
    cohort = folder.table(COHORT) if folder.has(COHORT.file) else None
    known = None if cohort is None else set(cohort["subject"])
    read = 0
    for name in folder.files:
        schema = schema_of(name)
        if schema is None:
            continue
        try:
            table = schema.read(folder.root / name)
        except NbradiomicsError as error:
            yield Finding("table", "broken", f"It cannot be read: {error.problem}", name)
            continue
        problems = [*_problems(table, schema), *_strangers(table, known, name)]
        if schema is AGREEMENT:
            problems += _agreement(table)
        if problems:
            yield verdict_of("table", problems, "", name)
        read += 1
    yield Finding("table", "holds", f"{counted(read, 'table')} can be read: types, keys, limits, subjects.")


def schema_of(name: str) -> Schema | None:
    """The schema of a file of a run; None for one that has no schema."""
    last = name.rpartition("/")[2]
    if name.startswith("outcome/") or "/" not in name:
        # Names of endpoints and cohorts stand for folders; the folder of `outcome` is the endpoint's own.
        found = _OF_OUTCOME.get(last)
        if found is not None and (name.startswith("outcome/") or name not in _OF_RUN):
            return found
    if name.startswith("reproducibility/"):
        return REPRODUCIBILITY
    for file, schema in _OF_RUN.items():
        stem, _, ending = file.rpartition(".")
        if re.fullmatch(rf"{re.escape(stem)}(_.+)?\.{ending}", name):
            return schema
    return None


def _problems(table: pd.DataFrame, schema: Schema) -> list[str]:
    problems = []
    keys = [name for name in schema.key if name in table]
    if keys and table.duplicated(keys).any():
        problems.append("a row occurs twice")
    for lower, upper in _ORDERED:
        if lower in table and upper in table:
            apart = table[lower] > table[upper] + 1e-9 * table[upper].abs()
            if apart.fillna(False).any():
                problems.append(f"{lower} is above {upper} in {counted(int(apart.sum()), 'row')}")
    return problems


def _strangers(table: pd.DataFrame, known: set[str] | None, name: str) -> list[str]:
    """Subjects that the cohort does not have; an external cohort has its own."""
    if known is None or "subject" not in table or "/validation/" in name or name.endswith("excluded.csv"):
        return []
    strangers = set(table["subject"]) - known
    return [f"{counted(len(strangers), 'subject')} are not in cohort.csv"] if strangers else []


def _agreement(table: pd.DataFrame) -> list[str]:
    """Overlap in both orders of a pair, and the two forms of one overlap, agree."""
    problems = []
    if {"dice", "jaccard"} <= set(table):
        expected = table["dice"] / (2 - table["dice"])
        if ((table["jaccard"] - expected).abs() > 1e-9).any():
            problems.append("Dice and Jaccard of a pair contradict each other")
    if {"dice", "sensitivity", "precision"} <= set(table):
        total = table["sensitivity"] + table["precision"]
        expected = (2 * table["sensitivity"] * table["precision"] / total).where(total > 0)
        if ((table["dice"] - expected).abs() > 1e-9).any():
            problems.append("Dice, sensitivity and precision of a pair contradict each other")
    return problems + _both_ways(table)


def _both_ways(table: pd.DataFrame) -> list[str]:
    place = ["subject", "timepoint", "sequence", "roi"]
    swapped = table.rename(
        columns={
            "reader": "reference",
            "reference": "reader",
            "reading": "reference_reading",
            "reference_reading": "reading",
            "volume_ml": "reference_ml",
            "reference_ml": "volume_ml",
        }
    )
    key = [*(name for name in place if name in table), "reader", "reading", "reference", "reference_reading"]
    kept = [name for name in (*_BOTH_WAYS, "volume_ml", "reference_ml") if name in table]
    both = table[key].merge(swapped[key], on=key)
    if len(both) != len(table) or table.duplicated(key).any():
        return []  # a table of one order of each pair, or with variants
    return differences(table[[*key, *kept]], swapped[[*key, *kept]], key)
