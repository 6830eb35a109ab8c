"""A harmonisation that would fail or know the outcome is found before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.study.checks.test_targets import problems_of

SITE = "harmonise: {batch: site"


def told(folder: Path, extra: str, site: list[str] | None = None) -> list[str]:
    extra = extra.replace("; ", "\n  ")
    site = site or ["North", "North", "South", "South"] * 10
    return [text for text in problems_of(folder, extra, site) if "is the same file" not in text]


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
