"""Check the harmonisation of outcome models before any feature is computed."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from nbradiomics.clinical import Declaration
from nbradiomics.errors import InputError
from nbradiomics.harmonisation.batch_columns import check_batches, read_batches
from nbradiomics.harmonisation.confounding import confounded
from nbradiomics.harmonisation.request import check_design
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.outcome.assembly import outcome_array
from nbradiomics.outcome.harmonisation import Harmonisation, refuse_outcome
from nbradiomics.outcome.site_column import read_sites
from nbradiomics.outcome.unseen_batches import check_training, refuse_unseen
from nbradiomics.study.study import Endpoint, Outcome


def check_harmonisation(
    outcome: Outcome, endpoint: Endpoint, clinical: pd.DataFrame, known: pd.DataFrame, cohort: pd.DataFrame
) -> list[Problem]:
    """List problems of the batch columns and covariates of the harmonisation, for one endpoint.

    Every problem for which the models would fail is an error. Each endpoint of the study is checked: columns
    that contain any of them are refused.

    Parameters
    ----------
    outcome, endpoint
        Section of the study, and the endpoint.
    clinical
        Clinical table.
    known
        Outcome of the subjects that have one, indexed by subject.
    cohort
        Table of the cohort, with a column `subject`.
    """
    asked = outcome.harmonise
    if asked is None:
        return []
    rows = _rows(outcome, cohort)
    rows = rows[rows["subject"].isin(set(known.index))]
    if rows.empty:
        return []  # reported by the checks of the endpoint
    subjects = rows["subject"].tolist()
    try:
        batches, found = read_batches(
            rows, clinical, asked, taken=endpoint.columns, declared=outcome.part(Declaration)
        )
        batches = batches.set_axis(pd.Index(subjects, name="subject"))
        check_batches(batches, subjects, asked)
        refuse_outcome(batches, asked, outcome_array(known.loc[subjects], endpoint), endpoint)
        check_design(batches, asked)
        _check_left_out(outcome, endpoint, clinical, batches, asked)
    except InputError as error:
        return [problem_of(error, outcome.clinical, "harmonise")]
    notes = [
        Problem(str(outcome.clinical), "", "harmonise", "warning", note, "Read docs/guides/harmonisation.md.")
        for note in confounded(batches, asked)
    ]
    return [*found, *notes]


def _rows(outcome: Outcome, cohort: pd.DataFrame) -> pd.DataFrame:
    """One row per subject: its name, and its site if the cohort table has one."""
    for column in ("timepoint", "sequence"):
        wanted = getattr(outcome, column)
        cohort = cohort if wanted is None else cohort[cohort[column] == wanted]
    columns = [name for name in ("subject", "site") if name in cohort]
    rows = cohort.loc[cohort["subject"] != "", columns].drop_duplicates("subject")
    sites = "site" in rows and bool((rows["site"] != "").any())
    return (rows if sites else rows[["subject"]]).reset_index(drop=True)


def _check_left_out(
    outcome: Outcome, endpoint: Endpoint, clinical: pd.DataFrame, batches: pd.DataFrame, asked: Harmonise
) -> None:
    """Check the batches of each site that is left out, such as its scanners."""
    if not outcome.leave_out:
        return
    sites, _ = read_sites(clinical, outcome, endpoint, file=str(outcome.clinical))
    assert sites is not None
    of_subjects = sites.reindex(batches.index).dropna()
    harmonisation = Harmonisation(asked, batches, ())
    pairs = list(_pairs(of_subjects))
    refuse_unseen(harmonisation, pairs)
    for training, _ in pairs:
        check_training(harmonisation, training)


def _pairs(sites: pd.Series) -> Iterator[tuple[pd.Index, pd.Index]]:
    for site in sorted(sites.unique()):
        yield sites.index[sites != site], sites.index[sites == site]
