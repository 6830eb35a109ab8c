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
    """Hold the model's agreement with the readers against the readers' agreement with each other.

    Parameters
    ----------
    agreement
        Table of `nbradiomics.agreement.cohort`: one row per ordered pair of masks of a case (one region of
        one image). Its pairs may be incomplete, and `auto` may be absent.
    cohort
        `Cohort.table`: sites, minutes, which images have an automatic mask, and of which subjects the model
        was trained on (`in_training`): these are left out of the study.
    clinical
        One row per subject, with the column ``subject``; for subgroups.
    settings
        Metric, margin and the like.
    said
        What the columns of `clinical` were taken for, for the last of the sentences.

    Returns
    -------
    ReadersStudy
        Subjects are the unit of every test and every bootstrap. A result that cannot be had is absent, and a
        sentence says why. Nothing depends on the order of rows or of readers.

    Raises
    ------
    InputError
        When a table lacks a column, holds what it cannot hold, or a subgroup column does not exist.
    AmbiguousError
        When an ordered pair of masks stands in the table twice.

    Examples
    --------
    >>> agreement = compare_cohort("cohort.csv").table
    >>> study_readers(agreement, load_cohort("cohort.csv").table).summary["pair"].unique().tolist()
    ['inter']
    """
    rows = checked_rows(agreement, settings.metric)
    scans = _checked_cohort(cohort)
    given = _with_model(rows, scans)
    new = _new_subjects(rows, scans)
    rows, scans = _without_seen(rows, scans, new)
    model = {"with_model": _with_model(rows, scans)}
    subgroups, subgroup_tests = subgroup_tables(rows, scans, clinical, settings, **model)
    failures = compared_failures(rows, settings.metric, **model)
    alone = segmented_rows(rows, **model)
    tables: dict[str, pd.DataFrame] = {
        "summary": summary_table(rows, settings),
        "comparison": comparison_table(rows, settings, **model),
        "comparison_segmented": comparison_table(alone, settings).iloc[: None if failures.any else 0],
        "tests": hypotheses_table(rows, settings, told=" ".join(new.sentences), **model),
        "bland_altman": bland_altman_table(rows, settings),
        "detection": detection_table(rows, scans, settings),
        "subgroups": subgroups,
        "subgroup_tests": subgroup_tests,
        "direction": direction_table(rows, settings),
        "times": times_table(scans),
        "time_saved": time_saved_table(scans, settings),
        "cases": cases_table(rows, settings),
    }
    told = study_overview(rows, tables, settings, first=new.sentences, failures=failures, with_model=given)
    record = {"in_training": len(new.seen), "in_training_not_known": new.unknown}
    overview: dict[str, Any] = {
        "settings": settings.model_dump(mode="json"),
        **record,
        **asdict(failures),
        **told,
    }
    overview["sentences"] = [*overview["sentences"], *said]
    return ReadersStudy(**tables, overview=overview)


@dataclass(frozen=True)
class _NewSubjects:
    """Whom the model was trained on, of how many that is not known, and what to say of it.

    `none` says that the model was trained on everybody: the study is one between the readers.
    """

    seen: frozenset[str]
    unknown: int
    sentences: tuple[str, ...]
    none: bool = False


def _with_model(rows: pd.DataFrame, cohort: pd.DataFrame) -> bool:
    """Whether a study has automatic masks."""
    return bool((cohort["reader"] == AUTO).any()) or len(automatic(rows)) > 0


def _without_seen(
    rows: pd.DataFrame, cohort: pd.DataFrame, new: _NewSubjects
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Leave out the subjects that the model has seen; where it has seen all, the model and what it began."""
    if not new.none:
        return rows[~rows["subject"].isin(new.seen)], cohort[~cohort["subject"].isin(new.seen)]
    own = (rows[["reader", "reference"]] == AUTO).any(axis=1)
    own |= (rows[["mask_kind", "reference_kind"]] == EDITED).any(axis=1)
    return rows[~own], cohort[(cohort["reader"] != AUTO) & (cohort["reference_kind"] != EDITED)]


def _new_subjects(rows: pd.DataFrame, cohort: pd.DataFrame) -> _NewSubjects:
    """Find out whom the model has seen; in a study without a model nobody is asked."""
    if not _with_model(rows, cohort):
        return _NewSubjects(frozenset(), 0, ())
    drawn = set(cohort.loc[(cohort["mask"] != "") & (cohort["reader"] != AUTO), "subject"])
    drawn |= set(rows["subject"])
    seen, unknown = seen_subjects(cohort) & drawn, unknown_subjects(cohort) & drawn
    left = len(drawn) - len(seen)
    if seen and not left:
        return _NewSubjects(frozenset(seen), 0, (all_seen_sentence(seen),), none=True)
    said = (left_out_sentence(seen, len(drawn)), unknown_sentence(unknown, left))
    return _NewSubjects(frozenset(seen), len(unknown), tuple(text for text in said if text))


def _checked_cohort(cohort: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in _COHORT if name not in cohort]
    if missing:
        raise InputError(
            f"the cohort table has no column {', '.join(missing)}.", "Give the table of a `Cohort`."
        )
    text = [name for name in _COHORT if name not in ("reading", "minutes")]
    cohort = cohort.fillna(dict.fromkeys(text, ""))
    return cohort.astype(dict.fromkeys(text, str))
