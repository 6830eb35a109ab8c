"""The model's failures and what it was trained on: who is in a verdict, and what is said of the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.reader_study import ReaderStudySettings, study_readers
from nbradiomics.agreement.reader_study.agreement_table import checked_rows
from nbradiomics.agreement.reader_study.comparison import comparison_table
from nbradiomics.agreement.reader_study.hypotheses import hypotheses_table
from nbradiomics.agreement.reader_study.model_failures import compared_failures, failed_cases, worst_value
from nbradiomics.agreement.reader_study.subgroups import subgroup_tables
from tests.support.agreement_rows import both_ways, cohort_of, simulated

SETTINGS = ReaderStudySettings(bootstraps=100)
WORST_SIX = 6


def thirty(*, worst: float = 0.35) -> pd.DataFrame:
    """Thirty subjects, two readers; the model is as good as they are but in the last six, where it is bad."""
    table = simulated(1, subjects=30, noise=0.02)
    bad = (table["subject"] >= f"s{30 - WORST_SIX:03}") & (table["pair"] == "auto")
    table.loc[bad, "dice"] = worst
    return table.assign(hd95_mm=20 * (1 - table["dice"]))


def dropped(table: pd.DataFrame, subjects: list[str]) -> pd.DataFrame:
    """The table as it is when the model gave no mask in these subjects."""
    return table[~(table["subject"].isin(subjects) & (table["pair"] == "auto"))]


def emptied(table: pd.DataFrame, subjects: list[str]) -> pd.DataFrame:
    """The table as it is when the model's mask was empty in these subjects."""
    own = table["subject"].isin(subjects) & (table["pair"] == "auto")
    table = table.assign(hd95_mm=table["hd95_mm"].mask(own), dice=table["dice"].mask(own, 0.0))
    status = np.where(table["reader"] == "auto", "empty_mask", "empty_reference")
    return table.assign(status=np.where(own, status, table["status"]))


LAST = [f"s{number:03}" for number in range(30 - WORST_SIX, 30)]


def results_of(table: pd.DataFrame, chosen: ReaderStudySettings = SETTINGS) -> pd.DataFrame:
    return hypotheses_table(checked_rows(table, chosen.metric), chosen).set_index("test")


def boxed(table: pd.DataFrame, **columns: object) -> str:
    study = study_readers(table, cohort_of(table, **columns), settings=SETTINGS)
    return str(study.tests.set_index("test").loc["non_inferiority", "sentence"])


@pytest.mark.parametrize(("lose", "said"), [(dropped, "6 cases without"), (emptied, "6 cases with an empty")])
def test_failures_of_the_model_stay_in_the_verdict_as_the_worst_value(lose, said) -> None:
    table = lose(thirty(), LAST)
    tests = results_of(table)
    assert tests.loc["non_inferiority", "n"] == 30
    assert tests.loc["non_inferiority", "passed"] is False
    readers = checked_rows(table, "dice")
    inter = (
        readers[(readers["pair"] == "inter") & readers["subject"].isin(LAST)]
        .groupby("subject")["dice"]
        .mean()
    )
    alone = results_of(table[~table["subject"].isin(LAST)]).loc["non_inferiority"]
    # The worst value of Dice is 0: each lost case lies by the readers' whole agreement below them.
    assert tests.loc["non_inferiority", "value"] == pytest.approx((24 * alone["value"] - inter.sum()) / 30)
    sentence = tests.loc["non_inferiority", "sentence"]
    assert said in sentence
    assert "count as Dice 0" in sentence
    assert alone["passed"] is True
    second = tests.loc["difference_segmented_cases"]
    assert (second["n"], second["value"]) == (24, pytest.approx(alone["value"]))
    assert second["passed"] is None
    assert second["sentence"].startswith("Segmented cases only")
    assert list(tests.index)[:2] == ["non_inferiority", "difference_segmented_cases"]


def test_every_test_follows_the_rule() -> None:
    whole, lost = results_of(thirty(worst=0.0)), results_of(dropped(thirty(), LAST))
    for test in ("difference", "williams_index"):
        assert lost.loc[test, "value"] == pytest.approx(whole.loc[test, "value"])
        assert lost.loc[test, "n"] == 30
    assert lost.loc["alt_test_reader", "value"].tolist() == whole.loc["alt_test_reader", "value"].tolist()
    table = dropped(thirty(), LAST)
    cohort = cohort_of(table)
    cohort["site"] = np.where(cohort["subject"].isin(LAST), "far", "near")
    groups, tests = subgroup_tables(checked_rows(table, "dice"), cohort, None, SETTINGS)
    far = groups[(groups["group"] == "far") & (groups["what"] == "auto to readers")].iloc[0]
    assert (far["n"], far["median"]) == (6, 0)
    assert "higher in near" in tests.loc[tests["what"] == "auto to readers", "direction"].iloc[0]


@pytest.mark.parametrize("lose", [dropped, emptied])
def test_a_metric_without_a_worst_value_gives_no_verdict_while_the_model_fails(lose) -> None:
    distance = ReaderStudySettings(metric="hd95_mm", margin=1.0, bootstraps=200)
    table = lose(thirty(), LAST[:1])
    tests = results_of(table, distance)
    main = tests.drop(index="difference_segmented_cases")
    assert main["passed"].isna().all()
    assert main[["value", "low", "high", "p"]].isna().all(axis=None)
    said = tests.loc["non_inferiority", "sentence"]
    assert "no verdict" in said
    assert "HD95 (mm) has no worst value" in said
    assert "1 case with" in said
    assert tests.loc["difference_segmented_cases", "n"] == 29
    assert results_of(thirty(), distance).loc["non_inferiority", "passed"] is not None


def test_the_comparison_counts_failures_and_the_segmented_cases_have_a_table_of_their_own() -> None:
    table = emptied(dropped(thirty(), LAST[:4]), LAST[4:])
    study = study_readers(table, cohort_of(table), settings=SETTINGS)
    main = study.comparison.set_index("metric")
    assert main.loc["dice", ["cases", "left_out", "missing", "empty"]].tolist() == [30, 0, 4, 2]
    assert main.loc["hd95_mm", ["cases", "left_out", "missing", "empty"]].tolist() == [24, 6, 4, 2]
    assert main.loc["hd95_mm", ["difference", "low", "p"]].isna().all()
    alone = study.comparison_segmented.set_index("metric")
    assert alone.loc[["dice", "hd95_mm"], "cases"].tolist() == [24, 24]
    assert (study.overview["missing"], study.overview["empty"]) == (4, 2)
    assert any("4 cases without a mask to compare not included" in text for text in study.sentences)
    whole = thirty()
    assert study_readers(whole, cohort_of(whole), settings=SETTINGS).comparison_segmented.empty


def test_a_mask_that_cannot_be_compared_is_missing_and_a_reader_s_broken_one_is_no_failure_of_the_model() -> (
    None
):
    table = thirty()
    auto = (table["pair"] == "auto") & (table["subject"] == "s000")
    broken = table.assign(status=table["status"].mask(auto), dice=table["dice"].mask(auto))
    assert compared_failures(checked_rows(broken, "dice"), "dice").missing == 1
    own = (table["subject"] == "s000") & (table[["reader", "reference"]] == "B").any(axis=1)
    reader = table.assign(status=table["status"].mask(own), dice=table["dice"].mask(own))
    assert failed_cases(checked_rows(reader, "dice")).empty


def test_where_nobody_drew_a_tumour_a_missing_mask_is_no_failure_and_one_reader_suffices() -> None:
    quiet = both_ways("q", "A", "B", np.nan, status="both_empty")
    assert failed_cases(checked_rows(pd.DataFrame([*thirty().to_dict("records"), *quiet]), "dice")).empty
    half = both_ways("q", "A", "B", 0.0)
    half[0] |= {"status": "empty_reference"}
    half[1] |= {"status": "empty_mask"}
    rows = checked_rows(pd.DataFrame([*thirty().to_dict("records"), *half]), "dice")
    assert failed_cases(rows)[["subject", "failure"]].to_numpy().tolist() == [["q", "missing"]]


def test_a_model_whose_every_mask_is_missing_is_told_by_the_cohort() -> None:
    table = simulated(0, subjects=12).query("pair == 'inter'")
    cohort = cohort_of(table)
    lonely = cohort.iloc[:1].assign(subject="x", reader="auto")
    study = study_readers(table, pd.concat([cohort, lonely]), settings=SETTINGS)
    assert study.overview["missing"] == 12
    assert study.tests.set_index("test").loc["non_inferiority", "passed"] is False
    assert study_readers(table, cohort, settings=SETTINGS).overview["missing"] == 0


@pytest.mark.parametrize(
    ("metric", "worst"),
    [
        ("dice", 0),
        ("nsd", 0),
        ("kappa", -1),
        ("fnr", 1),
        ("precision", 0),
        ("specificity", 0),
        ("lesion_f1", 0),
    ],
)
def test_bounded_metrics_have_a_worst_value(metric: str, worst: float) -> None:
    assert worst_value(metric) == worst


def test_unbounded_metrics_and_those_without_direction_have_none() -> None:
    unbounded = [name for name, metric in METRIC.items() if metric.high is None or metric.better == "zero"]
    assert {"hd95_mm", "fprm", "signed_distance_mm"} <= set(unbounded)
    assert all(np.isnan(worst_value(name)) for name in unbounded)


@given(st.integers(0, 10_000), st.integers(7, 10), st.data())
@settings(max_examples=5, deadline=None)
def test_dropping_a_mask_never_makes_the_model_look_better(
    seed: int, subjects: int, data: st.DataObject
) -> None:
    table = simulated(seed, subjects=subjects).assign(hd95_mm=1.0)
    rows = comparison_table(checked_rows(table, "dice"), SETTINGS).set_index("metric").loc["dice"]
    names = sorted(set(table["subject"]))
    lost = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=len(names) - 1, unique=True))
    for lose in (dropped, emptied):
        found = (
            comparison_table(checked_rows(lose(table, lost), "dice"), SETTINGS)
            .set_index("metric")
            .loc["dice"]
        )
        assert found["cases"] == subjects
        assert found["difference"] <= rows["difference"] + 1e-12
        assert found["missing"] + found["empty"] == len(lost)


@pytest.mark.parametrize(
    ("metric", "beside", "of_empty", "said"),
    [
        ("specificity", 0.99, 1.0, "Specificity 0 (the worst value"),
        ("kappa", -0.01, 0.0, "Cohen's kappa -1 (the worst value"),
        ("auc_binary", 0.495, 0.5, "ROC area, binary 0 (the worst value"),
        ("dice", 0.0, 0.0, "Dice 0."),
    ],
)
def test_an_empty_mask_never_counts_better_than_one_beside_the_tumour(
    metric: str, beside: float, of_empty: float, said: str
) -> None:
    def table(value: float, status: str) -> pd.DataFrame:
        own = simulated(1, subjects=12).assign(hd95_mm=1.0)
        own[metric] = own["dice"]
        chosen = (own["subject"] == "s003") & (own["pair"] == "auto")
        own.loc[chosen, [metric, "status"]] = [value, status]
        return own

    asked = ReaderStudySettings(metric=metric, bootstraps=100)
    drawn, empty = (
        results_of(table(value, status), asked).loc["non_inferiority"]
        for value, status in ((beside, "ok"), (of_empty, "empty_mask"))
    )
    assert empty["value"] <= drawn["value"]
    assert said in empty["sentence"]


@given(st.integers(0, 10_000), st.floats(-0.08, 0.05))
@settings(max_examples=5, deadline=None)
def test_dropping_the_worst_mask_never_turns_the_verdict_to_the_better(seed: int, shift: float) -> None:
    table = simulated(seed, subjects=12, shift=shift).assign(hd95_mm=1.0)
    auto = table[table["reader"] == "auto"].groupby("subject")["dice"].mean()
    inter = table[table["pair"] == "inter"].groupby("subject")["dice"].mean()
    worst = str((auto - inter).idxmin())
    before = results_of(table).loc["non_inferiority", "passed"]
    after = results_of(dropped(table, [worst])).loc["non_inferiority", "passed"]
    assert before or not after


# What the model was trained on


def test_subjects_that_the_model_was_trained_on_stay_out_of_everything_and_are_told_first() -> None:
    table = simulated(2, subjects=30)
    seen = {f"s{number:03}" for number in range(15)}
    flattered = table["subject"].isin(seen) & (table["pair"] == "auto")
    table.loc[flattered, "dice"] = 0.99
    table = table.assign(fprm=0.1, fnr=0.1, signed_distance_mm=0.5)
    cohort = cohort_of(table)
    known = cohort.assign(in_training=np.where(cohort["subject"].isin(seen), "yes", "no"))
    study = study_readers(table, known, settings=SETTINGS)
    rest = table[~table["subject"].isin(seen)]
    alone = study_readers(rest, cohort_of(rest, in_training="no"), settings=SETTINGS)
    for name, frame in study.tables.items():
        if name != "tests":
            pd.testing.assert_frame_equal(frame, alone.tables[name], obj=name)
    numbers = study.tests.drop(columns="sentence")
    pd.testing.assert_frame_equal(numbers, alone.tests.drop(columns="sentence"))
    box = study.tests["sentence"].iloc[0]
    assert box.startswith(
        "15 of 30 subjects are left out, because the model was trained on them (s000, s001,"
    )
    assert study.sentences[0] in box
    assert "not recorded" not in box


def test_one_row_that_says_yes_counts_for_every_timepoint_of_the_subject() -> None:
    table = simulated(2, subjects=12)
    later = table[table["subject"] == "s000"].assign(timepoint="after")
    both = pd.concat([table, later])
    cohort = cohort_of(both)
    first = (cohort["subject"] == "s000") & (cohort["timepoint"] == "baseline") & (cohort["reader"] == "auto")
    study = study_readers(both, cohort.assign(in_training=np.where(first, "yes", "no")), settings=SETTINGS)
    assert study.tests["n"].iloc[0] == 11
    assert study.overview["in_training"] == 1


def test_what_is_not_known_is_said_and_readers_alone_are_asked_nothing() -> None:
    table = simulated(2, subjects=12)
    assert boxed(table).startswith("It is not recorded whether the model was trained on these subjects")
    assert boxed(table, in_training="no").startswith("The model is ")
    half = cohort_of(table)
    half = half.assign(in_training=np.where(half["subject"] < "s006", "no", ""))
    study = study_readers(table, half, settings=SETTINGS)
    assert "trained on 6 of 12 subjects" in study.sentences[0]
    readers = table.query("pair == 'inter'")
    alone = study_readers(readers, cohort_of(readers, in_training="yes"), settings=SETTINGS)
    assert alone.overview["subjects"] == 12
    assert "trained" not in " ".join(alone.sentences)


def test_a_training_subject_without_a_mask_is_no_failure() -> None:
    table = dropped(thirty(), LAST)
    cohort = cohort_of(table)
    cohort = cohort.assign(in_training=np.where(cohort["subject"].isin(LAST), "yes", "no"))
    study = study_readers(table, cohort, settings=SETTINGS)
    assert (study.overview["missing"], study.overview["in_training"]) == (0, 6)


def test_a_study_of_training_subjects_alone_has_no_verdict_and_is_one_between_readers() -> None:
    table = simulated(0, subjects=12)
    study = study_readers(table, cohort_of(table, in_training="yes"), settings=SETTINGS)
    assert study.tests["passed"].isna().all()
    said = " ".join(study.sentences)
    assert study.sentences[0].startswith("The model was trained on all 12 subjects (s000, s001,")
    assert study.tests["sentence"].iloc[0].startswith(study.sentences[0])
    assert "There are no automatic masks" not in said
    assert "12 subjects, 12 cases" in said
    readers = table[table["pair"] == "inter"]
    alone = study_readers(readers, cohort_of(readers), settings=SETTINGS)
    for name in ("summary", "comparison", "cases"):
        pd.testing.assert_frame_equal(study.tables[name], alone.tables[name], obj=name)


def test_what_edited_masks_of_a_known_model_saved_is_not_counted() -> None:
    table = simulated(0, subjects=12)
    cohort = cohort_of(table, in_training="yes", minutes=10.0)
    edited = cohort[cohort["reader"] == "A"].assign(reference_kind="edited", reading=2, minutes=1.0)
    study = study_readers(table, pd.concat([cohort, edited]), settings=SETTINGS)
    assert study.time_saved.empty
    assert set(study.times["kind"]) == {"independent"}


# Words


def test_the_box_names_the_readers_the_margin_s_size_and_who_fixed_it() -> None:
    table = simulated(0)
    text = results_of(table).loc["non_inferiority", "sentence"]
    assert "not inferior to A and B at a margin of 0.03 Dice" in text
    agreement = table[table["pair"] == "inter"].groupby("subject")["dice"].mean().mean()
    assert f"The margin is {100 * 0.03 / (1 - agreement):.0f} %" in text
    assert "It is not stated that the margin was fixed" in text
    stated = ReaderStudySettings(margin_fixed="protocol 2, 2026-01-31", bootstraps=200)
    said = results_of(table, stated).loc["non_inferiority", "sentence"]
    assert "The margin was fixed beforehand: protocol 2, 2026-01-31." in said
    assert "not stated" not in said
    many = results_of(simulated(0, subjects=10, readers=tuple("ABCDEFGH"))).loc["non_inferiority", "sentence"]
    assert "A, B, C, D, E, F and 2 more" in many


def test_three_readers_are_asked_for_where_there_are_two() -> None:
    two, three = (
        results_of(simulated(0, subjects=31, readers=names)).loc["alt_test_winning_rate", "sentence"].iloc[0]
        for names in (("A", "B"), ("A", "B", "C"))
    )
    assert "ask for at least three readers" in two
    assert "ask for at least three" not in three


def test_verdicts_that_seem_to_differ_are_explained_in_one_sentence() -> None:
    table = simulated(0)
    study = study_readers(table, cohort_of(table), settings=SETTINGS)
    verdicts = study.overview["verdicts"]
    assert verdicts["non_inferiority"] is True
    assert verdicts["alt_test_winning_rate (epsilon 0)"] is False
    (told,) = [text for text in study.sentences if "two questions" in text]
    assert "at epsilon 0: these are two questions" in told


def test_limits_are_never_rounded_to_the_margin() -> None:
    table = simulated(0, subjects=8, spread=0, noise=0)
    table["dice"] = np.where(table["pair"] == "auto", 0.80004, 0.83)
    said = results_of(table).loc["non_inferiority", "sentence"]
    assert "interval -0.02996 to" in said
    assert "lies above -0.03" in said


def test_the_signed_distance_changes_its_sign_and_nothing_else_when_two_are_swapped() -> None:
    rows = [
        line | {"fprm": 0.1, "fnr": 0.1, "signed_distance_mm": -0.4 if line["reader"] == "A" else -0.2}
        for number in range(8)
        for line in both_ways(f"s{number}", "A", "B", 0.9)
    ]
    table = pd.DataFrame(rows)
    found = study_readers(table, cohort_of(table), settings=SETTINGS).direction.set_index("reader")
    assert found["signed_distance_mm"].to_dict() == pytest.approx({"A": -0.1, "B": 0.1})
