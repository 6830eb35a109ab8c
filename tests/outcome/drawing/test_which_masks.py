"""Which masks are compared with which: those of the same parameters, with the mask that they come from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, write_outcome
from nbradiomics.outcome.drawing.masks import ORIGIN
from nbradiomics.outcome.drawing_schema import DRAWING_TABLES
from nbradiomics.outcome.intervals import refit_interval
from tests.support.drawings import FEATURES, QUICK, assessed, drawn, pair

ONE, OTHER = "p" + "1" * 15, "p" + "2" * 15


def of(features, reader, **columns):
    return features[features["reader"] == reader].assign(**columns)


def test_features_of_other_parameters_are_refused() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1}, subjects=30)
    features["parameters"] = np.where(features["reader"] == "A", ONE, OTHER)
    with pytest.raises(InputError, match=f"models are {ONE}, those of all masks to compare {ONE}, {OTHER}"):
        assessed(features, clinical)
    same = features.assign(parameters=ONE)
    for kind in ("folds", "perturbed"):
        made = of(features, "A", variant="c1", parameters=OTHER)
        with pytest.raises(InputError, match="those of the masks of kind .* " + OTHER):
            assessed(same, clinical, **{kind: made})


def test_perturbed_masks_are_compared_with_the_mask_that_was_perturbed_alone() -> None:
    features, clinical = drawn({"A": 0.1, "B": 2.0, "C": 0.1}, subjects=30)
    perturbed = pd.concat([of(features, "B", variant=name) for name in ("c1", "c2")])
    result = assessed(features, clinical, perturbed=perturbed, drawing_readers=("B",))
    assert pair(result, "B", "B, c1")["changed"] == 0  # the very same masks

    without = assessed(features, clinical, perturbed=perturbed, drawing_readers=("C",))
    assert "perturbed" not in set(without.groups["masks"])
    assert "perturbed" not in set(without.subjects["masks"])
    assert any("those of B are of readers whose own masks" in text for text in without.summary["sentences"])


def test_masks_of_folds_are_never_compared_with_the_mask_of_a_reader() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1, "auto": 1.0}, subjects=30)
    folds = pd.concat([of(features, "auto", variant=name) for name in ("fold_0", "fold_1")])
    result = assessed(features, clinical, folds=folds, drawing_readers=("B",))
    assert "folds" not in set(result.groups["masks"])
    assert "Masks of kind fold are not compared" in " ".join(result.summary["sentences"])


def test_subjects_may_be_named_like_numbers() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1}, subjects=30)
    names = {name: f"{place}.0" for place, name in enumerate(clinical["subject"])}
    both = [table.assign(subject=table["subject"].map(names)) for table in (features, clinical)]
    assert pair(assessed(*both), "A", "B")["subjects"] == 30


def test_edited_masks_and_a_consensus_are_no_readers() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1, "E": 0.1, "all": 0.1}, subjects=30)
    features[ORIGIN] = features["reader"].map({"E": "edited", "all": "consensus"}).fillna("independent")
    result = assessed(features, clinical, transfer=True)

    assert result.summary["drawings"] == {"reader": 2, "consensus": 1, "edited": 1}
    of_readers = result.subjects[result.subjects["masks"] == "readers"]
    assert set(of_readers["number"]) == {2}
    assert set(result.subjects["masks"]) == {"readers"}
    assert set(result.transfer["deployed"]) == {"A", "B"}
    assert pair(result, "A", "E, edited")["subjects"] == 30
    text = " ".join(result.summary["sentences"])
    assert "When E edits the automatic mask instead of A drawing one," in text
    assert "When the consensus all takes the place of A," in text


def test_edited_masks_of_the_models_reader_are_named() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1}, subjects=30)
    features[ORIGIN] = np.where(features["reader"] == "A", "edited", "")
    result = assessed(features, clinical)
    assert pair(result, "A", "B")["subjects"] == 30
    assert any("30 of 30 masks of A were made from others" in text for text in result.summary["sentences"])


def test_a_reader_with_further_readings_alone_has_readings() -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.1, "C": 0.1}, subjects=30)
    features.loc[features["reader"] == "C", "reading"] = 2
    result = assessed(features, clinical, reading=1, transfer=True)
    assert result.summary["drawings"] == {"reader": 2, "reading": 1}
    assert set(result.transfer["subjects"]) == {30}


def test_the_filter_of_stable_features_never_sees_other_masks_of_a_held_out_subject() -> None:
    """With the readers' agreement in each fold, the risk of a subject hangs on its own mask alone."""
    features, clinical = drawn({"A": 0.1, "B": 0.4, "C": 0.4}, subjects=40)
    options = OutcomeSettings(**{**QUICK.stated(), "min_subjects": 6, "icc_threshold": 0.6})
    before = assessed(features, clinical, stable=None, settings=options)
    others = (features["subject"] == "p03") & (features["reader"] != "A")
    spoilt = features.copy()
    spoilt.loc[others, FEATURES] = spoilt.loc[others, FEATURES].to_numpy()[:, ::-1] * 40.0
    after = assessed(spoilt, clinical, stable=None, settings=options)

    def own(result):
        return result.risks[(result.risks["reader"] == "A") & (result.risks["model"] == "radiomic")]

    of_subject = own(before)["subject"] == "p03"
    pd.testing.assert_frame_equal(own(before)[of_subject], own(after)[of_subject])
    assert (own(before)["risk"] != own(after)["risk"]).any()  # it is a training subject of other folds


def test_tables_of_an_earlier_comparison_are_removed(tmp_path) -> None:
    from nbradiomics.outcome import evaluate_outcome
    from nbradiomics.outcome.drawing import with_drawing

    features, clinical = drawn({"A": 0.1, "B": 0.4}, subjects=30)
    asked = {"time": "months", "event": "dead", "reader": "A", "settings": QUICK, "stable": FEATURES}
    result = evaluate_outcome(features, clinical, **asked)
    write_outcome(with_drawing(result, assessed(features, clinical)), tmp_path)
    names = [schema.file.rsplit("/", 1)[1] for schema in DRAWING_TABLES.values()]
    assert all((tmp_path / name).exists() for name in names)
    write_outcome(result, tmp_path)
    assert not any((tmp_path / name).exists() for name in names)


def test_automatic_masks_that_the_model_may_know_are_told_first() -> None:
    features, clinical = drawn({"A": 0.1, "auto": 0.1}, subjects=30)
    result = assessed(features, clinical)
    assert result.summary["leading"][-1].startswith("auto: It is not recorded whether the model was trained")
    features["in_training"] = np.where(features["reader"] == "auto", "no", "")
    assert assessed(features, clinical).summary["unknown_training"] == ""


def test_an_equal_loss_in_all_repeats_is_no_certain_loss() -> None:
    """Samples whose divisions differ more than the samples: their variance must not vanish."""
    samples = np.random.default_rng(0).normal(scale=0.05, size=(50, 2))
    samples[:, 1] = -samples[:, 0]
    losses = np.array([0.031, 0.031])
    low, high = refit_interval(losses, samples, 0.95)
    assert low < 0 < high
