"""Subgroups of the reader study: which there are, and what is tested."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nbradiomics.agreement.reader_study import ReaderStudySettings
from nbradiomics.agreement.reader_study.agreement_table import checked_rows
from nbradiomics.agreement.reader_study.subgroups import compare_groups, subgroup_tables
from nbradiomics.errors import InputError
from tests.support.agreement_rows import both_ways, cohort_of
from tests.support.study_rows import SETTINGS, grouped, one, rows_of

# Subgroups


def test_groups_against_scipy_and_by_hand():
    first, second, third = np.array([0.9, 0.8, 0.85]), np.array([0.5, 0.6, 0.55]), np.array([0.7, 0.72, 0.3])
    # All three above all three: U = 9, 2 of the 20 orders are as extreme.
    assert compare_groups([first, second]) == ("Mann-Whitney", 9, pytest.approx(0.1))
    test, statistic, p = compare_groups([first, second, third])
    # Ranks 9 7 8, 2 4 3, 5 6 1: H = 12 / (9 * 10) * (24^2 + 9^2 + 12^2) / 3 - 3 * 10.
    assert (test, statistic) == ("Kruskal-Wallis", pytest.approx(12 / 90 * (576 + 81 + 144) / 3 - 30))
    assert p == pytest.approx(stats.chi2.sf(statistic, 2))
    assert compare_groups([np.full(3, 0.5)] * 2) == ("Mann-Whitney", 4.5, 1)
    assert compare_groups([np.full(3, 0.5)] * 3) == ("Kruskal-Wallis", 0, 1)


def test_subgroups_of_the_cohort_are_found_by_themselves():
    table, cohort, _ = grouped()
    groups, tests = subgroup_tables(checked_rows(table, "dice"), cohort, None, SETTINGS)
    assert set(groups["variable"]) == {"site"}
    assert groups.groupby("what")["n"].sum().to_dict() == {"auto to readers": 24, "readers to readers": 24}
    assert (tests["p_holm"] < 0.001).all()
    assert tests["test"].tolist() == ["Mann-Whitney"] * 2
    values = table[table["pair"] == "inter"].groupby("subject")["dice"].mean()
    expected = stats.mannwhitneyu(values.iloc[:12], values.iloc[12:])
    found = one(tests, what="readers to readers")
    assert (found["statistic"], found["p"]) == (expected.statistic, pytest.approx(expected.pvalue))


def test_clinical_columns_numbers_at_their_median_and_what_is_not_stated():
    table, cohort, clinical = grouped()
    chosen = ReaderStudySettings(subgroups=("age", "stage", "site"))
    groups, tests = subgroup_tables(checked_rows(table, "dice"), cohort, clinical, chosen)
    auto = groups[groups["what"] == "auto to readers"]
    assert auto.loc[auto["variable"] == "age", ["group", "n"]].to_numpy().tolist() == [
        ["<= 12", 12],
        ["> 12", 12],
    ]
    assert auto.loc[auto["variable"] == "stage", ["group", "n"]].to_numpy().tolist() == [
        ["I", 7],
        ["II", 8],
        ["III", 8],
        ["(not stated)", 1],
    ]
    stage = one(tests, variable="stage", what="auto to readers")
    assert (stage["test"], stage["note"]) == ("Kruskal-Wallis", "1 without a value, not tested")
    of_auto = tests[tests["what"] == "auto to readers"]
    assert of_auto["p_holm"].max() == pytest.approx(min(1, stage["p"]))
    # Columns of any name, and answers that are no numbers.
    yes = clinical.assign(value=clinical["age"] > 9, group="all").drop(columns=["age", "stage"])
    some = ReaderStudySettings(subgroups=("value", "group"))
    groups, _ = subgroup_tables(checked_rows(table, "dice"), cohort, yes.iloc[1:], some)
    counts = groups.loc[groups["what"] == "auto to readers", ["variable", "group", "n"]].to_numpy().tolist()
    assert counts == [
        ["value", "False", 8],
        ["value", "True", 15],
        ["value", "(not stated)", 1],
        ["group", "all", 23],
        ["group", "(not stated)", 1],
    ]
    with pytest.raises(InputError, match=r"no column sex.*Choose from: .*site.*age, stage"):
        subgroup_tables(
            checked_rows(table, "dice"), cohort, clinical, ReaderStudySettings(subgroups=("sex",))
        )
    with pytest.raises(InputError, match="several rows of subject s000"):
        subgroup_tables(checked_rows(table, "dice"), cohort, pd.concat([clinical, clinical]), chosen)


def test_small_groups_are_shown_and_not_tested_and_repeated_subjects_are_noted():
    lines = []
    for number in range(6):
        for timepoint in ("baseline", "after", *(("late",) if number < 2 else ())):
            lines += both_ways(f"s{number}", "A", "B", 0.8 + 0.01 * number, timepoint=timepoint)
    rows = rows_of(lines)
    groups, tests = subgroup_tables(rows, cohort_of(rows), None, SETTINGS)
    assert dict(zip(groups["group"], groups["n"], strict=True)) == {"after": 6, "baseline": 6, "late": 2}
    found = tests.iloc[0]
    assert found["test"] == "Mann-Whitney"
    assert found["p"] > 0.9
    assert "not tested: late" in found["note"]
    assert "conservative" in found["note"]
