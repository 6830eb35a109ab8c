"""Risks of a subject with each of its masks: what is the same, what differs, who is in it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome
from nbradiomics.outcome.assembly import choose_rows
from nbradiomics.outcome.crossvalidation import run_repeat, splits_of
from nbradiomics.outcome.drawing.changes import ANY
from nbradiomics.outcome.drawing.masks import NO_ROW, NO_VALUE, drawings_of_readers, source_of
from nbradiomics.outcome.drawing.risks import most_frequent, predict_drawings
from nbradiomics.outcome.drawing.transfer import Cohorts, score_sample
from nbradiomics.outcome.evaluate import task_of
from nbradiomics.outcome.fold_result import Fold
from nbradiomics.outcome.refits import refit_sample
from nbradiomics.outcome.seen import REASON
from nbradiomics.perturbation.variant import Variant, changes_mask_alone
from tests.support.drawings import FEATURES, QUICK, assessed, drawn, loss, pair


def data_of(features, clinical, **options):
    """Data of the evaluation, as the comparison has it."""
    asked = {"time": "months", "event": "dead", "reader": "A", "settings": QUICK, "stable": FEATURES}
    return evaluate_outcome(features, clinical, **(asked | options)).final.prepared.data


def risks_of(result, reader, model="radiomic"):
    rows = result.risks
    return rows[(rows["reader"] == reader) & (rows["model"] == model)].set_index("subject")


def test_readers_who_draw_alike_change_nothing_and_lose_nothing() -> None:
    result = assessed(*drawn({"A": 0.0, "B": 0.0, "auto": 0.0}), transfer=True)

    assert (result.groups["changed"] == 0).all()
    assert (result.transfer["loss"] == 0).all()
    assert (result.subjects["low"] == result.subjects["high"]).all()
    assert result.transfer["loss_low"].isna().all()  # no interval where nothing can vary


def test_identical_readers_lose_exactly_nothing_in_a_bootstrap_sample() -> None:
    features, clinical = drawn({"A": 0.0, "B": 0.0})
    data, other = (data_of(features, clinical, reader=reader) for reader in "AB")
    cohorts = Cohorts({"A": data, "B": other}, {"A": data.frame, "B": other.frame})
    scores = score_sample(cohorts, QUICK, ["radiomic"], task_of(data), 1)
    values = [tuple(each) for each in scores.values()]
    assert len(values) == 4
    assert len(set(values)) == 1


@pytest.mark.slow
def test_a_reader_with_a_huge_error_loses_and_the_interval_says_so() -> None:
    few = QUICK.changed(bootstraps=100, refits=50, folds=2)
    result = assessed(*drawn({"A": 0.05, "B": 8.0}, subjects=90, effect=2.0), settings=few)

    row = loss(result, "A", "B")
    assert row["loss"] > 0.1
    assert row["loss_low"] > 0
    assert row["low"] < row["value"] < row["high"]
    assert set(result.transfer["trained"]) == {"A"}
    assert pair(result, "A", "B")["changed"] > 20
    assert any(text.endswith("a loss.") for text in result.summary["sentences"])


def test_the_models_reader_has_the_risks_groups_and_c_of_the_evaluation() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.5})
    twice = QUICK.changed(repeats=2)
    result = assessed(features, clinical, settings=twice)
    evaluation = evaluate_outcome(
        features, clinical, time="months", event="dead", reader="A", settings=twice, stable=FEATURES
    )

    predicted = evaluation.predictions[evaluation.predictions["model"] == "radiomic"]
    high = predicted["group"].eq("high").groupby(predicted["subject"]).mean()
    assert risks_of(result, "A")["group"].eq("high").equals(high >= 0.5)
    rows = evaluation.performance.set_index(["model", "metric"])["value"]
    assert loss(result, "A", "A")["value"] == rows["radiomic", "harrell_c"]


def test_a_prediction_is_that_of_the_cross_validation_with_the_masks_in_place() -> None:
    """A witness: the other reader's values of the held-out subjects are put into the evaluation itself."""
    features, clinical = drawn({"A": 0.1, "B": 0.7})
    data, other = (data_of(features, clinical, reader=reader) for reader in ("A", "B"))
    task = task_of(data)
    source = source_of(data, choose_rows(features, {"reader": "A"}))
    drawings = drawings_of_readers(source, features, set(), None)
    for number, (train, test) in enumerate(splits_of(data, QUICK)[0], start=1):
        mixed = data.frame.copy()
        mixed.iloc[test] = other.frame.iloc[test]
        (expected,) = run_repeat(data.with_columns(mixed), QUICK, ["radiomic"], task, 1, [(train, test)])
        _, ((found,)) = predict_drawings(
            data, drawings, QUICK, ["radiomic"], task, Fold(1, number, train, test)
        )
        np.testing.assert_array_equal(found[0].risk if isinstance(found, list) else found.risk, expected.risk)


def test_no_mask_of_a_held_out_subject_changes_the_risk_of_another() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.5, "C": 0.5})
    before = assessed(features, clinical)
    spoilt = features.copy()
    spoilt.loc[(spoilt["subject"] == "p03") & (spoilt["reader"] == "B"), FEATURES] = 50.0
    after = assessed(spoilt, clinical)

    own = (before.risks["subject"] == "p03") & (before.risks["reader"] == "B")
    pd.testing.assert_frame_equal(before.risks[~own], after.risks[~own])
    assert (before.risks.loc[own, "risk"] != after.risks.loc[own, "risk"]).all()


def test_a_mask_of_another_reader_is_never_learned_from() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.5})
    before = assessed(features, clinical)
    spoilt = features.copy()
    spoilt.loc[spoilt["reader"] == "B", FEATURES] *= -3.0
    after = assessed(spoilt, clinical)

    pd.testing.assert_frame_equal(risks_of(before, "A"), risks_of(after, "A"))


@settings(max_examples=2, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(random) -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.6}, subjects=30)
    places = list(range(len(features)))
    random.shuffle(places)
    one = assessed(features, clinical)
    other = assessed(features.iloc[places], clinical)

    for name in ("risks", "subjects", "groups", "transfer"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 10_000), error=st.sampled_from([0.1, 0.5, 2.0]))
def test_counts_of_changes_agree_with_the_risks_by_mask(seed, error) -> None:
    tables = drawn({"A": error, "B": error, "C": error}, seed, subjects=36)
    result = assessed(*tables)

    groups = {reader: risks_of(result, reader)["group"] for reader in "ABC"}
    for first, second in (("A", "B"), ("A", "C"), ("B", "C")):
        row = pair(result, first, second)
        differs = groups[first] != groups[second]
        assert row["changed"] == differs.sum() == row["to_higher"] + row["to_lower"]
        assert row["low"] <= row["share"] <= row["high"]
    total = pair(result, "A", ANY)
    assert total["changed"] == pd.DataFrame(groups).nunique(axis=1).gt(1).sum()
    rows = result.subjects[result.subjects["model"] == "radiomic"].set_index("subject")
    risks = pd.DataFrame({reader: risks_of(result, reader)["risk"] for reader in "ABC"})
    pd.testing.assert_series_equal(rows["low"], risks.min(axis=1), check_names=False)
    pd.testing.assert_series_equal(rows["high"], risks.max(axis=1), check_names=False)
    # One repeat: a subject is in group high if, and only if, its risk is beyond the cut-off.
    for reader in "ABC":
        assert (groups[reader].eq("high") == (risks[reader] > 0)).all()


def test_who_lacks_a_mask_is_named_with_the_reason_and_never_dropped() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.3, "auto": 0.3})
    auto = features["reader"] == "auto"
    features["in_training"] = np.where(auto, "no", "")
    features.loc[auto & (features["subject"] == "p01"), FEATURES] = np.nan
    features.loc[auto & features["subject"].isin(["p02", "p05"]), "in_training"] = "yes"
    features = features[~((features["reader"] == "B") & (features["subject"] == "p04"))]
    result = assessed(features, clinical, transfer=True)

    of_auto = risks_of(result, "auto")
    assert len(of_auto) == 48
    assert of_auto.loc[["p01", "p02", "p05"], "absent"].tolist() == [NO_VALUE, REASON, REASON]
    assert of_auto.loc[["p01", "p02", "p05"], ["risk", "group"]].isna().all(axis=None)
    assert risks_of(result, "B").loc["p04", "absent"] == NO_ROW
    assert result.summary["absent"]["auto"] == {NO_VALUE: 1, REASON: 2}
    assert pair(result, "A", "auto")["subjects"] == 45
    assert pair(result, "A", "auto")["without"] == 3
    assert set(result.transfer["subjects"]) == {44}
    assert result.summary["transfer"]["left_out"] == 4
    text = " ".join(result.summary["sentences"])
    assert "With the masks of auto, 3 of 48 subjects have no risk" in text
    assert "in the 44 subjects with masks of all of them; 4 lack one" in text


def test_masks_of_folds_of_training_subjects_do_not_count() -> None:
    features, clinical = drawn({"A": 0.1, "auto": 0.3})
    features["in_training"] = np.where(features["reader"] == "auto", "no", "")
    folds = pd.concat(
        features[features["reader"] == "auto"].assign(variant=fold) for fold in ("fold_0", "fold_1")
    )
    folds.loc[folds["subject"] == "p07", "in_training"] = "yes"
    result = assessed(features, clinical, folds=folds)

    rows = result.risks[(result.risks["subject"] == "p07") & (result.risks["model"] == "radiomic")]
    assert rows.set_index("kind").loc["fold", "absent"].tolist() == [REASON, REASON]
    assert rows.set_index("reader").loc["auto", "absent"].tolist() == [REASON] * 3
    of_folds = result.subjects[result.subjects["masks"] == "folds"]
    assert set(of_folds["reader"]) == {"auto"}
    assert of_folds.set_index("subject").loc["p07", "number"] == 0


def test_perturbed_masks_count_and_perturbed_images_do_not() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1})
    mine = features[features["reader"] == "A"]
    rng = np.random.default_rng(1)
    parts = [
        mine.assign(**(mine[FEATURES] + 0.4 * rng.normal(size=(48, len(FEATURES)))), variant=name)
        for name in ("v0.1_c1", "c2", "s3", "n1_c1", "r5", "control-shuffled")
    ]
    result = assessed(features, clinical, perturbed=pd.concat(parts))

    assert result.summary["drawings"] == {"reader": 2, "perturbed": 3}
    rows = result.subjects[result.subjects["masks"] == "perturbed"]
    assert set(rows["number"]) == {3}
    assert rows["contains"].isna().all()  # one has a chosen size: no sample
    alike = assessed(features, clinical, perturbed=pd.concat([parts[1], parts[1].assign(variant="c7")]))
    alike = alike.subjects[alike.subjects["masks"] == "perturbed"]
    np.testing.assert_allclose(alike["contains"], 1 / 3)
    only_images = parts[3:]
    unused = assessed(features, clinical, perturbed=pd.concat(only_images))
    assert set(unused.summary["unused"]) == {"perturbed"}
    assert any("none belongs to the rows" in text for text in unused.summary["sentences"])


@given(st.builds(Variant, volume=st.sampled_from([0, -0.2, 0.15, 1e-5]), contour=st.integers(0, 3)))
def test_names_of_variants_tell_whether_the_image_changes(variant) -> None:
    if variant.name != "original":
        assert changes_mask_alone(variant.name)
        assert not changes_mask_alone(variant.changed(noise=1).name)
        assert not changes_mask_alone(variant.changed(rotation=-3.0).name)


def test_features_that_the_perturbed_masks_lack_are_refused() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1})
    perturbed = features[features["reader"] == "A"].assign(variant="c1").drop(columns="f2")
    with pytest.raises(InputError, match="lack 1 feature of the models"):
        assessed(features, clinical, perturbed=perturbed)


def test_further_readings_are_compared_as_readings() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1})
    again = features[features["reader"] == "A"].assign(reading=2)
    again[FEATURES] += 0.5
    result = assessed(pd.concat([features, again]), clinical, reading=1)

    assert result.summary["drawings"] == {"reader": 2, "reading": 1}
    assert pair(result, "A", "A, reading 2")["subjects"] == 48
    assert pair(result, "A", "B")["subjects"] == 48


def test_only_the_scan_of_the_models_counts() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1})
    later = features.assign(timepoint="later")
    later[FEATURES] *= -9
    both = pd.concat([features.assign(timepoint="baseline"), later])
    once = assessed(features, clinical)
    result = assessed(both, clinical, timepoint="baseline")
    pd.testing.assert_frame_equal(once.groups, result.groups)
    pd.testing.assert_frame_equal(once.transfer, result.transfer)


HASHES = ("p44136fa355b3678", "p0123456789abcde")


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda table: table[table["reader"] == "A"], {}, "no subject of the evaluation has another mask"),
        (lambda table: table, {"drawing_readers": ("D",)}, "reader 'D' has no mask"),
        (lambda table: table[table["reader"] == "A"].drop(columns="reader"), {"reader": None}, "no column"),
        (
            lambda table: pd.concat([table[:20], table[48 + 20 :]]),
            {"reader": None, "drawing_readers": None},
            "are of the readers A, B",
        ),
        (lambda table: table.assign(roi="tumour-component-1"), {}, "components"),
        (
            lambda table: table.assign(parameters=np.where(table["reader"] == "A", *HASHES)),
            {},
            "the parameters of the features of the models are",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(change, options, message) -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1})
    with pytest.raises(InputError, match=message):
        assessed(change(features), clinical, **options)


def test_two_rows_of_a_reader_are_refused() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1})
    with pytest.raises(AmbiguousError, match="reader 'B' has several rows of subject p00"):
        assessed(pd.concat([features, features[features["reader"] == "B"]]), clinical)


def test_named_readers_alone_are_compared() -> None:
    tables = drawn({"A": 0.1, "B": 0.1, "C": 0.1})
    result = assessed(*tables, drawing_readers=("C",), transfer=True)
    assert set(result.risks["reader"]) == {"A", "C"}
    assert set(result.transfer["trained"]) == {"A", "C"}


def test_too_few_subjects_with_all_masks_leave_the_rest_of_the_comparison() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1})
    few = features[(features["reader"] == "A") | features["subject"].isin(["p00", "p01", "p02"])]
    result = assessed(few, clinical)
    assert result.transfer.empty
    assert "3 subjects" in result.summary["transfer"]["missing"]
    assert pair(result, "A", "B")["subjects"] == 3


def test_samples_are_those_of_the_evaluation() -> None:
    """The score of the models' own reader in a bootstrap sample is bit for bit that of the evaluation."""
    features, clinical = drawn({"A": 0.1, "B": 0.5})
    data, other = (data_of(features, clinical, reader=reader) for reader in ("A", "B"))
    task = task_of(data)
    expected = refit_sample(data, QUICK, ["radiomic"], task, 3)["radiomic", "harrell_c", None]
    cohorts = Cohorts({"A": data}, {"A": data.frame, "B": other.frame})
    found = score_sample(cohorts, QUICK, ["radiomic"], task, 3)
    np.testing.assert_array_equal(found["radiomic", "A\x1fA", None], expected)


def test_classes_have_groups_and_a_loss_too() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.6}, subjects=60)
    clinical["kind"] = np.where(clinical["months"] < clinical["months"].median(), "bad", "good")
    result = assessed(features, clinical, target="kind", positive=("bad",))
    assert set(result.risks["group"]) == {"bad", "good"}
    assert set(result.transfer["metric"]) == {"roc_auc"}
    assert result.subjects["low"].notna().all()
    assert result.groups["low"].isna().all()  # their coverage was not simulated
    assert "change the predicted class" in " ".join(result.summary["leading"])
    own = risks_of(result, "A")
    assert (own["group"].eq("bad") == (own["risk"] > 0)).all()

    clinical["third"] = np.array(["a", "b", "c"])[np.arange(60) % 3]
    several = assessed(features, clinical, target="third")
    assert several.risks["risk"].isna().all()
    assert several.risks["group"].notna().all()
    assert several.subjects["low"].isna().all()


def test_competing_events_harmonisation_sites_and_automatic_selection() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.4}, subjects=60)
    clinical["site"] = np.array(["north", "south", "west"])[np.arange(60) % 3]
    harmonised = assessed(features, clinical, harmonise=Harmonise(batch=["site"]), covariates=("age",))
    assert set(harmonised.risks["model"]) == {"radiomic", "combined"}
    sites = assessed(features, clinical, leave_out="site")
    assert set(sites.risks["repeats"].dropna()) == {1.0}
    chosen = assessed(features, clinical, settings=QUICK.changed(selection="auto"))
    assert chosen.risks["risk"].notna().all()
    rng = np.random.default_rng(0)
    other = (clinical["dead"] == 0) & (rng.random(60) < 0.6)
    clinical["how"] = np.where(clinical["dead"] == 1, "tumour", np.where(other, "other", "alive"))
    competing = assessed(features, clinical, event="how", event_value=("tumour",), competing=("other",))
    assert competing.risks["risk"].notna().all()
    assert competing.groups["low"].isna().all()  # their coverage was not simulated
    assert sites.groups["low"].notna().all()


def test_the_stability_filter_of_the_evaluation_is_kept() -> None:
    features, clinical = drawn({"A": 0.05, "B": 0.05})
    options = OutcomeSettings(**{**QUICK.stated(), "min_subjects": 6})
    result = assessed(features, clinical, stable=None, settings=options)
    evaluation = evaluate_outcome(
        features, clinical, time="months", event="dead", reader="A", settings=options
    )
    rows = evaluation.performance.set_index(["model", "metric"])["value"]
    assert loss(result, "A", "A")["value"] == rows["radiomic", "harrell_c"]


def test_most_frequent_groups_ties_are_high() -> None:
    group = np.array([[0.0, 1.0, np.nan, np.nan], [1.0, 1.0, 0.0, np.nan]])
    found, share = most_frequent(group)
    np.testing.assert_array_equal(found, [1, 1, 0, np.nan])
    np.testing.assert_array_equal(share, [0.5, 1, 1, np.nan])


@pytest.mark.parametrize("number", [2, 3, 5])
def test_a_further_mask_lies_in_the_range_as_often_as_it_is_said(number) -> None:
    draws = np.random.default_rng(number).standard_t(3, size=(40_000, number + 1))
    inside = (draws[:, -1] > draws[:, :-1].min(axis=1)) & (draws[:, -1] < draws[:, :-1].max(axis=1))
    assert inside.mean() == pytest.approx((number - 1) / (number + 1), abs=0.01)
