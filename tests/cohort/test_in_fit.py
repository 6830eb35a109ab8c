"""Who fitted a step: the plan of fits, and subjects whose own data fitted their rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.cohort.fitting_subjects import FittingSubjects, fitting_plan
from nbradiomics.cohort.in_fit import REASON, fitted_subjects, with_fitted
from nbradiomics.errors import InputError
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.outcome import evaluate_outcome
from tests.support.helpers import ball, write_cohort, write_scan


@given(
    st.sets(st.text("abcdef0123", min_size=1, max_size=4), min_size=4, max_size=40),
    st.integers(2, 8),
    st.integers(0, 5),
)
def test_cross_fitting_gives_each_subject_once_what_others_fitted(
    names: set[str], folds: int, seed: int
) -> None:
    plan = fitting_plan(names, FittingSubjects(fit_folds=folds), seed=seed)
    applied = [name for part in plan.parts for name in part.applied_to]
    assert sorted(applied) == sorted(names)
    assert all(not set(part.fitted_on) & set(part.applied_to) for part in plan.parts)
    assert all(set(part.fitted_on) | set(part.applied_to) == names for part in plan.parts)
    assert plan.fitted == frozenset()
    assert plan == fitting_plan(sorted(names, reverse=True), FittingSubjects(fit_folds=folds), seed=seed)


def test_the_folds_have_equal_shares_of_each_site() -> None:
    sites = {f"s{number}": "north" if number % 4 else "south" for number in range(40)}
    plan = fitting_plan(sites, FittingSubjects(), sites=sites)
    assert [sum(sites[name] == "south" for name in part.applied_to) for part in plan.parts] == [2] * 5


def test_named_subjects_fit_for_all_and_are_marked() -> None:
    plan = fitting_plan(["a", "b", "c"], FittingSubjects(fit_on=("b", "a", "elsewhere")))
    (part,) = plan.parts
    assert part.fitted_on == ("a", "b")
    assert part.applied_to == ("a", "b", "c")
    assert plan.fitted == {"a", "b"}
    assert "elsewhere" in plan.note


def test_a_misspelt_subject_and_too_few_are_refused() -> None:
    with pytest.raises(InputError, match="patient-1"):
        fitting_plan(["patient-1", "x"], FittingSubjects(fit_on=("Patient-1",)))
    with pytest.raises(InputError, match="2 subjects or more"):
        fitting_plan(["a", "b"], FittingSubjects(fit_on=("a",)))
    with pytest.raises(InputError, match="2 subjects or more"):
        fitting_plan(["a", "b"], FittingSubjects())


def test_named_subjects_have_no_folds() -> None:
    for folds in (3, 5):  # the default too, if it is stated
        with pytest.raises(InputError, match="leave out fit_on or fit_folds"):
            FittingSubjects(fit_on=("a", "b"), fit_folds=folds)
    assert FittingSubjects(fit_on=None, fit_folds=5).fit_on is None


def test_the_column_travels_from_the_cohort_to_the_features(tmp_path: Path) -> None:
    rows = []
    for subject, state in (("s0", "yes"), ("s1", "no")):
        files = write_scan(tmp_path, subject, {"A": ball()})
        rows.append(f"{subject},{files['image']},A,{files['A']},{state}")
    cohort = load_cohort(write_cohort(tmp_path, rows, "subject,image,reader,mask,in_fit"))
    features = extract_cohort(cohort, params="t2w_mr_anisotropic").table
    assert dict(zip(features["subject"], features["in_fit"], strict=True)) == {"s0": "yes", "s1": "no"}
    assert fitted_subjects(cohort.write(tmp_path / "again.csv").table) == {"s0"}


def test_a_later_step_keeps_the_subjects_of_an_earlier_one() -> None:
    table = with_fitted(pd.DataFrame({"subject": ["a", "b", "c"]}), {"a"})
    assert fitted_subjects(with_fitted(table, {"b"})) == {"a", "b"}


def test_one_row_of_a_subject_decides_for_all_of_its_scans(tmp_path: Path) -> None:
    files = write_scan(tmp_path, "s0", {"A": ball()})
    rows = [
        f"s0,{timepoint},{files['image']},{reader},{files['A']},{state},{state}"
        for timepoint, reader, state in (
            ("first", "auto", "yes"),
            ("second", "auto", "no"),
            ("third", "A", ""),
        )
    ]
    header = "subject,timepoint,image,reader,mask,in_fit,in_training"
    cohort = load_cohort(write_cohort(tmp_path, rows, header))
    later = Cohort(cohort.table[cohort.table["timepoint"] != "first"], cohort.path)
    assert {case.in_fit for case in later.cases()} == {"yes"}
    assert later.without_seen_masks().readers() == ["A"]


def _tables(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    subjects = [f"s{number}" for number in range(60)]
    features = pd.DataFrame({"subject": subjects, "original_firstorder_Mean": rng.normal(size=60)})
    clinical = pd.DataFrame({"subject": subjects, "days": rng.exponential(300, 60) + 1, "dead": 1})
    return features, clinical


def test_outcome_models_are_not_evaluated_on_those_who_fitted() -> None:
    features, clinical = _tables(np.random.default_rng(0))
    marked = with_fitted(features, {"s0", "s1"})
    result = evaluate_outcome(
        marked, clinical, time="days", event="dead", folds=2, repeats=1, bootstraps=0, refits=0
    )
    assert result.flow.set_index("subject")["reason"].to_dict() == {"s0": REASON, "s1": REASON}
    assert "2 of 60 subjects are left out, because their own data fitted" in " ".join(
        result.summary["sentences"]
    )


def test_a_table_of_those_who_fitted_alone_is_refused() -> None:
    features, clinical = _tables(np.random.default_rng(0))
    with pytest.raises(InputError, match="all 60 subjects of the feature table fitted"):
        evaluate_outcome(with_fitted(features, set(features["subject"])), clinical, time="days", event="dead")
