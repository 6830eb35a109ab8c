"""Harmonisation of an evaluation: fitted inside each fold, and never with the outcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nbradiomics.clinical import Endpoint
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.outcome import OutcomeSettings, Predictors, evaluate_outcome, validate_outcome
from nbradiomics.outcome.assembly import OutcomeData
from nbradiomics.outcome.crossvalidation import make_splits, run_repeat, splits_of
from nbradiomics.outcome.evaluate import task_of
from nbradiomics.outcome.harmonised_features import HarmonisedFeatures
from nbradiomics.outcome.harmonised_out_of_fold import harmonised_out_of_fold
from nbradiomics.outcome.noise_of_sites import (
    exceeds_chance,
    noise_of_sites,
    noise_sentences,
    noise_with_batches,
)
from nbradiomics.outcome.prepared import prepare
from nbradiomics.outcome.stability import Ratings
from nbradiomics.outcome.stored import digest_of
from nbradiomics.outcome.transformers import StabilityFilter
from nbradiomics.outcome.unseen_batches import check_unseen
from nbradiomics.reproducibility import StabilitySettings
from nbradiomics.tables import RowsOfReader
from tests.outcome.test_leakage import ROUNDING, TASK
from tests.support.outcome_tables import c_of, make_cohort

FAST = OutcomeSettings(folds=3, repeats=1, refits=0, bootstraps=0, penalizer=0.2, l1_ratio=0.0)
ENDPOINT = Endpoint(time="months", event="dead")
ASKED = {"time": "months", "event": "dead", "settings": FAST}
ONCE = OutcomeSettings(refits=0, bootstraps=0, penalizer=0.2, l1_ratio=0.0)
LEFT_OUT = {**ASKED, "settings": ONCE, "leave_out": "site"}
SHIFTS = {"north": 0.0, "south": 5.0, "west": -3.0}


def with_sites(seed: int = 0, subjects: int = 90, **options: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features of three sites, each with a shift of its own."""
    features, clinical = make_cohort(seed, subjects=subjects, **options)
    site = np.random.default_rng(seed).permutation(np.resize(list(SHIFTS), subjects))
    clinical["site"] = site
    names = [name for name in features if name.startswith("f")]
    shift = features["subject"].map(dict(zip(clinical["subject"], map(SHIFTS.get, site), strict=True)))
    features[names] = features[names].add(shift.to_numpy(), axis=0)
    return features, clinical


def prepared(table: pd.DataFrame, clinical: pd.DataFrame, **asked: object) -> OutcomeData:
    predictors = Predictors(harmonise=Harmonise(**{"batch": "site", **asked}))
    return prepare(table, clinical, ENDPOINT, predictors, RowsOfReader(), None, FAST, folds=3).data


def spoilt(data: OutcomeData, places: np.ndarray) -> OutcomeData:
    """Everything about some subjects replaced: features, outcome, and a site for another known one."""
    rng = np.random.default_rng(1)
    frame, y = data.frame.copy(), data.y.copy()
    frame.iloc[places, : len(data.radiomic)] = 1e3 * rng.normal(size=(len(places), len(data.radiomic)))
    y["time"][places], y["event"][places] = 1e5, ~y["event"][places]
    assert data.harmonisation is not None
    batches = data.harmonisation.batches.copy()
    names = data.frame.index[places]
    batches.loc[names, "site"] = batches.loc[names, "site"].map(
        {"north": "west", "west": "south", "south": "north"}
    )
    batches.loc[names, "age"] = 500.0
    return replace(data, frame=frame, y=y, harmonisation=replace(data.harmonisation, batches=batches))


def test_held_out_subjects_change_no_estimate() -> None:
    data = prepared(*with_sites(), covariates="age")
    train, test = make_splits(data.y, FAST)[0][0]
    states = []
    for each in (data, spoilt(data, test)):
        step = HarmonisedFeatures(each.harmonisation, StabilityFilter())
        step.fit(each.frame[list(each.radiomic)].iloc[train])
        states.append(step.harmonised(data.frame[list(data.radiomic)].iloc[train]))
    pd.testing.assert_frame_equal(*states, **ROUNDING)


def test_held_out_subjects_change_no_prediction_of_others() -> None:
    data = prepared(*with_sites(), covariates="age")
    folds = make_splits(data.y, FAST)[0][:1]
    before = run_repeat(data, FAST, ["radiomic"], TASK, 1, folds)[0]
    after = run_repeat(spoilt(data, folds[0][1][:4]), FAST, ["radiomic"], TASK, 1, folds)[0]
    np.testing.assert_allclose(before.risk[4:], after.risk[4:], **ROUNDING)
    pd.testing.assert_frame_equal(before.coefficients, after.coefficients, **ROUNDING)


def test_training_subjects_do_change_it() -> None:
    data = prepared(*with_sites(), covariates="age")
    folds = make_splits(data.y, FAST)[0][:1]
    before = run_repeat(data, FAST, ["radiomic"], TASK, 1, folds)[0]
    after = run_repeat(spoilt(data, folds[0][0][:4]), FAST, ["radiomic"], TASK, 1, folds)[0]
    assert np.abs(before.risk - after.risk).max() > 0.01


def test_site_effects_are_gone_out_of_fold_and_the_model_is_better() -> None:
    features, clinical = with_sites()
    data = prepared(features, clinical)
    found = harmonised_out_of_fold(data, make_splits(data.y, FAST)[0])
    sites = clinical.set_index("subject")["site"].reindex(found.index)
    spread = found.groupby(sites.to_numpy()).mean().std().mean()
    raw = features.set_index("subject").loc[found.index, list(found)]
    assert spread < 0.25 < 3 < raw.groupby(sites.to_numpy()).mean().std().mean()


def test_batch_effects_are_measured_and_the_model_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbradiomics.harmonisation.separability._TREES", 20)
    monkeypatch.setattr("nbradiomics.outcome.noise_of_sites.QUICK_DRAWS", 2)
    features, clinical = with_sites()
    plain = evaluate_outcome(features, clinical, **ASKED)
    harmonised = evaluate_outcome(features, clinical, harmonise=Harmonise(batch="site"), **ASKED)
    assert c_of(harmonised, "radiomic") > c_of(plain, "radiomic")
    assert plain.summary["harmonisation"] == {}
    facts = harmonised.summary["harmonisation"]
    assert facts["levels"] == {"site": {"north": 30, "south": 30, "west": 30}}
    assert (facts["harmonised"], facts["as_measured"], facts["unseen_batches"]) == (8, 0, {})
    assert "8 features were harmonised by ComBat" in " ".join(harmonised.summary["leading"])
    effects = facts["effects"]["batches"]["site"]
    assert effects["before"]["different"] == 8
    assert effects["after"]["different"] <= 2
    assert effects["after"]["balanced_accuracy"] < 0.6 < 0.9 < effects["before"]["balanced_accuracy"]
    assert set(harmonised.site_effects.features["feature"]) == {f"f{number}" for number in range(8)}
    assert plain.site_effects is None


def test_each_setting_reaches_the_models() -> None:
    tables = with_sites()
    changes: list[dict[str, object]] = [
        {},
        {"covariates": "age"},
        {"mean_only": True},
        {"parametric": False},
        {"eb": False},
        {"reference_batch": "south"},
        {"reference_batch": "south", "m_combat": True},
        {"features": "f[0-3]"},
    ]
    found, digests = [], [digest_of(prepared(*tables, unseen="keep"))]
    for each in changes:
        data = prepared(*tables, **each)
        values = harmonised_out_of_fold(data, make_splits(data.y, FAST)[0])
        found.append(data.frame[list(data.radiomic)].assign(**values))
        digests.append(digest_of(data))
    for place, one in enumerate(found):
        assert all(np.abs(one - other).max().max() > 1e-6 for other in found[:place]), changes[place]
    assert len(set(digests)) == len(changes) + 1


def test_shape_stays_as_measured_unless_it_is_asked_for() -> None:
    features, clinical = with_sites()
    shape, texture = "original_shape_MeshVolume", "original_glcm_Contrast"
    features = features.rename(
        columns={"f0": shape, "f1": texture, "f2": "original_glcm_Id", "f3": "x_original_shape2D_Perimeter"}
    )
    data = prepared(features, clinical)
    assert data.harmonisation is not None
    assert data.harmonisation.features == (texture, "original_glcm_Id")
    found = harmonised_out_of_fold(prepared(features, clinical, features="*"), make_splits(data.y, FAST)[0])
    assert shape in found
    result = evaluate_outcome(
        features, clinical, harmonise=Harmonise(site_effects=False, batch="site"), **ASKED
    )
    assert "2 features stayed as measured: they are of shape" in " ".join(result.summary["sentences"])


def test_the_shape_of_the_ibsi_stays_as_measured_too() -> None:
    features, clinical = with_sites()
    names = ("original_morph_volume", "original_morph_moran_i", "original_cm_contrast_3D_avg")
    data = prepared(features.rename(columns=dict(zip(("f0", "f1", "f2"), names, strict=True))), clinical)
    assert data.harmonisation is not None
    assert set(data.harmonisation.features) >= set(names[1:])
    assert names[0] not in data.harmonisation.features


def test_a_site_effect_does_not_make_readers_agree() -> None:
    rng = np.random.default_rng(3)
    features, clinical = with_sites(features=4)
    data = prepared(features, clinical)
    names = tuple(data.radiomic)
    values = data.frame[list(names)].to_numpy().T
    # Readers who agree on nothing but the site.
    shift = np.array([SHIFTS[site] for site in data.harmonisation.of(data.frame.index)["site"]])
    drawn = shift[None, :, None] + rng.normal(size=(*values.shape, 2))
    drawn[0] = values[0][:, None] + 0.1 * rng.normal(size=(len(shift), 2))
    stability = StabilityFilter(
        None, Ratings(drawn, names, tuple(data.subjects), ("a", "b")), StabilitySettings(min_subjects=10)
    )
    frame = data.frame[list(names)]
    assert list(stability.fit(frame).support_) == [True] * 4
    step = HarmonisedFeatures(data.harmonisation, stability).fit(frame)
    assert list(step.support_) == [True, False, False, False]
    assert list(step.transform(frame)) == ["f0"]


@pytest.mark.parametrize("unseen", ["keep", "estimate"])
def test_a_site_that_is_left_out_is_handled_by_the_rule(unseen: str) -> None:
    features, clinical = with_sites()
    asked = Harmonise(site_effects=False, batch="site", unseen=unseen)
    result = evaluate_outcome(features, clinical, harmonise=asked, **LEFT_OUT)
    assert result.summary["harmonisation"]["unseen_batches"] == {
        "site": {name: {"folds": 1, "subjects": 30} for name in SHIFTS}
    }
    told = " ".join(result.summary["leading"])
    rule = {"keep": "stayed as they are", "estimate": "without outcomes"}[unseen]
    assert "without a training subject in a fold: north (30 subjects)" in told
    assert rule in told
    data = prepared(features, clinical, unseen=unseen)
    features = data.frame[list(data.radiomic)]
    train, test = make_splits(data.y, FAST, sites=clinical["site"].to_numpy())[0][1]
    step = HarmonisedFeatures(data.harmonisation, StabilityFilter()).fit(features.iloc[train])
    known, new = (step.harmonised(features.iloc[places]) for places in (train, test))
    apart = float((new.mean() - known.mean()).abs().mean())
    assert apart > 5 if unseen == "keep" else apart < 0.5


def test_a_site_that_is_left_out_needs_a_rule() -> None:
    with pytest.raises(InputError, match="set unseen of harmonise to estimate"):
        evaluate_outcome(*with_sites(), harmonise=Harmonise(site_effects=False, batch="site"), **LEFT_OUT)
    asked = Harmonise(site_effects=False, batch="site", unseen="keep", reference_batch="north")
    with pytest.raises(InputError, match="leave out reference_batch"):
        evaluate_outcome(*with_sites(), harmonise=asked, **LEFT_OUT)


def test_scanners_of_a_site_that_is_left_out_need_a_rule_too() -> None:
    features, clinical = with_sites()
    clinical["scanner"] = clinical["site"].replace({"north": "x", "south": "x"})
    with pytest.raises(InputError, match=r"held-out subjects have a batch .* scanner 'west' \(30 subjects\)"):
        evaluate_outcome(
            features, clinical, harmonise=Harmonise(site_effects=False, batch="scanner"), **LEFT_OUT
        )


def test_a_fold_that_cannot_fit_the_harmonisation_is_found_before() -> None:
    features, clinical = with_sites()
    north = clinical.index[clinical["site"] == "north"]
    scanner = np.where(clinical["site"] == "north", "x", "y")
    asked = Harmonise(site_effects=False, batch="scanner", unseen="keep", reference_batch="x")
    with pytest.raises(InputError, match="reference batch 'x' has no training subject in a fold"):
        evaluate_outcome(features, clinical.assign(scanner=scanner), harmonise=asked, **LEFT_OUT)
    # Without one subject, the sites determine the covariate.
    clinical["field"] = np.where(clinical["site"] == "north", 1.5, 3.0)
    clinical.loc[north[0], "field"] = 3.0
    asked = Harmonise(site_effects=False, batch="site", covariates="field")
    with pytest.raises(InputError, match="training subjects of a fold: covariate 'field' is determined"):
        evaluate_outcome(features, clinical, harmonise=asked, **ASKED)


def test_a_small_batch_is_no_reference() -> None:
    features, clinical = with_sites()
    clinical.loc[:2, "site"] = "east"
    with pytest.raises(InputError, match="reference batch 'east' has 3 subjects"):
        prepared(features, clinical, small_batch="harmonise", reference_batch="east")


def test_several_batch_columns_are_nested() -> None:
    features, clinical = with_sites()
    clinical["scanner"] = np.random.default_rng(5).choice(["x", "y"], len(clinical))
    asked = Harmonise(site_effects=False, batch=["site", "scanner"])
    result = evaluate_outcome(features, clinical, harmonise=asked, **ASKED)
    assert "harmonised by nested ComBat" in " ".join(result.summary["leading"])
    assert set(result.summary["harmonisation"]["levels"]) == {"site", "scanner"}


OUTCOMES = {
    "by name": ({"covariates": "dead"}, "dead is the outcome"),
    "in capitals": ({"covariates": "DEAD"}, "DEAD is the outcome"),
    "the time": ({"covariates": "months"}, "months is the outcome"),
    "a copy": ({"covariates": "copy"}, "covariate of the harmonisation copy looks like the outcome"),
    "other words": ({"covariates": "state"}, "covariate of the harmonisation state looks like the outcome"),
    "the time in other units": ({"covariates": "days"}, "days looks like the outcome"),
    "rounded": ({"covariates": "thirds"}, "thirds looks like the outcome"),
    "a batch": ({"batch": "state"}, "batch state looks like the outcome"),
}


@pytest.mark.parametrize(("asked", "message"), OUTCOMES.values(), ids=list(OUTCOMES))
def test_the_outcome_is_refused_under_any_name(asked: dict[str, object], message: str) -> None:
    features, clinical = with_sites()
    clinical["copy"], clinical["days"] = clinical["dead"], clinical["months"] * 30.4 + 7
    clinical["DEAD"] = clinical["dead"]
    clinical["thirds"] = pd.qcut(clinical["months"], 3, labels=False)
    # Three words for two values: the levels determine the outcome, and are no copy of it.
    words = np.where(clinical["dead"] == 1, "deceased", np.where(clinical["age"] > 60, "well", "ill"))
    clinical["state"] = words
    with pytest.raises(InputError, match=message):
        prepared(features, clinical, **asked)


def near_copy(clinical: pd.DataFrame, wrong: int) -> np.ndarray:
    """The event, with wrong cells."""
    known = clinical["dead"].to_numpy().copy()
    places = np.random.default_rng(1).choice(len(known), wrong, replace=False)
    known[places] = 1 - known[places]
    return np.array(["well", "relapsed"])[known]


def test_a_covariate_that_is_nearly_the_outcome_is_refused() -> None:
    features, clinical = with_sites(subjects=120)
    asked = {"covariates": "remark"}
    with pytest.raises(
        InputError, match=r"remark looks like the outcome \(it explains \d\d% of the .* of dead"
    ):
        prepared(features, clinical.assign(remark=near_copy(clinical, 5)), **asked)
    months = clinical["months"].sample(frac=1, random_state=0).to_numpy()
    wrong = np.where(np.arange(120) % 24 == 0, months, clinical["months"])
    with pytest.raises(InputError, match=r"of months of the subjects with the event"):
        prepared(features, clinical.assign(remark=wrong + 0.5), **asked)
    # A strong covariate that was known at the scan, and a division of hospitals by severity, may stay.
    prepared(features, clinical.assign(remark=near_copy(clinical, 30)), **asked)
    prepared(features, clinical.assign(site=near_copy(clinical, 5)))


def test_a_missing_site_is_refused_with_the_name() -> None:
    features, clinical = with_sites()
    clinical.loc[[3, 7], "site"] = ""
    with pytest.raises(InputError, match="site is missing in 2 subjects: p03, p07"):
        prepared(features, clinical)
    # A subject who is not analysed needs none.
    clinical["dead"] = clinical["dead"].astype(object)
    clinical.loc[[3, 7], "dead"] = ""
    assert len(prepared(features, clinical).subjects) == 88


def test_small_sites_are_refused_or_harmonised() -> None:
    features, clinical = with_sites()
    clinical.loc[:5, "site"] = "east"
    with pytest.raises(InputError, match=r"east \(6 subjects\) is too small"):
        prepared(features, clinical)
    asked = Harmonise(site_effects=False, batch="site", small_batch="harmonise")
    result = evaluate_outcome(features, clinical, harmonise=asked, **ASKED)
    assert "Small batches" in " ".join(result.summary["sentences"])
    clinical.loc[:4, "site"] = "south"
    with pytest.raises(InputError, match="east has one subject alone"):
        prepared(features, clinical, small_batch="harmonise")
    clinical["site"] = "south"
    with pytest.raises(InputError, match="there is nothing to harmonise"):
        prepared(features, clinical)


def test_a_covariate_that_the_sites_determine_is_refused() -> None:
    features, clinical = with_sites()
    clinical["field"] = clinical["site"].map({"north": 1.5, "south": 3.0, "west": 3.0})
    with pytest.raises(InputError, match="'field' is determined by the batches"):
        prepared(features, clinical, covariates="field")


def test_the_site_may_stand_in_the_feature_table() -> None:
    features, clinical = with_sites()
    expected = prepared(features, clinical).harmonisation
    site = clinical["site"].to_numpy()
    found = prepared(features.assign(site=site), clinical.drop(columns="site")).harmonisation
    pd.testing.assert_frame_equal(found.batches, expected.batches)
    assert set(found.features) == set(expected.features)
    # Where one table has a gap, the other fills it; different values are refused.
    half = np.where(np.arange(90) % 2, site, "")
    both = prepared(features.assign(site=half), clinical).harmonisation
    pd.testing.assert_frame_equal(both.batches, expected.batches)
    other = site.copy()
    other[4] = "east"
    with pytest.raises(InputError, match=r"different values in 1 row: p04 \('\w+' and 'east'\)"):
        prepared(features.assign(site=other), clinical)
    with pytest.raises(InputError, match="no column 'scanner'"):
        prepared(features, clinical, batch="scanner")
    # In two spellings, one in each table, a site would be two batches.
    upper = np.where(np.arange(90) % 2, "", np.char.upper(site.astype(str)))
    with pytest.raises(InputError, match=r"differ only in capitals or spaces between .*: NORTH, north"):
        prepared(features.assign(site=half), clinical.assign(site=upper))


def test_two_names_of_one_batch_are_refused() -> None:
    features, clinical = with_sites()
    clinical["vendor"] = clinical["site"].map({"north": "a", "south": "b", "west": "c"})
    with pytest.raises(InputError, match="site and vendor divide the subjects in the same way"):
        prepared(features, clinical, batch=["site", "vendor"])


def test_a_batch_of_numbers_is_no_feature() -> None:
    features, clinical = with_sites()
    features["scanner"] = np.arange(90) % 2
    data = prepared(features, clinical, batch="scanner")
    assert "scanner" not in data.radiomic
    assert set(data.harmonisation.batches["scanner"]) == {"0", "1"}


def test_a_missing_covariate_has_the_average_effect() -> None:
    features, clinical = with_sites()
    clinical.loc[[1, 2], "age"] = np.nan
    result = evaluate_outcome(
        features, clinical, harmonise=Harmonise(site_effects=False, batch="site", covariates="age"), **ASKED
    )
    assert "age was missing in 2 subjects" in " ".join(result.summary["sentences"])


def external(sites: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    features, clinical = with_sites(7, subjects=60)
    names = {name: f"q{name}" for name in clinical["subject"]}
    clinical["site"] = np.resize(sites, 60)
    return (table.assign(subject=table["subject"].map(names)) for table in (features, clinical))


def test_sites_of_an_external_cohort_are_unseen() -> None:
    first, plain = (
        with_sites(),
        {**ASKED, "settings": OutcomeSettings(bootstraps=0, penalizer=0.2, l1_ratio=0.0)},
    )
    second = tuple(external(["east", "island"]))
    with pytest.raises(InputError, match=r"external subjects have a batch .* site 'east' \(30 subjects\)"):
        validate_outcome(first, second, harmonise=Harmonise(site_effects=False, batch="site"), **plain)
    risks = []
    for unseen in ("keep", "estimate"):
        asked = Harmonise(site_effects=False, batch="site", unseen=unseen)
        result = validate_outcome(first, second, harmonise=asked, **plain)
        assert set(result.summary["harmonisation"]["unseen_batches"]["site"]) == {"east", "island"}
        assert "Batches of site without a training subject of the first cohort" in " ".join(
            result.summary["leading"]
        )
        risks.append(result.predictions["risk"])
    assert np.abs(risks[0] - risks[1]).max() > 0.1
    few = tuple(table.iloc[[*range(58), 59]] if "f0" in table else table for table in second)
    few = (few[0], few[1].assign(site=["east"] * 53 + ["island"] * 7))
    with pytest.raises(InputError, match=r"too few external subjects .* 'island' \(6 subjects\)"):
        validate_outcome(
            first, few, harmonise=Harmonise(site_effects=False, batch="site", unseen="estimate"), **plain
        )


def test_missing_and_unknown_covariates_of_an_external_cohort_are_told() -> None:
    first, second = with_sites(), tuple(external(["north"]))
    first[1]["stage"] = np.resize(["I", "II", "III"], 90)
    second[1]["stage"] = np.resize(["I", "II", "IV"], 60)
    second[1].loc[:3, "stage"] = ""
    settings = OutcomeSettings(bootstraps=0, penalizer=0.2, l1_ratio=0.0)
    asked = Harmonise(site_effects=False, batch="site", covariates="stage")
    result = validate_outcome(first, second, harmonise=asked, **{**ASKED, "settings": settings})
    told = " ".join(result.summary["sentences"])
    assert "stage was missing in 4 subjects" in told
    assert "Levels of stage without a training subject of the first cohort: IV (19 subjects)" in told


def test_an_external_site_with_a_known_name_is_that_site_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, plain = (
        with_sites(),
        {**ASKED, "settings": OutcomeSettings(bootstraps=0, penalizer=0.2, l1_ratio=0.0)},
    )
    monkeypatch.setattr("nbradiomics.harmonisation.separability._TREES", 10)
    result = validate_outcome(first, tuple(external(["north"])), harmonise=Harmonise(batch="site"), **plain)
    effects = result.summary["harmonisation"]["effects"]["batches"]["site"]
    # Three sites, of shifts 0, 5 and -3, and `north` of the external cohort, which has all three.
    assert effects["before"]["chance"] == 0.25
    assert effects["after"]["rescaled"] == 8
    assert "subjects of both cohorts (a level that both" in " ".join(result.summary["sentences"])
    assert set(result.site_effects.features["state"]) == {"before", "after"}
    assert result.summary["harmonisation"]["unseen_batches"] == {}
    assert "with the name of one of the first cohort: north (60)" in " ".join(result.summary["leading"])


def test_noise_says_what_stays_of_the_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nbradiomics.outcome.noise_of_sites.QUICK_DRAWS", 4)
    features, clinical = sick_sites()
    found = []
    # All features, or two alone, so that the others still tell the site, and with it the outcome.
    for harmonised in ("*", "f[01]"):
        predictors = Predictors(harmonise=Harmonise(batch="site", features=harmonised))
        endpoint = Endpoint(target="sick")
        data = prepare(features, clinical, endpoint, predictors, RowsOfReader(), None, FAST, folds=3).data
        found.append(noise_of_sites(data, FAST, task_of(data), execution=Execution()))
    assert abs(found[0]["value"] - 0.5) < 0.1
    assert "0.5 is right" in " ".join(noise_sentences(found[0], "ROC area"))
    assert found[1]["value"] > 0.65
    assert exceeds_chance(found[1])
    assert "NOISE PREDICTS" in " ".join(noise_sentences(found[1], "ROC area"))


def sick_sites() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Noise with shifts of three sites that differ in their patients."""
    rng = np.random.default_rng(3)
    number = rng.permutation(np.resize([0, 1, 2], 120))
    values = rng.normal(size=(120, 8)) + 2 * rng.normal(size=(3, 8))[number]
    sick = np.where(rng.random(120) < np.array([0.1, 0.5, 0.9])[number], "yes", "no")
    names = [f"s{place}" for place in range(120)]
    features = pd.DataFrame(values).add_prefix("f").assign(subject=names)
    return features, pd.DataFrame({"subject": names, "site": np.array(list(SHIFTS))[number], "sick": sick})


def test_noise_keeps_the_batch_effects_and_nothing_else() -> None:
    features, clinical = with_sites()
    data = prepared(features, clinical)
    own = data.frame[list(data.radiomic)]
    own.iloc[3, 1] = np.nan
    batches = data.harmonisation.of(own.index)[["site"]]
    same = noise_with_batches(own, batches, np.arange(len(own)))
    pd.testing.assert_frame_equal(same, own)
    noise = noise_with_batches(own, batches, np.random.default_rng(0).permutation(len(own)))
    for one, other in ((own, noise), (noise, own)):
        means = one.groupby(batches["site"]).mean() - other.groupby(batches["site"]).mean()
        assert means.abs().max().max() < 1.0 < one.groupby(batches["site"]).mean().std().min()
    within = [each - each.groupby(batches["site"]).transform("mean") for each in (own, noise)]
    assert abs(within[0]["f0"].corr(within[1]["f0"])) < 0.35
    assert np.abs(within[0].corr() - within[1].corr()).max().max() < 0.25


def test_a_small_site_always_has_training_subjects() -> None:
    features, clinical = with_sites(subjects=60)
    clinical.loc[[5, 20, 40], "site"] = "east"
    data = prepared(features, clinical, small_batch="harmonise")
    settings = FAST.changed(folds=3, repeats=60)
    plain, spread = make_splits(data.y, settings), splits_of(data, settings)
    own = data.harmonisation.of(data.frame.index)["site"].to_numpy()
    lacking = [
        [(own[train] == "east").sum() == 0 for folds in splits for train, _ in folds]
        for splits in (plain, spread)
    ]
    assert sum(lacking[0]) > 0 == sum(lacking[1])
    events = [[data.y["event"][test].sum() for _, test in folds] for folds in spread]
    assert {tuple(sorted(each)) for each in events} == {
        tuple(sorted(data.y["event"][test].sum() for _, test in folds)) for folds in plain
    }
    assert all(sorted(np.concatenate([test for _, test in folds])) == list(range(60)) for folds in spread)
    changed = [one for one, other in zip(plain, spread, strict=True) if str(one) != str(other)]
    assert len(changed) == sum(lacking[0])
    with pytest.raises(InputError, match=r"held-out subjects have a batch .* 'east' \(3 subjects\)"):
        check_unseen(data, plain)
    check_unseen(data, spread)
    # In permutations and bootstrap samples too, as far as a sample has two subjects of the site.
    permuted = data.with_outcome(data.y[np.random.default_rng(0).permutation(60)])
    check_unseen(permuted, splits_of(permuted, settings))
    drawn = data.drawn(np.sort(np.append(np.delete(np.arange(60), 0), 5)))
    check_unseen(drawn, splits_of(drawn, settings, drawn.subjects))


@pytest.mark.slow
def test_the_inner_folds_of_auto_and_permutations_are_harmonised_too() -> None:
    features, clinical = with_sites(subjects=60, features=4)
    settings = FAST.changed(selection="auto", permutations=1, folds=2)
    asked = {**ASKED, "settings": settings, "harmonise": Harmonise(site_effects=False, batch="site")}
    result = evaluate_outcome(features, clinical, covariates=["age"], **asked)
    assert result.summary["permutation_p"]["combined"] is not None
    assert sum(result.summary["chosen_selections"]["radiomic"].values()) == 2
