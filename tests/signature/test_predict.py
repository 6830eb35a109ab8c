"""Predictions for new subjects: those of the fitted models, with what is unusual about each subject."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.features.parameters import load_parameters, values_hash
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, validate_outcome
from nbradiomics.signature.predict import ABSENT, EMPTY, KNOWN, predict_outcome
from nbradiomics.signature.read import Signature, load_models
from nbradiomics.signature.schema import PREDICTED
from nbradiomics.signature.validate import validate_models
from nbradiomics.signature.write import write_models
from tests.signature.test_compiled import COVARIATES, cohort

QUICK = OutcomeSettings(folds=3, repeats=1, refits=0, bootstraps=0, penalizer=0.2, l1_ratio=0.0)
ONCE = OutcomeSettings(bootstraps=0, penalizer=0.2, l1_ratio=0.0)
SURVIVAL = {"time": "months", "event": "dead"}


@pytest.fixture(scope="module")
def first() -> tuple[pd.DataFrame, pd.DataFrame]:
    features, clinical = cohort(0, prefix="a")
    return features.assign(engine="native 1", reader="A"), clinical


@pytest.fixture(scope="module")
def second() -> tuple[pd.DataFrame, pd.DataFrame]:
    features, clinical = cohort(1, prefix="b")
    return features.assign(engine="native 1", reader="A"), clinical


@pytest.fixture(scope="module")
def file(first: tuple[pd.DataFrame, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.zip"
    write_models(evaluate_outcome(*first, **SURVIVAL, **COVARIATES, settings=QUICK), path)
    return path


@pytest.fixture(scope="module")
def models(file: Path) -> Signature:
    return load_models(file)


def test_the_predictions_are_those_of_an_external_validation(
    models: Signature, first: tuple[pd.DataFrame, pd.DataFrame], second: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    validated = validate_outcome(first, second, **SURVIVAL, **COVARIATES, settings=ONCE).predictions
    for name in models.names:
        found = predict_outcome(models, *second, model=name).table.set_index("subject")
        wanted = validated[validated["model"] == name].set_index("subject")
        np.testing.assert_allclose(found.loc[wanted.index, "risk"], wanted["risk"], rtol=1e-9, atol=1e-12)
        assert found.loc[wanted.index, "group"].tolist() == wanted["group"].tolist()


def test_the_table_has_its_columns_and_each_subject_once_for_each_time(
    models: Signature, second: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    found = predict_outcome(models, *second, times=[0.5, 0.2]).table
    assert list(found) == PREDICTED.names
    assert found["model"].unique().tolist() == ["combined"]
    assert found.groupby("subject")["time"].apply(list).map(tuple).unique().tolist() == [(0.5, 0.2)]
    by_time = found.pivot(index="subject", columns="time", values="probability")
    assert (by_time[0.2] <= by_time[0.5]).all()
    assert (found["novel"].mean()) < 0.2


def test_without_a_clinical_table_the_features_predict_alone(
    models: Signature, second: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    assert predict_outcome(models, second[0]).table["model"].unique().tolist() == ["radiomic"]
    with pytest.raises(InputError, match="age, stage, ward"):
        predict_outcome(models, second[0], model="combined")


def test_what_is_unusual_about_a_subject_is_said(
    models: Signature, first: tuple[pd.DataFrame, pd.DataFrame], second: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    features = second[0].head(4).copy()
    names = [name for name in features if str(name).startswith("original_")]
    features.iloc[0, features.columns.get_indexer(names)] = np.nan
    features.iloc[1, features.columns.get_indexer(names)] = 1e6
    features.iloc[2, features.columns.get_indexer(names[:1])] = np.inf
    features = pd.concat([features, first[0].head(1)])
    done = predict_outcome(models, features)
    table = done.table.set_index("subject")
    empty, far, filled, _, known = features["subject"]
    assert table.loc[empty, "note"] == EMPTY
    assert table.loc[empty, ["risk", "probability", "distance", "novel"]].isna().all()
    assert table.loc[empty, "group"] == ""
    assert bool(table.loc[far, "novel"])
    assert set(table.loc[far, "outside"].split("; ")) == set(models.model("radiomic").model.inputs)
    assert names[0] in table.loc[filled, "filled"].split("; ")
    assert table.loc[known, "note"] == KNOWN
    assert empty not in done.contributions.index
    said = " ".join(done.sentences)
    for text in ("4 subjects predicted", "no feature", "learned from 1 subject of 5", "further from"):
        assert text in said


def test_contributions_add_up_to_the_risk(
    models: Signature, second: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    done = predict_outcome(models, *second)
    risk = done.table.set_index("subject")["risk"]
    np.testing.assert_allclose(done.contributions.sum(axis=1), risk.loc[done.contributions.index], atol=1e-12)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"engine": "pyradiomics 3"}, "the engine of the features of the models is native 1"),
        ({"variant": "zscore"}, ""),
        ({"original_glcm_f0": None}, "lacks 1 feature of the models: original_glcm_f0"),
        ({"original_glcm_f0": "text"}, "are no numbers"),
    ],
)
def test_features_that_were_made_in_another_way_are_refused(
    models: Signature, second: tuple[pd.DataFrame, pd.DataFrame], change: dict[str, object], said: str
) -> None:
    features = second[0].assign(**change)
    features = features.drop(columns=[name for name, value in change.items() if value is None])
    if not said:
        assert predict_outcome(models, features).sentences
        return
    with pytest.raises(InputError, match=said):
        predict_outcome(models, features)


def test_other_parameters_are_refused_and_silent_tables_told(
    first: tuple[pd.DataFrame, pd.DataFrame], second: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    stated = {"setting": {"binWidth": 10}, "featureClass": {"glcm": None}}
    mine = values_hash(load_parameters(stated))
    other = values_hash(load_parameters({"setting": {"binWidth": 5}}))
    features, clinical = first[0].assign(parameters=mine), first[1]
    result = evaluate_outcome(features, clinical, **SURVIVAL, settings=QUICK)
    write_models(result, tmp_path / "model.zip", parameters=stated)
    models = load_models(tmp_path / "model.zip")
    assert models.content.inputs.parameters == mine
    assert models.content.inputs.parameter_file == stated
    assert "parameters" not in models.content.inputs.rows
    with pytest.raises(InputError, match=f"are {mine}, those of these features {other}"):
        predict_outcome(models, second[0].assign(parameters=other))
    mixed = second[0].assign(parameters=[mine, other] * 45)
    with pytest.raises(InputError, match="2 different parameters"):
        predict_outcome(models, mixed)
    same = predict_outcome(models, second[0].assign(parameters=mine))
    silent = predict_outcome(models, second[0])
    pd.testing.assert_frame_equal(same.table, silent.table)
    assert "not stated" not in " ".join(same.sentences)
    assert "The parameters of these features are not stated" in silent.sentences[0]
    with pytest.raises(InputError, match="those of the parameter file"):
        write_models(result, tmp_path / "model.zip", parameters={"setting": {"binWidth": 5}})


def test_what_a_table_cannot_tell_is_said(
    first: tuple[pd.DataFrame, pd.DataFrame], second: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    rows = {"variant": "n4+nyul", "roi": "habitat-2"}
    result = evaluate_outcome(first[0].assign(**rows), first[1], **SURVIVAL, settings=QUICK)
    write_models(result, tmp_path / "model.zip")
    said = " ".join(predict_outcome(tmp_path / "model.zip", second[0].assign(**rows)).sentences)
    assert "prepared with n4+nyul, whose landmarks are fitted" in said
    assert "by which model of habitats it was made" in said


@pytest.mark.parametrize("times", [[0.0], [-1.0], [1e6]])
def test_times_that_the_models_do_not_know_are_refused(
    models: Signature, second: tuple[pd.DataFrame, pd.DataFrame], times: list[float]
) -> None:
    with pytest.raises(InputError, match="up to the last event"):
        predict_outcome(models, *second, times=times)


def test_the_order_of_rows_and_other_subjects_do_not_matter(
    models: Signature, second: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    whole = predict_outcome(models, *second).table
    part = predict_outcome(models, second[0].iloc[::-3], second[1]).table
    wanted = whole[whole["subject"].isin(set(part["subject"]))].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, wanted)


def test_rows_are_those_of_the_models_whatever_else_the_table_has(
    models: Signature, second: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    features, clinical = second
    others = [features.assign(reader="B", in_training=""), features.assign(reader="auto", in_training="no")]
    mixed = pd.concat([features.assign(in_training=""), *others])
    wanted = predict_outcome(models, features, clinical).table
    pd.testing.assert_frame_equal(predict_outcome(models, mixed, clinical).table, wanted)
    by_auto = predict_outcome(models, mixed, clinical, reader="auto")
    pd.testing.assert_frame_equal(by_auto.table, wanted)
    assert (
        "The reader of the features of the models is A, that of these features auto." in by_auto.sentences[1]
    )


@pytest.mark.slow
def test_an_unseen_site_is_estimated_from_its_own_subjects(
    first: tuple[pd.DataFrame, pd.DataFrame], second: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    asked = {**SURVIVAL, "harmonise": Harmonise(batch="site", unseen="estimate")}
    write_models(evaluate_outcome(*first, settings=QUICK, **asked), tmp_path / "model.zip")
    elsewhere = second[0].copy(), second[1].assign(site="elsewhere")
    if "site" in elsewhere[0]:
        elsewhere[0]["site"] = "elsewhere"
    wanted = validate_outcome(first, elsewhere, settings=ONCE, **asked).predictions
    wanted = wanted[wanted["model"] == "radiomic"].set_index("subject")["risk"]
    found = predict_outcome(tmp_path / "model.zip", *elsewhere, model="radiomic").table.set_index("subject")
    np.testing.assert_allclose(found.loc[wanted.index, "risk"], wanted, rtol=1e-9, atol=1e-12)
    # A shift of the scanner is estimated from these subjects, and moves the risks less than if it were kept.
    kept = {**SURVIVAL, "harmonise": Harmonise(batch="site", unseen="keep")}
    write_models(evaluate_outcome(*first, settings=QUICK, **kept), tmp_path / "kept.zip")
    names = [name for name in elsewhere[0] if str(name).startswith("original_glcm")]
    moved = elsewhere[0].copy()
    moved[names] = moved[names] + 0.5
    changes = []
    for name in ("model", "kept"):
        risks = [
            predict_outcome(tmp_path / f"{name}.zip", table, elsewhere[1], model="radiomic").table["risk"]
            for table in (elsewhere[0], moved)
        ]
        changes.append(float((risks[0] - risks[1]).abs().mean()))
    assert changes[0] < 0.5 * changes[1]
    refused = {**SURVIVAL, "harmonise": Harmonise(batch="site")}
    write_models(evaluate_outcome(*first, settings=QUICK, **refused), tmp_path / "refused.zip")
    with pytest.raises(InputError, match="elsewhere"):
        predict_outcome(tmp_path / "refused.zip", *elsewhere, model="radiomic")


def test_a_level_that_the_models_do_not_know_is_told(
    models: Signature, second: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    features, clinical = second[0], second[1].copy()
    clinical.loc[clinical["subject"] == "bp05", "ward"] = "z"
    table = predict_outcome(models, features, clinical).table.set_index("subject")
    assert "ward" in table.loc["bp05", "outside"].split("; ")
    assert not table.drop(index="bp05")["outside"].str.contains("ward").any()


def test_subjects_without_a_clinical_row_are_told_and_marked(
    models: Signature, second: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    features, clinical = second
    done = predict_outcome(models, features, clinical.iloc[2:])
    assert "2 subjects of 90 are not in the clinical table (bp00, bp01)" in " ".join(done.sentences)
    notes = done.table.set_index("subject")["note"]
    assert set(notes[notes == ABSENT].index) == {"bp00", "bp01"}
    with pytest.raises(InputError, match="no subject of the feature table"):
        predict_outcome(models, features, clinical.assign(subject="x" + clinical["subject"]))
    with pytest.raises(InputError, match=r"several rows of 1 subject: bp00"):
        predict_outcome(models, features, pd.concat([clinical, clinical.head(1)]))
    with pytest.raises(InputError, match="has no row"):
        predict_outcome(models, features.head(0), clinical)


def test_inputs_of_another_unit_or_other_words_and_empty_ones_are_told(
    models: Signature, second: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    features, clinical = second
    told = predict_outcome(
        models,
        features.assign(original_glcm_f0=np.nan),
        clinical.assign(age=365 * clinical["age"], ward="ward " + clinical["ward"]),
    ).sentences
    said = " ".join(told)
    assert "No subject has a value of 1 input (original_glcm_f0)" in said
    assert "ward: 90 subjects have a level that the training subjects lack (ward a, ward b, ward c)" in said
    assert "The median of 1 input is outside the whole range of the training subjects (age: " in said
    plain = " ".join(predict_outcome(models, *second).sentences)
    assert not any(text in plain for text in ("No subject has", "lack", "outside"))


@pytest.mark.parametrize(
    ("unseen", "said"),
    [("estimate", "its shift was estimated from their own features"), ("keep", "were not harmonised")],
)
def test_sites_that_the_models_do_not_know_are_told(
    first: tuple[pd.DataFrame, pd.DataFrame],
    second: tuple[pd.DataFrame, pd.DataFrame],
    tmp_path: Path,
    unseen: str,
    said: str,
) -> None:
    site = Harmonise(batch="site", unseen=unseen)
    path = tmp_path / "model.zip"
    write_models(evaluate_outcome(*first, **SURVIVAL, harmonise=site, settings=QUICK), path)
    features, clinical = second[0], second[1].assign(site="mars")
    told = f"90 subjects of 90 are from a site that the models do not know (mars): {said}"
    told = told.replace("(mars): were", "(mars): their features were")
    assert told in " ".join(predict_outcome(path, features, clinical).sentences)
    assert told in " ".join(validate_models(path, features, clinical, bootstraps=0).summary["leading"])
    with pytest.raises(InputError, match="no column 'site'"):
        predict_outcome(path, features)
