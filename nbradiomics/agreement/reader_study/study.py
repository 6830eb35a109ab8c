"""The reader study: is the model as good as another expert?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from nbradiomics.agreement.pairs import EDITED
from nbradiomics.agreement.reader_study.agreement_table import CASE, automatic, checked_rows
from nbradiomics.agreement.reader_study.cases import cases_table
from nbradiomics.agreement.reader_study.comparison import comparison_table
from nbradiomics.agreement.reader_study.detection import detection_table
from nbradiomics.agreement.reader_study.direction import direction_table
from nbradiomics.agreement.reader_study.hypotheses import hypotheses_table
from nbradiomics.agreement.reader_study.model_failures import compared_failures, segmented_rows
from nbradiomics.agreement.reader_study.overview import study_overview
from nbradiomics.agreement.reader_study.result import ReadersStudy
from nbradiomics.agreement.reader_study.settings import ReaderStudySettings
from nbradiomics.agreement.reader_study.subgroups import subgroup_tables
from nbradiomics.agreement.reader_study.summaries import summary_table
from nbradiomics.agreement.reader_study.times import time_saved_table, times_table
from nbradiomics.agreement.reader_study.volumes import bland_altman_table
from nbradiomics.cohort.derived_regions import is_derived, left_out_sentence as regions_left_out
from nbradiomics.cohort.in_training import (
    all_seen_sentence,
    left_out_sentence,
    seen_subjects,
    unknown_sentence,
    unknown_subjects,
)
from nbradiomics.errors import InputError
from nbradiomics.tables import AUTO

_DEFAULT_SETTINGS = ReaderStudySettings()
_COHORT = [*CASE, "reader", "mask", "reading", "reference_kind", "minutes", "site"]


def study_readers(
    agreement: pd.DataFrame,
    cohort: pd.DataFrame,
    *,
    clinical: pd.DataFrame | None = None,
    settings: ReaderStudySettings = _DEFAULT_SETTINGS,
    said: Sequence[str] = (),
) -> ReadersStudy:
    """Compare the model's agreement with the readers to the readers' agreement with each other.

    Parameters
    ----------
    agreement
        Table of `compare_cohort`: one row per ordered pair of masks of a case (one region of one image). The
        pairs may be incomplete, and `auto` may be missing.
    cohort
        `Cohort.table`: sites, minutes, images with an automatic mask, and the subjects that the model was
        trained on (`in_training`), which are left out of the study.
    clinical
        Clinical table for subgroups: one row per subject, with the column ``subject``.
    settings
        Settings of the analysis, such as metric and margin.
    said
        Sentences on how the columns of `clinical` were read; they are added after all others.

    Returns
    -------
    ReadersStudy
        The subject is the unit of every test and bootstrap. A result that is not available is missing, and a
        sentence says why. No result depends on the order of rows or readers.

    Raises
    ------
    InputError
        When a table lacks a column or has an invalid value, or a subgroup column does not exist.
    AmbiguousError
        When the table has several rows of an ordered pair of masks.

    Examples
    --------
    >>> agreement = compare_cohort("cohort.csv").table
    >>> study_readers(agreement, load_cohort("cohort.csv").table).summary["pair"].unique().tolist()
    ['inter']
    """
    rows = checked_rows(agreement, settings.metric)
    scans = _checked_cohort(cohort)
    derived = regions_left_out({*rows["roi"], *scans["roi"]}, "the reader study, which is about lesions")
    rows, scans = _of_lesions(rows), _of_lesions(scans)
    model_in_cohort = _with_model(rows, scans)
    new = _new_subjects(rows, scans)
    rows, scans = _without_seen(rows, scans, new)
    model = {"with_model": _with_model(rows, scans)}
    subgroups, subgroup_tests = subgroup_tables(rows, scans, clinical, settings, **model)
    failures = compared_failures(rows, settings.metric, **model)
    segmented = segmented_rows(rows, **model)
    tables: dict[str, pd.DataFrame] = {
        "summary": summary_table(rows, settings),
        "comparison": comparison_table(rows, settings, **model),
        "comparison_segmented": comparison_table(segmented, settings).iloc[: None if failures.any else 0],
        "tests": hypotheses_table(rows, settings, preface=" ".join(new.sentences), **model),
        "bland_altman": bland_altman_table(rows, settings),
        "detection": detection_table(rows, scans, settings),
        "subgroups": subgroups,
        "subgroup_tests": subgroup_tests,
        "direction": direction_table(rows, settings),
        "times": times_table(scans),
        "time_saved": time_saved_table(scans, settings),
        "cases": cases_table(rows, settings),
    }
    summary = study_overview(
        rows, tables, settings, first=new.sentences, failures=failures, with_model=model_in_cohort
    )
    record = {"in_training": len(new.seen), "in_training_not_known": new.unknown}
    overview: dict[str, Any] = {
        "settings": settings.model_dump(mode="json"),
        **record,
        **asdict(failures),
        **summary,
    }
    overview["sentences"] = [*overview["sentences"], *([derived] if derived else []), *said]
    return ReadersStudy(**tables, overview=overview)


@dataclass(frozen=True)
class _NewSubjects:
    """Subjects that the model was trained on, the number of unknown ones, and sentences about both.

    `none` means that the model was trained on all subjects: the study compares only the readers.
    """

    seen: frozenset[str]
    unknown: int
    sentences: tuple[str, ...]
    none: bool = False


def _of_lesions(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out rings, habitats and other derived regions, which would count a lesion several times."""
    return table[~table["roi"].map(is_derived).astype(bool)].reset_index(drop=True)


def _with_model(rows: pd.DataFrame, cohort: pd.DataFrame) -> bool:
    """Whether a study has automatic masks."""
    return bool((cohort["reader"] == AUTO).any()) or len(automatic(rows)) > 0


def _without_seen(
    rows: pd.DataFrame, cohort: pd.DataFrame, new: _NewSubjects
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out subjects of the training; if these are all subjects, leave out automatic and edited masks."""
    if not new.none:
        return rows[~rows["subject"].isin(new.seen)], cohort[~cohort["subject"].isin(new.seen)]
    of_model = (rows[["reader", "reference"]] == AUTO).any(axis=1)
    of_model |= (rows[["mask_kind", "reference_kind"]] == EDITED).any(axis=1)
    return rows[~of_model], cohort[(cohort["reader"] != AUTO) & (cohort["reference_kind"] != EDITED)]


def _new_subjects(rows: pd.DataFrame, cohort: pd.DataFrame) -> _NewSubjects:
    """Find the subjects that the model was trained on; a study without a model has none."""
    if not _with_model(rows, cohort):
        return _NewSubjects(frozenset(), 0, ())
    drawn = set(cohort.loc[(cohort["mask"] != "") & (cohort["reader"] != AUTO), "subject"])
    drawn |= set(rows["subject"])
    seen, unknown = seen_subjects(cohort) & drawn, unknown_subjects(cohort) & drawn
    remaining = len(drawn) - len(seen)
    if seen and not remaining:
        return _NewSubjects(frozenset(seen), 0, (all_seen_sentence(seen),), none=True)
    sentences = (left_out_sentence(seen, len(drawn)), unknown_sentence(unknown, remaining))
    return _NewSubjects(frozenset(seen), len(unknown), tuple(text for text in sentences if text))


def _checked_cohort(cohort: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in _COHORT if name not in cohort]
    if missing:
        raise InputError(
            f"the cohort table has no column {', '.join(missing)}.", "Give the `table` of a `Cohort`."
        )
    text = [name for name in _COHORT if name not in ("reading", "minutes")]
    cohort = cohort.fillna(dict.fromkeys(text, ""))
    return cohort.astype(dict.fromkeys(text, str))
