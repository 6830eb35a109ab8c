"""A harmonisation that would fail or know the outcome is found before anything is computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.study.checks.outcomes import check_outcomes
from nbradiomics.study.file import read_study
from tests.study.checks.test_targets import STUDY, problems_of

SITE = "harmonise: {batch: site"
SITES = ["North", "North", "South", "South"] * 10


def told(folder: Path, extra: str, site: list[str] | None = None) -> list[str]:
    """Problems of the study file and of its outcomes, without reading an image."""
    names, rng = [f"s{place:02}" for place in range(40)], np.random.default_rng(0)
    clinical = pd.DataFrame({"subject": names, "days": rng.integers(50, 900, 40), "died": np.arange(40) % 2})
    clinical["mycn"], clinical["age"] = rng.permutation(np.arange(40) % 2), rng.integers(20, 80, 40)
    clinical.assign(site=site or SITES).to_csv(folder / "clinical.csv", index=False)
    (folder / "cohort.csv").touch()
    (folder / "study.yaml").write_text(STUDY.format(extra=extra.replace("; ", "\n  ")), encoding="utf-8")
    study, problems = read_study(folder / "study.yaml")
    if study is not None and study.outcome is not None:
        cohort = pd.DataFrame({"subject": names, "timepoint": "", "sequence": "", "reader": "A"})
        problems = [*problems, *check_outcomes(study.outcome, cohort, study.cohort)]
    return [problem.problem for problem in problems]


@pytest.mark.parametrize(
    "extra",
    [f"{SITE}}}", f"{SITE}, covariates: age}}", f"{SITE}, unseen: keep}}; leave_out: site"],
)
def test_a_harmonisation_without_problems(tmp_path: Path, extra: str) -> None:
    assert told(tmp_path, extra) == []


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (f"{SITE}}}; leave_out: site", "set unseen of harmonise to estimate"),
        (f"{SITE}, covariates: [mycn]}}", "harmonise names mycn, a column of the endpoint mycn"),
        (f"{SITE}, covariates: [died]}}", "harmonise names died, a column of the endpoint os"),
        ("harmonise: {batch: DAYS}", "a column of the endpoint os"),
        ("harmonise: {batch: scanner}", "have no column 'scanner'"),
        (f"{SITE}, reference_batch: West}}", "'West' is no level of site"),
        (f"{SITE}, least_subjects: 30}}", "North (20 subjects), South (20 subjects) are too small"),
        ("harmonise: {}", "missing."),
        (f"{SITE}, unseen: guess}}", "'refuse', 'estimate' or 'keep'"),
    ],
)
def test_what_would_fail_later_is_found_beforehand(tmp_path: Path, extra: str, words: str) -> None:
    found = told(tmp_path, extra)
    assert any(words in text for text in found), found


def test_a_site_that_is_the_outcome_of_another_endpoint_is_refused(tmp_path: Path) -> None:
    # `died` is 0, 1, 0, 1 ...: this column has other words, and the same content.
    found = told(tmp_path, f"{SITE}}}", site=["alive", "dead"] * 20)
    assert any("batch site looks like the outcome" in text for text in found), found


def test_a_subject_without_a_site_is_named(tmp_path: Path) -> None:
    found = told(tmp_path, f"{SITE}}}", site=["", "North", "South", "South"] * 10)
    assert any("site is missing in 10 subjects: s00, s04" in text for text in found), found


def test_the_whole_check_says_it(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "harmonise: {batch: scanner}", SITES)
    assert any("have no column 'scanner'" in text for text in found), found
