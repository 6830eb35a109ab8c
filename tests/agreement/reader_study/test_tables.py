"""The tables of the reader study, each against values worked out by hand or a simple loop."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from nbradiomics.agreement.reader_study import ReaderStudySettings
from nbradiomics.agreement.reader_study.comparison import comparison_table
from nbradiomics.agreement.reader_study.detection import detection_table
from nbradiomics.agreement.reader_study.model_failures import segmented_rows
from nbradiomics.agreement.reader_study.summaries import summary_table
from nbradiomics.agreement.reader_study.volumes import bland_altman_table, limits_of_agreement
from tests.support.agreement_rows import both_ways, cohort_of, row
from tests.support.study_rows import SETTINGS, masks_of, one, rows_of

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
