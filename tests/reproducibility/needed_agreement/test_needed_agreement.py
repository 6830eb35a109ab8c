"""Needed agreement from two tables: which pairs count, and what is said about the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.agreement.pairs import AUTO_PAIR, INTER, INTRA, PAIRS
from nbradiomics.agreement.schema import AGREEMENT
from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.reproducibility.needed_agreement import (
    INDEPENDENT,
    METRICS,
    NEEDED_AGREEMENT,
    contexts_of,
    curve_of,
    join_pairs,
    needed_agreement,
)
from nbradiomics.reproducibility.needed_agreement.pair_table import OPTIONAL, REQUIRED
from nbradiomics.reproducibility.needed_agreement.settings import KINDS, NeededAgreementSettings
from nbradiomics.tables import Rows
from tests.reproducibility.needed_agreement.tables import tables

DICE = NeededAgreementSettings(metrics=("dice",), bootstraps=100)


def assessed(features: pd.DataFrame, agreement: pd.DataFrame, **changes: object) -> pd.DataFrame:
    given = {name: changes.pop(name) for name in ("repeatability", "rows") if name in changes}
    settings = DICE.changed(**changes)
    return needed_agreement(features, agreement, settings=settings, **given).table.set_index("feature")


# --- the words are those of the comparison ---------------------------------------------------------------


def test_columns_kinds_and_metrics_are_those_of_the_agreement_table() -> None:
    # The column of variants is one that later tables have.
    assert {*REQUIRED, *OPTIONAL} - {"variant"} <= set(AGREEMENT.names)
    assert set(KINDS) == set(PAIRS)
    assert set(INDEPENDENT) == {AUTO_PAIR, INTER, INTRA}
    assert set(METRICS) <= set(AGREEMENT.names)
    assert all(METRIC[name].symmetric for name in METRICS)
    assert {name: METRIC[name].better == "higher" for name in METRICS} == METRICS


# --- the numbers -----------------------------------------------------------------------------------------


def test_a_feature_that_follows_the_masks_needs_more_agreement() -> None:
    table = assessed(*tables(60))
    assert list(table.columns) == NEEDED_AGREEMENT.names[1:]
    assert table.loc["close", "reached"] == "everywhere"
    assert table.loc["close", "needed"] == table.loc["close", "worst"]
    assert table.loc["shaky", "reached"] in ("inside", "nowhere")
    assert table.loc["shaky", "within"] < 0.9 < table.loc["close", "within"]
    assert table.loc["flat", "reason"].startswith("the middle half of the subjects have the same value")
    assert np.isnan(table.loc["flat", "needed"])
    assert set(table["pairs"]) == {180}
    assert set(table["subjects"]) == {60}


def test_nothing_depends_on_the_order_of_rows_or_the_direction_of_pairs() -> None:
    features, agreement = tables()
    one = assessed(features, agreement)
    mixed = assessed(features.sample(frac=1, random_state=1), agreement.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(one, mixed)
    pd.testing.assert_frame_equal(one, assessed(features, agreement.iloc[::2]))


def test_a_distance_and_an_overlap_that_say_the_same_need_the_same_pairs() -> None:
    features, agreement = tables(60)
    table = assessed(features, agreement, metrics=("dice", "assd_mm")).loc["shaky"].set_index("metric")
    if table["needed"].notna().all():
        assert table.loc["assd_mm", "needed"] == pytest.approx(5 * (1 - table.loc["dice", "needed"]))
    assert table.loc["assd_mm", "best"] == pytest.approx(5 * (1 - table.loc["dice", "best"]))
    assert table.loc["assd_mm", "reached"] == table.loc["dice", "reached"]


def test_a_wider_limit_needs_less_agreement() -> None:
    features, agreement = tables(60)
    needs = []
    for rc in (0.5, 1.0, 2.0, 4.0):
        repeatability = pd.DataFrame({"feature": ["shaky"], "rc": [rc]})
        row = assessed(features, agreement, repeatability=repeatability).loc["shaky"]
        assert (row["limit"], row["limit_from"]) == (rc, "repeatability")
        needs.append(np.inf if row["reached"] == "nowhere" else row["needed"])
    assert needs == sorted(needs, reverse=True)
    assert needs[0] > needs[-1]


def test_on_the_log_scale_a_unit_has_no_effect() -> None:
    features, agreement = tables(60)
    one = assessed(features, agreement, scale="log").loc["close"]
    other = assessed(features.assign(close=1000 * features["close"]), agreement, scale="log").loc["close"]
    assert one["limit"] == pytest.approx(other["limit"])
    assert one["limit"] > 1
    negative = features.assign(close=-features["close"])
    assert assessed(negative, agreement, scale="log").loc["close", "reason"].startswith("no pair of masks")


def test_the_curve_crosses_the_limit_at_the_needed_agreement() -> None:
    features, agreement = tables(80)
    repeatability = pd.DataFrame({"feature": ["shaky"], "rc": [2.5]})
    row = assessed(features, agreement, repeatability=repeatability).loc["shaky"]
    assert row["reached"] == "inside"
    curve = curve_of(join_pairs(features, agreement, Rows(), DICE), "shaky", "dice", row["limit"], DICE)
    assert (np.diff(curve.needed) <= 1e-12).all()  # a wider limit never needs more
    at_limit = np.interp(0, np.log(curve.multiples), curve.needed)
    assert at_limit == pytest.approx(row["needed"], abs=0.01)


def test_the_same_settings_give_the_same_table_and_another_seed_another_interval() -> None:
    features, agreement = tables(80)
    repeatability = pd.DataFrame({"feature": ["shaky"], "rc": [2.5]})
    one, again, other = (
        assessed(features, agreement, repeatability=repeatability, seed=seed).loc["shaky"]
        for seed in (0, 0, 1)
    )
    assert one.equals(again)
    assert one["needed"] == other["needed"]
    assert one[["low", "high"]].tolist() != other[["low", "high"]].tolist()


# --- who is in it, and who is missing --------------------------------------------------------------------


def test_a_feature_undefined_for_one_mask_is_outside_and_for_both_is_left_out() -> None:
    features, agreement = tables()
    broken = features.copy()
    broken.loc[(broken["subject"] == "S00") & (broken["reader"] == "A"), "close"] = np.nan
    broken.loc[broken["subject"] == "S01", "close"] = np.inf
    row, whole = (assessed(table, agreement).loc["close"] for table in (broken, features))
    assert (row["undefined_once"], row["left_out"], row["pairs"]) == (2, 3, 117)
    assert (whole["undefined_once"], whole["left_out"], whole["pairs"]) == (0, 0, 120)
    assert row["within"] < whole["within"]


def test_edited_masks_and_consensus_count_only_on_request() -> None:
    features, agreement = tables()
    agreement = agreement.assign(pair=np.where(agreement["subject"] < "S10", "edited", agreement["pair"]))
    assert assessed(features, agreement).loc["close", "pairs"] == 90
    assert assessed(features, agreement, pairs=("inter", "edited")).loc["close", "pairs"] == 120
    with pytest.raises(InputError, match=r"none of the kinds intra"):
        assessed(features, agreement, pairs=("intra",))


def test_without_a_column_of_kinds_the_masks_decide() -> None:
    features, agreement = tables()
    edited = agreement.assign(mask_kind=np.where(agreement["subject"] < "S10", "edited", "independent"))
    assert assessed(features, edited.drop(columns="pair")).loc["close", "pairs"] == 90


def test_the_model_never_counts_on_subjects_that_it_was_trained_on() -> None:
    features, agreement = tables(readers=("A", "B", "auto"))
    states = np.where(features["subject"] < "S05", "yes", "no")
    features = features.assign(in_training=np.where(features["reader"] == "auto", states, ""))
    result = needed_agreement(features, agreement, settings=DICE)
    assert set(result.table["pairs"]) == {40 * 3 - 5 * 2}
    assert set(result.left_out["reason"]) == {"the model was trained on the subject"}
    assert len(result.left_out) == 10


def test_a_row_of_another_timepoint_may_say_that_the_model_was_trained_on_the_subject() -> None:
    features, agreement = tables(readers=("A", "B", "auto"))
    later = features[features["reader"] == "auto"].assign(timepoint="later")
    later["in_training"] = np.where(later["subject"] < "S05", "yes", "no")
    result = needed_agreement(
        pd.concat([features.assign(in_training=""), later]), agreement, timepoint="baseline", settings=DICE
    )
    assert set(result.table["pairs"]) == {40 * 3 - 5 * 2}


def test_pairs_without_features_and_pairs_that_failed_are_named() -> None:
    features, agreement = tables()
    agreement.loc[agreement["subject"] == "S03", ["dice", "status"]] = [np.nan, ""]
    result = needed_agreement(features[features["subject"] != "S07"], agreement, settings=DICE)
    assert result.left_out["subject"].tolist() == ["S03"] * 3 + ["S07"] * 3
    assert result.left_out["reason"].tolist() == [
        *["the masks could not be compared"] * 3,
        *["no row in the feature table for one of the masks"] * 3,
    ]


def test_few_pairs_or_subjects_give_a_reason() -> None:
    row = assessed(*tables(15)).loc["shaky"]
    assert row["reason"] == "45 pairs of 15 subjects; 50 pairs of 20 subjects are needed"
    assert np.isnan(row["needed"])
    assert row["reached"] == ""
    assert np.isfinite(row["limit"])
    assert assessed(*tables(19), min_subjects=10).loc["shaky", "reached"] != ""


# --- tables of users -------------------------------------------------------------------------------------


def test_a_table_with_three_columns_and_a_metric_is_enough() -> None:
    features, agreement = tables()
    small = needed_agreement(
        features[["subject", "reader", "close", "shaky", "flat"]],
        agreement[["subject", "reader", "reference", "dice"]].iloc[::2],
        settings=DICE,
    )
    pd.testing.assert_frame_equal(small.table, needed_agreement(features, agreement, settings=DICE).table)


def test_default_metrics_that_a_table_lacks_are_left_out_but_none_that_was_asked_for() -> None:
    features, agreement = tables(20)
    table = needed_agreement(features, agreement, bootstraps=100).table
    assert set(table["metric"]) == {"dice", "assd_mm"}
    with pytest.raises(InputError, match="no column nsd"):
        needed_agreement(features, agreement, bootstraps=100, metrics=("dice", "nsd"))


def test_readings_are_joined() -> None:
    features, agreement = tables(readers=("1", "2"))
    readings = features.assign(reading=features["reader"].astype(int), reader="A")
    intra = agreement.assign(
        reading=agreement["reader"].astype(int),
        reference_reading=agreement["reference"].astype(int),
        reader="A",
        reference="A",
        pair="",
    )
    result = needed_agreement(readings, intra, settings=DICE.changed(min_subjects=10))
    assert set(result.table["pairs"]) == {40}
    assert result.left_out.empty


def test_several_timepoints_are_assessed_apart() -> None:
    features, agreement = tables()
    later = [table.assign(timepoint="later") for table in (features, agreement)]
    both = pd.concat([features, later[0]]), pd.concat([agreement, later[1]])
    with pytest.raises(AmbiguousError, match="several values of timepoint"):
        assessed(*both)
    contexts = contexts_of(both[0])
    assert list(contexts) == [f"{time}_T2w_tumour_original" for time in ("baseline", "later")]
    one = assessed(*both, rows=list(contexts.values())[1])
    pd.testing.assert_frame_equal(one, assessed(features, agreement))
    assert contexts_of(features) == {
        "": Rows(timepoint="baseline", sequence="T2w", roi="tumour", variant="original")
    }


HASHES = {"A": "p44136fa355b3678", "B": "p44136fa355b3678", "C": "p0123456789abcde"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f, a: (f.drop(columns="reader"), a), "the feature table has no column 'reader'"),
        (lambda f, a: (f, a.drop(columns="reference")), "the agreement table has no column reference"),
        (lambda f, a: (f, a.drop(columns="dice")), "the agreement table has no column dice"),
        (lambda f, a: (f, a.assign(dice="good")), "column dice of the agreement table contains 'good'"),
        (lambda f, a: (f, a.assign(dice=np.inf)), "column dice of the agreement table contains inf"),
        (lambda f, a: (f, a.assign(pair="friends")), "column pair of the agreement table contains 'friends'"),
        (lambda f, a: (f, pd.concat([a, a])), "several rows of A against B"),
        (lambda f, a: (pd.concat([f, f]), a), "several rows of S00 by A"),
        (lambda f, a: (f.assign(roi="component-1"), a), "component"),
        (lambda f, a: (f.assign(reader=f["reader"].str.lower()), a), "no pair of masks can be used"),
        (lambda f, a: (f.assign(reader=f["reader"].replace("A", "Auto")), a), "differs from 'auto'"),
        (lambda f, a: (f.assign(parameters=f["reader"].map(HASHES)), a), "made with 2 different parameters"),
    ],
)
def test_tables_that_do_not_fit_are_refused(change: object, message: str) -> None:
    features, agreement = change(*tables(20))  # type: ignore[operator]
    with pytest.raises(InputError, match=message):
        assessed(features, agreement)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"feature": ["shaky"]}, "has no column 'rc'"),
        ({"rc": [1.0]}, "has no column 'feature'"),
        ({"feature": ["shaky"] * 2, "rc": [1.0, 2.0]}, "two rows of shaky"),
        ({"feature": ["shaky"], "rc": [-1.0]}, "rc is -1.0; a number of 0 or more"),
        ({"feature": ["shaky"], "rc": ["much"]}, "rc is 'much'"),
        ({"feature": ["shaky"], "rc": [np.inf]}, "rc is inf"),
    ],
)
def test_a_table_of_repeatability_that_does_not_fit_is_refused(
    table: dict[str, list[object]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        assessed(*tables(20), repeatability=pd.DataFrame(table))


def test_features_that_the_table_of_repeatability_lacks_have_a_reason() -> None:
    repeatability = pd.DataFrame({"feature": ["shaky", "flat"], "rc": [2.5, 0.0]})
    table = assessed(*tables(), repeatability=repeatability)
    assert table.loc["close", "reason"] == "the table of repeatability has no value for this feature"
    assert table.loc["flat", "reason"] == "the limit of the table of repeatability allows no difference"
    ratios = pd.DataFrame({"feature": ["close"], "rc_log": [1.2]})
    row = assessed(*tables(), repeatability=ratios, scale="log").loc["close"]
    assert row["limit"] == pytest.approx(1.2)


def test_a_table_of_repeatability_of_other_features_is_refused() -> None:
    other = pd.DataFrame({"feature": ["another"], "rc": [1.0]})
    with pytest.raises(InputError, match="none of the 3 features, such as close"):
        needed_agreement(*tables(), repeatability=other, settings=DICE)
