"""Each site is held out once: the folds, what is said of them, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome
from nbradiomics.outcome.measures import harrell_c
from nbradiomics.outcome.measures.arguments import Observed
from nbradiomics.outcome.measures.harrell import harrell_pairs
from tests.outcome.test_classes import make_classes
from tests.support.outcome_tables import c_of, make_cohort

FAST = OutcomeSettings(refits=0, penalizer=0.3, l1_ratio=0.0, power_transform=False)
ASKED = {"time": "months", "event": "dead", "leave_out": "site", "settings": FAST}


def with_sites(sizes: tuple[int, ...] = (30, 20, 10), **options: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    features, clinical = make_cohort(subjects=sum(sizes), **options)
    names = np.repeat(["North", "South", "West"][: len(sizes)], sizes)
    return features, clinical.assign(site=np.random.default_rng(0).permutation(names))


def test_each_site_is_predicted_by_models_of_the_others() -> None:
    features, clinical = with_sites()
    result = evaluate_outcome(features, clinical, covariates=["age"], **ASKED)
    site = clinical.set_index("subject")["site"]
    table = result.predictions.query("model == 'radiomic'")
    assert set(table["repeat"]) == {1}
    assert table.groupby("fold")["subject"].agg(lambda names: set(site[names])).tolist() == [
        {"North"},
        {"South"},
        {"West"},
    ]
    sums = np.zeros(2)
    for name, part in table.groupby(site.reindex(table["subject"]).to_numpy()):
        c = harrell_c(part["time"], part["event"], part["risk"])
        assert result.summary["sites"][name]["harrell_c"]["radiomic"] == pytest.approx(c)
        sums += harrell_pairs(Observed.of(part["time"], part["event"]), part["risk"].to_numpy())
    assert c_of(result, "radiomic") == pytest.approx(sums[0] / sums[1])
    text = " ".join(result.summary["sentences"])
    assert "each of 3 sites held out once" in text
    assert "South (20 subjects, " in text
    assert "internal-external validation" in text
    assert "(5 folds" not in text


def test_a_changed_subject_changes_no_prediction_of_its_own_site() -> None:
    features, clinical = with_sites()
    changed = features.copy()
    victim = clinical.loc[clinical["site"] == "West", "subject"].iloc[0]
    changed.loc[changed["subject"] == victim, "f0"] = 1e4
    one, other = (evaluate_outcome(table, clinical, **ASKED).predictions for table in (features, changed))
    west = set(clinical.loc[clinical["site"] == "West", "subject"]) - {victim}
    before, after = (table[table["subject"].isin(west)]["risk"].to_numpy() for table in (one, other))
    assert before == pytest.approx(after)


def test_a_subject_without_a_site_is_left_out_with_the_reason() -> None:
    features, clinical = with_sites()
    clinical.loc[3, "site"] = ""
    result = evaluate_outcome(features, clinical, **ASKED)
    assert result.flow["reason"].tolist() == ["site is missing"]


def test_sites_of_classes() -> None:
    features, clinical = make_classes()
    clinical["site"] = np.arange(90) % 4 // 2
    result = evaluate_outcome(features, clinical, target="idh", leave_out="site", settings=FAST)
    assert set(result.summary["sites"]) == {"0", "1"}
    assert result.performance.query("metric == 'roc_auc'")["value"].item() > 0.65


@pytest.mark.slow
def test_intervals_refit_with_the_same_sites() -> None:
    result = evaluate_outcome(*with_sites(), **{**ASKED, "settings": FAST.changed(refits=50)})
    row = result.performance.query("metric == 'harrell_c'").iloc[0]
    assert row["low"] < row["value"] < row["high"]


@pytest.mark.parametrize(
    ("changed", "more", "words"),
    [
        ({}, {"leave_out": "sites"}, "no column 'sites'"),
        ({}, {"covariates": ["site"]}, "cannot be a covariate"),
        ({}, {"settings": FAST.changed(folds=3)}, "folds was set together with leave_out"),
        ({"site": "North"}, {}, "all subjects have the site 'North'"),
        ({}, {"leave_out": "subject"}, "not a site"),
        ({}, {"leave_out": "months"}, "not a site"),
        ({}, {"leave_out": "age"}, "levels, .* in one subject alone"),
    ],
)
def test_what_has_no_meaning_is_refused(changed: dict[str, str], more: dict[str, object], words: str) -> None:
    features, clinical = with_sites()
    with pytest.raises(InputError, match=words):
        evaluate_outcome(features, clinical.assign(**changed), **{**ASKED, **more})


def test_models_need_events_without_each_site() -> None:
    features, clinical = with_sites()
    clinical.loc[clinical["site"] != "North", "dead"] = 0
    with pytest.raises(InputError, match=r"without site 'North' there are 0 events"):
        evaluate_outcome(features, clinical, **ASKED)


def test_one_site_in_two_spellings_would_predict_itself() -> None:
    features, clinical = with_sites()
    clinical["site"] = clinical["site"].where(clinical.index % 2 > 0, clinical["site"].str.upper())
    with pytest.raises(InputError, match="differ only in capitals"):
        evaluate_outcome(features, clinical, **ASKED)
    clinical["site"] = clinical["site"].str.upper().replace("WEST", "none")
    result = evaluate_outcome(features, clinical, **ASKED)
    assert any("'none'" in text for text in result.summary["warnings"])
