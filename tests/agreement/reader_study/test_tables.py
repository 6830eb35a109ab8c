"""The tables of the reader study, each against values worked out by hand or a simple loop."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from nbradiomics.agreement.reader_study import ReaderStudySettings
from nbradiomics.agreement.reader_study.agreement_table import checked_rows
from nbradiomics.agreement.reader_study.cases import cases_table
from nbradiomics.agreement.reader_study.comparison import comparison_table
from nbradiomics.agreement.reader_study.detection import detection_table
from nbradiomics.agreement.reader_study.direction import direction_table
from nbradiomics.agreement.reader_study.model_failures import segmented_rows
from nbradiomics.agreement.reader_study.subgroups import compare_groups, subgroup_tables
from nbradiomics.agreement.reader_study.summaries import summary_table
from nbradiomics.agreement.reader_study.times import time_saved_table, times_table
from nbradiomics.agreement.reader_study.volumes import bland_altman_table, limits_of_agreement
from nbradiomics.cohort.columns import DEFAULTS
from nbradiomics.errors import InputError
from tests.agreement.reader_study.test_agreement_table import both_ways, cohort_of, row, simulated

SETTINGS = ReaderStudySettings()


def rows_of(*rows, metric="dice"):
    return checked_rows(pd.DataFrame([line for part in rows for line in part]), metric)


def masks_of(rows):
    """A cohort table of masks: (subject, reader, kind, minutes)."""
    lines = [
        {**DEFAULTS, "subject": subject, "reader": reader, "reference_kind": kind, "minutes": minutes}
        for subject, reader, kind, minutes in rows
    ]
    return pd.DataFrame(lines).assign(mask="mask.nii.gz", image="image.nii.gz")


def one(table, **wanted):
    for column, value in wanted.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


# Summary


def test_summary_groups_and_pools_by_hand():
    rows = rows_of(
        both_ways("s1", "auto", "A", 0.8),
        both_ways("s1", "auto", "B", 0.6),
        both_ways("s1", "A", "B", 0.9),
        both_ways("s2", "auto", "A", 0.5),
        [row("s2", "A", "A", 0.95, pair="intra", reference_reading=2)],
        [row("s2", "A", "A", 0.95, pair="intra", reading=2)],
        [row("s2", "A", "auto", 0.99, pair="edited", mask_kind="edited")],
        [row("s2", "auto", "A", 0.99, pair="edited", reference_kind="edited")],
        [row("s1", "A", "majority(B+C)", 0.7, pair="consensus", reference_kind="consensus")],
    )
    table = summary_table(rows, SETTINGS)
    groups = table[["pair", "reader", "reference", "n", "median"]].to_numpy().tolist()
    assert groups == [
        ["auto", "auto", "readers", 2, pytest.approx(0.6)],
        ["auto", "auto", "A", 2, pytest.approx(0.65)],
        ["auto", "auto", "B", 1, pytest.approx(0.6)],
        ["inter", "readers", "readers", 1, pytest.approx(0.9)],
        ["inter", "A", "B", 1, pytest.approx(0.9)],
        ["inter", "B", "A", 1, pytest.approx(0.9)],
        ["intra", "same reader", "same reader", 1, pytest.approx(0.95)],
        ["intra", "A", "A", 1, pytest.approx(0.95)],
        ["edited", "A (edited)", "auto", 1, pytest.approx(0.99)],
        ["edited", "auto", "A (edited)", 1, pytest.approx(0.99)],
        ["consensus", "A", "majority(B+C)", 1, pytest.approx(0.7)],
    ]
    first = table.iloc[0]
    assert (first["q1"], first["q3"]) == (pytest.approx(0.55), pytest.approx(0.65))


def test_nothing_drops_out_of_a_median_unseen():
    rows = rows_of(
        both_ways("s1", "A", "B", 0.8, hd95_mm=3.0, auc=np.nan),
        both_ways("s2", "A", "B", 0.0, hd95_mm=np.nan, status="empty_mask"),
        both_ways("s3", "A", "B", np.nan, hd95_mm=np.nan, status=None),
        both_ways("s4", "A", "B", 0.9, hd95_mm=np.nan),
    )
    table = summary_table(rows, SETTINGS)
    pool = one(table, reader="readers", metric="hd95_mm")
    assert pool[["n", "undefined", "undefined_empty", "undefined_failed"]].tolist() == [1, 3, 1, 1]
    dice = one(table, reader="readers", metric="dice")
    assert dice[["n", "undefined", "median"]].tolist() == [3, 1, 0.8]
    assert "auc" not in set(table["metric"])


@given(st.lists(st.tuples(st.integers(0, 8), st.floats(0, 1)), min_size=1, max_size=25))
@settings(max_examples=50)
def test_summaries_lie_within_the_values(pairs):
    lines = [
        both_ways(f"s{subject}", "A", "B", value, timepoint=str(number))
        for number, (subject, value) in enumerate(pairs)
    ]
    quick = ReaderStudySettings(bootstraps=100)
    found = one(summary_table(rows_of(*lines), quick), reader="readers", metric="dice")
    values = [value for _, value in pairs]
    for column in ("median", "q1", "q3", "mean"):
        assert min(values) - 1e-12 <= found[column] <= max(values) + 1e-12
    assert found["q1"] <= found["median"] <= found["q3"]
    if np.isnan(found["low"]):
        assert len({subject for subject, _ in pairs}) < 6
    else:
        assert min(values) - 1e-12 <= found["low"] <= found["high"] <= max(values) + 1e-12


# Comparison


def test_comparison_by_hand_with_directed_metrics_and_what_is_left_out():
    lines = []
    for number in range(8):
        lines += [
            row(f"s{number}", "auto", "A", 0.8, fprm=0.5, hd95_mm=4.0),
            row(f"s{number}", "A", "auto", 0.8, fprm=9.0, hd95_mm=4.0),
            row(f"s{number}", "auto", "B", 0.9, fprm=0.3, hd95_mm=6.0),
            row(f"s{number}", "A", "B", 0.7, fprm=0.1, hd95_mm=3.0),
            row(f"s{number}", "B", "A", 0.7, fprm=0.2, hd95_mm=3.0),
        ]
    lines[0] |= {"hd95_mm": np.nan, "dice": 0.0, "status": "empty_mask"}
    table = comparison_table(rows_of(lines), SETTINGS).set_index("metric")
    # FPRm and HD95 have no worst value for the empty mask: they are compared in the segmented cases alone.
    counts = table.loc[["fprm", "hd95_mm"], ["cases", "left_out", "missing", "empty"]]
    assert counts.to_numpy().tolist() == [[7, 1, 0, 1], [7, 1, 0, 1]]
    assert table.loc[["fprm", "hd95_mm"], ["difference", "low", "high", "p"]].isna().all(axis=None)
    alone = comparison_table(segmented_rows(rows_of(lines)), SETTINGS).set_index("metric")
    fprm = alone.loc["fprm"]
    assert fprm[["auto_readers", "readers_readers"]].tolist() == pytest.approx([0.4, 0.15])
    assert fprm["difference"] == pytest.approx(-0.25)  # more false positives: the model is worse
    assert (fprm["low"], fprm["high"]) == pytest.approx((-0.25, -0.25))
    assert fprm["p"] == pytest.approx(2 / 2**7)
    hd95 = alone.loc["hd95_mm"]
    assert hd95[["subjects", "cases", "left_out", "missing", "empty"]].tolist() == [7, 7, 0, 0, 0]
    assert hd95["difference"] == pytest.approx(-2)
    dice = table.loc["dice"]
    # The case with an empty mask counts as Dice 0 against both readers.
    assert dice[["cases", "left_out", "missing", "empty"]].tolist() == [8, 0, 0, 1]
    assert dice["difference"] == pytest.approx((7 * 0.15 + 0.0 - 0.7) / 8)
    assert table["primary"].to_dict() == {"dice": True, "fprm": False, "hd95_mm": False}
    assert (alone["p_holm"] >= alone["p"]).all()


def test_in_a_table_against_one_reader_all_are_held_against_him():
    lines = []
    for number in range(6):
        subject = f"s{number}"
        lines += [row(subject, "auto", "A", 0.8), row(subject, "B", "A", 0.6), row(subject, "A", "B", 0.1)]
    found = comparison_table(rows_of(lines), SETTINGS).iloc[0]
    assert found[["auto_readers", "readers_readers"]].tolist() == pytest.approx([0.8, 0.6])


def test_cases_without_two_readers_are_no_part_of_the_comparison():
    alone = rows_of([row("s1", "auto", "A", 0.8)], [row("s2", "auto", "B", 0.8)])
    assert comparison_table(alone, SETTINGS).empty


# Volumes


def test_limits_of_agreement_by_hand():
    rows = rows_of(
        [
            row(f"s{number}", "auto", "A", 0.9, volume_ml=a, reference_ml=b)
            for number, (a, b) in enumerate([(11, 10), (22, 20), (33, 30), (0, 5)])
        ],
        [row("s9", "auto", "A", np.nan, volume_ml=np.nan, reference_ml=np.nan, status=None)],
    )
    found = one(bland_altman_table(rows, SETTINGS), reader="auto", reference="A")
    # Differences 1, 2, 3, -5: mean 0.25, squares about it 0.5625 + 3.0625 + 7.5625 + 27.5625 = 38.75.
    sd = np.sqrt(38.75 / 3)
    assert found[["n", "left_out", "ratio_n", "ratio_left_out"]].tolist() == [4, 1, 3, 1]
    assert found[["bias_ml", "sd_ml"]].tolist() == pytest.approx([0.25, sd])
    assert found["high_ml"] == pytest.approx(0.25 + 1.959964 * sd)
    half = stats.t.ppf(0.975, 3) * sd * np.sqrt(1 / 4 + 1.959964**2 / 6)
    assert found["high_ml_high"] == pytest.approx(found["high_ml"] + half)
    # All ratios are 1.1: 10 % larger, without spread.
    percents = found[["bias_percent", "low_percent", "high_percent", "bias_percent_low"]].astype(float)
    assert percents.tolist() == pytest.approx([10, 10, 10, 10])
    assert found["intervals"] == "Bland and Altman 1999"


def test_each_two_readers_stand_once_whatever_the_order_of_their_rows():
    lines = [row(f"s{n}", "B", "A", 0.9, volume_ml=12.0 + n, reference_ml=10.0) for n in range(3)]
    found = one(bland_altman_table(rows_of(lines), SETTINGS), reader="A", reference="B")
    assert found[["n", "bias_ml"]].tolist() == [3, -3]
    turned = [row(f"s{n}", "A", "B", 0.9, volume_ml=10.0, reference_ml=12.0 + n) for n in range(3)]
    pd.testing.assert_frame_equal(
        bland_altman_table(rows_of(lines, turned), SETTINGS), bland_altman_table(rows_of(lines), SETTINGS)
    )


def test_intervals_of_several_cases_per_subject_resample_subjects():
    generator = np.random.default_rng(3)
    subjects = np.repeat(np.arange(15), 4)
    differences = np.repeat(generator.normal(size=15), 4) + 0.01 * generator.normal(size=60)
    clustered = limits_of_agreement(differences, subjects, SETTINGS)["bias"]
    single = limits_of_agreement(differences, np.arange(60), SETTINGS)["bias"]
    assert clustered[0] == single[0]
    # Sixty cases of fifteen subjects tell no more than fifteen: twice the width.
    assert (clustered[2] - clustered[1]) / (single[2] - single[1]) == pytest.approx(2, abs=0.25)
    draws = []
    for _ in range(3000):
        drawn = np.concatenate([np.flatnonzero(subjects == s) for s in generator.integers(0, 15, size=15)])
        sample = differences[drawn]
        draws.append(sample.mean() + 1.959964 * sample.std(ddof=1))
    low, high = np.quantile(draws, [0.025, 0.975])
    assert limits_of_agreement(differences, subjects, SETTINGS)["high"][1:] == pytest.approx(
        (low, high), abs=0.05
    )


def test_one_case_has_a_bias_and_no_limits():
    found = limits_of_agreement(np.array([2.0]), np.array([0]), SETTINGS)
    assert found["bias"][0] == 2
    assert np.isnan([*found["bias"][1:], *found["low"], *found["high"], found["sd"][0]]).all()


# Detection


def detected():
    empty, missed = {"status": "empty_mask"}, {"status": "ok"}
    return rows_of(
        # p1: found by one of two readers' masks, and missed at the second timepoint.
        [row("p1", "auto", "A", 0.0, **missed), row("p1", "auto", "B", 0.2), *both_ways("p1", "A", "B", 0.0)],
        [row("p1", "auto", "A", 0.0, timepoint="after", **empty)],
        # p2: missed; A drew none, B did.
        [row("p2", "auto", "A", 0.0, status="empty_reference"), row("p2", "auto", "B", 0.0)],
        # p3: found. p4: nobody drew a tumour, auto did. p5: nobody did. p6: could not be compared.
        [row("p3", "auto", "A", 0.9)],
        [row("p4", "auto", "A", 0.0, status="empty_reference")],
        [row("p5", "auto", "A", np.nan, status="both_empty")],
        [row("p6", "auto", "A", np.nan, status=None)],
    )


def test_missed_tumours_by_hand():
    rows = detected()
    table = detection_table(rows, cohort_of(rows), SETTINGS)
    auto = table[table["reader"] == "auto"].set_index("unit")
    assert auto.loc["image", ["missed", "of", "unknown"]].tolist() == [2, 4, 1]
    assert auto.loc["patient (any image)", ["missed", "of", "unknown"]].tolist() == [2, 3, 1]
    assert auto.loc["patient (every image)", ["missed", "of", "unknown"]].tolist() == [1, 3, 1]
    assert auto.loc["false alarm (image)", ["missed", "of"]].tolist() == [1, 2]
    a = one(table, reader="A", unit="image")
    assert a[["against", "missed", "of"]].tolist() == ["other readers", 1, 1]
    assert (table["rate"] == table["missed"] / table["of"]).all()


def test_the_rate_s_interval_is_clopper_and_pearson_s():
    lines = [row(f"s{n:02}", "auto", "A", 0.0 if n < 3 else 0.9) for n in range(20)]
    found = one(detection_table(rows_of(lines), cohort_of(pd.DataFrame(lines)), SETTINGS), unit="image")
    # Clopper and Pearson by the beta distribution; 3 of 20: 3.21 to 37.89 %.
    expected = stats.beta.ppf(0.025, 3, 18), stats.beta.ppf(0.975, 4, 17)
    assert (found["low"], found["high"]) == pytest.approx(expected)
    assert (found["low"], found["high"]) == pytest.approx((0.0321, 0.3789), abs=1e-4)


def test_images_without_an_automatic_mask_are_counted_apart():
    rows = rows_of([row("p1", "auto", "A", 0.9), row("p2", "auto", "A", 0.9)])
    cohort = masks_of(
        [("p1", "auto", "", ""), ("p1", "A", "", ""), ("p2", "auto", "", ""), ("p3", "A", "", "")]
    )
    found = one(detection_table(rows, cohort, SETTINGS), unit="not segmented (image)")
    assert found[["missed", "of"]].tolist() == [1, 3]
    without = detection_table(rows, cohort[cohort["reader"] == "A"], SETTINGS)
    assert "not segmented (image)" not in set(without["unit"])


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


def grouped():
    table = simulated(0, subjects=24)
    number = table["subject"].str[1:].astype(int)
    table["dice"] = np.where(number < 12, table["dice"], table["dice"] - 0.2)
    cohort = cohort_of(table)
    cohort["site"] = np.where(cohort["subject"].str[1:].astype(int) < 12, "Leiden", "Valencia")
    ages = pd.DataFrame({"subject": [f"s{n:03}" for n in range(24)], "age": np.arange(24) + 0.5})
    ages["stage"] = ["I", "II", "III"] * 8
    ages.loc[0, "stage"] = None
    return table, cohort, ages


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
    with pytest.raises(InputError, match=r"no column sex.*There are: .*site.*age, stage"):
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


# Direction


def test_direction_by_hand():
    lines = []
    for number in range(8):
        subject = f"s{number}"
        lines += [
            row(subject, "auto", "A", 0.8, fprm=0.3 + number / 100, fnr=0.1, signed_distance_mm=1.0),
            row(subject, "auto", "B", 0.8, fprm=0.1, fnr=0.3 + number / 100, signed_distance_mm=-1.0),
            row(subject, "A", "B", 0.8, fprm=0.2, fnr=0.2, signed_distance_mm=np.nan),
        ]
    lines += [row("s9", "auto", "A", 0.0, fprm=np.nan, fnr=np.nan, status="empty_reference")]
    table = direction_table(rows_of(lines), SETTINGS)
    outward, inward = one(table, reader="auto", reference="A"), one(table, reader="auto", reference="B")
    assert (outward["direction"], inward["direction"]) == ("outward", "inward")
    assert outward[["n", "left_out", "share_outward", "signed_distance_mm"]].tolist() == [8, 1, 1, 1]
    assert outward["fprm_median"] == pytest.approx(0.335)
    assert outward["p"] == pytest.approx(2 / 2**8)
    assert "errs outward" in outward["sentence"]
    assert one(table, reader="auto", reference="readers")["direction"] == "neither"
    assert one(table, reader="A")[["direction", "p"]].tolist() == ["neither", 1]


# Times


def test_times_by_hand():
    cohort = masks_of(
        [
            ("s1", "A", "", "10"),
            ("s1", "A", "edited", "4"),
            ("s2", "A", "independent", "12"),
            ("s2", "B", "edited", "2"),
            ("s3", "B", "", ""),
            ("s4", "auto", "", "1"),
        ]
    )
    table = times_table(cohort)
    assert table[["reader", "kind", "n", "median", "total"]].to_numpy().tolist() == [
        ["A", "edited", 1, 4, 4],
        ["A", "independent", 2, 11, 22],
        ["B", "edited", 1, 2, 2],
    ]
    saved = time_saved_table(cohort, SETTINGS).iloc[0]
    assert saved[["n", "same_reader", "subjects", "median"]].tolist() == [2, 1, 2, 8]
    assert np.isnan([saved["low"], saved["p"]]).all()
    assert "saves 8.0 minutes" in saved["sentence"]
    nothing = masks_of([("s1", "A", "", "")])
    assert times_table(nothing).empty
    assert time_saved_table(nothing, SETTINGS).empty


def test_time_saved_is_tested_by_subject():
    lines = [
        line
        for n in range(8)
        for line in (
            (f"s{n}", "A", "", str(10 + n)),
            (f"s{n}", "A", "edited", "4"),
            (f"s{n}", "B", "edited", "99"),
        )
    ]
    saved = time_saved_table(masks_of(lines), SETTINGS).iloc[0]
    assert saved[["n", "same_reader", "median"]].tolist() == [8, 8, 9.5]
    assert saved["p"] == pytest.approx(2 / 2**8)
    assert 6 <= saved["low"] <= 9.5 <= saved["high"] <= 13


# Cases


def test_the_worst_case_comes_first():
    rows = rows_of(
        [row("good", "auto", "A", 0.9), row("good", "auto", "B", 0.8), *both_ways("good", "A", "B", 0.7)],
        [row("bad", "auto", "A", 0.3, hd95_mm=9.0, fprm=0.1), *both_ways("bad", "A", "B", 0.7)],
        [row("empty", "auto", "A", 0.0, status="empty_mask")],
        both_ways("absent", "A", "B", 0.6),
        [row("failed", "auto", "A", np.nan, status=None)],
        [row("nothing", "auto", "A", np.nan, status="both_empty")],
    )
    table = cases_table(rows, SETTINGS).set_index("subject")
    assert set(table.index[:3]) == {"empty", "absent", "failed"}
    assert table.index[3:].tolist() == ["bad", "good", "nothing"]
    assert table.loc["absent", ["status", "lowest_pair"]].tolist() == ["missing", "A-B"]
    good = table.loc["good"]
    assert good[["auto_readers", "readers_readers", "difference"]].tolist() == pytest.approx(
        [0.85, 0.7, 0.15]
    )
    assert good[["lowest_pair", "status"]].tolist() == ["auto-B", "ok"]
    assert table.loc["bad", ["hd95_mm", "fprm"]].tolist() == [9, 0.1]


def test_the_worst_case_of_a_distance_and_of_readers_alone():
    rows = rows_of(
        both_ways("near", "A", "B", 0.1, hd95_mm=1.0), both_ways("far", "A", "B", 0.9, hd95_mm=8.0)
    )
    chosen = ReaderStudySettings(metric="hd95_mm", margin=1)
    assert cases_table(rows, chosen)["subject"].tolist() == ["far", "near"]
    table = cases_table(rows, SETTINGS)
    assert table["subject"].tolist() == ["near", "far"]
    assert table["auto_readers"].isna().all()
    assert table["hd95_mm"].tolist() == [1, 8]


def test_a_number_is_split_alike_for_the_model_and_the_readers():
    # The four oldest have no automatic mask, which counts as Dice 0; the median age is that of all.
    table, cohort, clinical = grouped()
    number = table["subject"].str[1:].astype(int)
    table = table[(table["pair"] == "inter") | (number < 20)]
    chosen = ReaderStudySettings(subgroups=("age", "timepoint"))
    groups, _ = subgroup_tables(checked_rows(table, "dice"), cohort, clinical, chosen)
    ages = groups[groups["variable"] == "age"]
    assert ages[["what", "group", "n"]].to_numpy().tolist() == [
        ["auto to readers", "<= 12", 12],
        ["auto to readers", "> 12", 12],
        ["readers to readers", "<= 12", 12],
        ["readers to readers", "> 12", 12],
    ]
    assert groups.loc[groups["variable"] == "timepoint", "n"].tolist() == [24, 24]


def test_a_metric_that_readers_never_have_is_not_compared():
    table = simulated(0, subjects=8).assign(auc=np.nan)
    table.loc[table["reader"] == "auto", "auc"] = 0.98
    assert "auc" not in comparison_table(checked_rows(table, "dice"), SETTINGS)["metric"].tolist()


def test_names_of_sites_and_timepoints_are_no_quantities():
    table, cohort, _ = grouped()
    number = cohort["subject"].str[1:].astype(int)
    sites = cohort.assign(site=(number % 12 + 2023001).astype(str))
    chosen = ReaderStudySettings(subgroups=("site",))
    groups, _ = subgroup_tables(checked_rows(table, "dice"), sites, None, chosen)
    auto = groups[groups["what"] == "auto to readers"]
    assert auto["group"].tolist() == [str(2023001 + place) for place in range(12)]
    alike = cohort.assign(site=np.where(number % 2, "1", "01"))
    groups, _ = subgroup_tables(checked_rows(table, "dice"), alike, None, chosen)
    assert sorted(set(groups["group"])) == ["01", "1"]


def test_long_numbers_of_the_clinic_are_told_apart():
    table, cohort, clinical = grouped()
    clinical = clinical.assign(ward=np.where(clinical["age"] > 12, 2023001, 2023002))
    chosen = ReaderStudySettings(subgroups=("ward",))
    groups, _ = subgroup_tables(checked_rows(table, "dice"), cohort, clinical, chosen)
    assert set(groups["group"]) == {"2023001", "2023002"}


def test_the_clinic_s_site_stands_in_where_the_cohort_states_none():
    table, cohort, clinical = grouped()
    cohort = cohort.assign(site=np.where(cohort["subject"] == "s000", "Leiden", ""))
    clinical = clinical.assign(site="Valencia")
    chosen = ReaderStudySettings(subgroups=("site",))
    groups, _ = subgroup_tables(checked_rows(table, "dice"), cohort, clinical, chosen)
    auto = groups[groups["what"] == "auto to readers"].set_index("group")["n"].to_dict()
    assert auto == {"Leiden": 1, "Valencia": 23}


def test_minutes_of_several_lesions_of_an_image_are_added_up():
    rows = [
        {"reader": reader, "roi": roi, "reference_kind": kind, "minutes": minutes, "reading": reading}
        for reader, kind, reading, times in [
            ("A", "independent", 1, (20, 10)),
            ("A", "edited", 2, (5, 5)),
            ("B", "independent", 1, (30, "")),
        ]
        for roi, minutes in zip(("l1", "l2"), times, strict=True)
    ]
    cohort = pd.DataFrame(
        [{**DEFAULTS, **row, "subject": f"s{number}", "mask": "m"} for number in range(7) for row in rows]
    )
    saved = time_saved_table(cohort, SETTINGS).iloc[0]
    assert (saved["n"], saved["median"]) == (7, 20)
    assert "20.0 minutes per image" in saved["sentence"]
    times = times_table(cohort).set_index(["reader", "kind"])
    assert times["median"].to_dict() == {("A", "edited"): 10, ("A", "independent"): 30}


def test_an_empty_mask_where_nobody_drew_is_no_failure_of_the_model():
    table = simulated(0, subjects=8)
    first = table["subject"] == "s000"
    table.loc[first, ["dice", "status"]] = [np.nan, "both_empty"]
    found = comparison_table(checked_rows(table, "dice"), SETTINGS).iloc[0]
    assert (found["left_out"], found["missing"], found["empty"]) == (1, 0, 0)
