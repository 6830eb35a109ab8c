"""Rules about several studies: the grammar, what meets a rule, and what never does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from nbradiomics.errors import InputError
from nbradiomics.reproducibility import CombinedRules, RulesFile, combine_rules, combined_sentences
from nbradiomics.reproducibility.rules.direction import SMALL_IS_GOOD
from nbradiomics.reproducibility.rules.rule import COLUMNS, Rule, parse_rule

RULES = ["readers.low >= 0.75", "retest.ccc >= 0.8"]


def study(features, subjects=30, **columns):
    given = {"low": 0.9, "ccc": 0.9, "complete": subjects, **columns}
    return pd.DataFrame({"feature": features, "subjects": subjects, **given})


@given(
    st.sampled_from(["readers", "re-test", "A_1"]),
    st.sampled_from(COLUMNS),
    st.sampled_from(["", "="]),
    st.floats(0, 1).map(lambda limit: round(limit, 6)),
    st.sampled_from(["", " ", "   "]),
)
def test_a_rule_is_read_as_written(name, column, equal, limit, blank):
    sign = ("<" if column.startswith(SMALL_IS_GOOD) else ">") + equal
    limit = round(limit + column.startswith("rc_log"), 6)
    rule = parse_rule(f"{blank}{name}.{column}{blank}{sign}{blank}{limit!r}{blank}", [name])
    assert (rule.study, rule.column, rule.sign, rule.limit) == (name, column, sign, limit)
    assert parse_rule(rule.text, [name]) == rule
    assert rule.passes(limit) == ("=" in sign)
    assert not rule.passes(np.nan)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("readers.low", "write study.column >= number"),
        ("low >= 0.75", "write study.column >= number"),
        ("readrs.low >= 0.75", "Did you mean 'readers'"),
        ("readers.loww >= 0.75", "Did you mean 'low'"),
        ("readers.stable >= 1", "has no number 'stable'"),
        ("readers.wsd <= 3", "in the unit of each feature"),
        ("readers.low => 0.75", "'=>' is no comparison"),
        ("readers.low == 0.75", "'==' is no comparison"),
        ("readers.low >= 0,75", "write it with a point"),
        ("readers.low >= nan", "is not a number"),
        ("readers.low >= 1e999", "is not a number"),
        ("readers.low >= __import__('os')", "is not a number"),
        ("readers.low >= 0.7 or 1", "write study.column >= number"),
        ("readers.proportional_p > 0.05", "a p value shows no agreement"),
        ("readers.wcv >= 0.1", "a small wcv is good; write < or <="),
        ("readers.icc <= 0.9", "a large icc is good; write > or >="),
        ("readers.low >= 75", "75 is no limit for low; a number from 0 to 1"),
        ("readers.wcv <= 10", "10 is no limit for wcv"),
        ("readers.qcd < -0.1", "-0.1 is no limit for qcd"),
        ("readers.rc_log <= 0.2", "is a ratio of two measurements, 1 or more"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_reason(text, told):
    with pytest.raises(ValueError, match=told.replace("(", r"\(")):
        parse_rule(text, ["readers"])
    with pytest.raises(InputError, match=told.replace("(", r"\(")):
        CombinedRules(studies={"readers": {}}, rules=[text])


def test_a_feature_must_meet_every_rule():
    names = ["good", "low", "undefined", "few", "absent"]
    readers = study(names, low=[0.8, 0.7, np.nan, 0.9, 0.9])
    retest = study(names[:4], ccc=[0.8, 0.9, 0.9, 0.9], complete=[10, 10, 10, 9])
    table = combine_rules({"readers": readers, "retest": retest}, RULES)
    assert dict(zip(table["feature"], table["reason"], strict=True)) == {
        "good": "",
        "low": "readers.low 0.70 is below 0.75",
        "undefined": "readers.low is undefined",
        "few": "retest: 9 subjects for ccc; 10 are needed",
        "absent": "retest lacks the feature",
    }
    assert table["stable"].tolist() == [True, False, False, False, False]
    assert table["readers.low >= 0.75"].tolist() == [True, False, False, True, True]
    assert table["retest.ccc >= 0.8"].tolist() == [True, True, True, False, False]
    assert combined_sentences(table) == [
        "1 of 5 features meet all rules. By rule, readers.low >= 0.75: 3, retest.ccc >= 0.8: 3."
    ]


@given(st.lists(st.floats(-1, 1) | st.just(np.nan), min_size=4, max_size=4), st.floats(-1, 1))
def test_a_higher_limit_never_keeps_more(values, limit):
    table = study(list("abcd"), low=values)
    below = combine_rules({"readers": table}, [f"readers.low >= {limit - 0.1:.6f}"])
    above = combine_rules({"readers": table}, [f"readers.low >= {limit:.6f}"])
    assert not (above["stable"] & ~below["stable"]).any()
    assert not above.loc[np.isnan(values), "stable"].any()


def test_a_rounded_value_is_on_its_side_of_the_limit():
    rule = Rule("readers", "low", ">=", 0.75)
    assert rule.failure(0.7499999) == "readers.low 0.7499999 is below 0.75"


def test_a_study_without_result_meets_no_rule():
    table = combine_rules({"readers": study(["a"]), "retest": "there are no timepoints."}, RULES)
    assert table["reason"].tolist() == ["retest has no result: there are no timepoints."]
    with pytest.raises(InputError, match=r"no study has a result\. readers: gone"):
        combine_rules({"readers": "gone"}, RULES[:1])


def test_tables_and_rules_that_cannot_be_used_are_refused():
    with pytest.raises(InputError, match="the table of readers has no column ccc_low"):
        combine_rules({"readers": study(["a"])}, ["readers.ccc_low >= 0.5"])
    with pytest.raises(InputError, match="no list of rules"):
        combine_rules({"readers": study(["a"])}, [])
    with pytest.raises(InputError, match="no list of rules"):
        combine_rules({"readers": study(["a"])}, RULES[0])


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"studies": {"x": {"across": "raeder"}}}, "Did you mean 'reader'"),
        ({"studies": {"x": {"table": "t.csv", "across": "site"}}}, "leave out across"),
        ({"studies": {"x": {}, "X": {}}}, "needs a different name"),
        ({"studies": {"1 2": {}}}, "studies"),
        ({"studies": {"x": {"form": "2,1"}}}, "form"),
        ({"rules": RULES}, "there is no study 'readers'"),
        ({"studies": {"x": {}}, "rules": ["x.stays >= 0.9"]}, "set resamples"),
        ({"studies": {"x": {}}, "rules": ["x.icc_bca_low >= 0.9"]}, "set bootstraps"),
    ],
)
def test_bad_sections_are_refused(section, told):
    with pytest.raises(InputError, match=told):
        CombinedRules(**section)


def test_what_is_needed_for_samples_is_accepted():
    made = CombinedRules(studies={"x": {}}, rules="x.stays >= 0.9", resamples=200)
    assert made.parsed == (Rule("x", "stays", ">=", 0.9),)
    assert RulesFile(studies={"x": {"table": "t.csv"}}, rules=["x.stays >= 0.9"]).parsed


@pytest.mark.parametrize(
    "text", ["r.low > -1", "r.kendall_w >= 1", "r.wcv <= 0", "r.rc_log_high < 1.5", "r.ccc_bca_low >= 0.8"]
)
def test_limits_within_the_range_are_accepted(text: str) -> None:
    assert parse_rule(text, ["r"]).text == text


def test_bootstrap_limits_count_the_subjects_with_a_value_by_every_rater() -> None:
    assert parse_rule("r.icc_bca_low >= 0.7", ["r"]).subjects_column == "complete"
    assert parse_rule("r.icc >= 0.7", ["r"]).subjects_column == "subjects"
