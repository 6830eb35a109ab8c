"""Final models on external subjects: the numbers of an external validation that fits them first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter

from nbradiomics.clinical import Endpoint
from nbradiomics.errors import InputError
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, validate_outcome
from nbradiomics.outcome.external_limits import UNTOLD
from nbradiomics.signature.external_subjects import LEARNED
from nbradiomics.signature.predict import predict_outcome
from nbradiomics.signature.read import load_models
from nbradiomics.signature.validate import validate_models
from nbradiomics.signature.write import write_models
from tests.outcome.test_competing_risks import ASKED as COMPETING, make_cohort as with_competing
from tests.signature.test_compiled import COVARIATES, cohort

Tables = tuple[pd.DataFrame, pd.DataFrame]
FIT = {"penalizer": 0.1, "l1_ratio": 0.0}
QUICK = OutcomeSettings(folds=2, repeats=1, refits=0, bootstraps=0, **FIT)
DRAWN = OutcomeSettings(bootstraps=100, **FIT)
SURVIVAL = {"time": "months", "event": "dead"}


def written(tables: Tables, path: Path, **asked: Any) -> Path:
    write_models(evaluate_outcome(*tables, settings=QUICK, **asked), path)
    return path


@pytest.fixture(scope="module")
def first() -> Tables:
    return tuple(cohort(0, prefix="a"))


@pytest.fixture(scope="module")
def second() -> Tables:
    return tuple(cohort(1, prefix="b"))


@pytest.fixture(scope="module")
def file(first: Tables, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(first, tmp_path_factory.mktemp("models") / "model.zip", **SURVIVAL, **COVARIATES)


@pytest.mark.parametrize(
    "asked",
    [
        {**SURVIVAL, **COVARIATES},
        {"target": "grade", **COVARIATES},
        {"target": "kind"},
        pytest.param({**SURVIVAL, "harmonise": Harmonise(batch="site")}, marks=pytest.mark.slow),
    ],
    ids=["survival", "two classes", "three classes", "harmonised"],
)
def test_the_scores_are_those_of_models_that_are_fitted_first(
    first: Tables, second: Tables, tmp_path: Path, asked: dict[str, Any]
) -> None:
    path = written(first, tmp_path / "model.zip", **asked)
    horizons = {} if "target" in asked else {"horizons": (0.3, 0.6)}
    wanted = validate_outcome(first, second, settings=DRAWN.changed(**horizons), **asked)
    found = validate_models(path, *second, bootstraps=100, **horizons)
    for name in ("performance", "calibration", "decision"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(wanted, name), rtol=1e-9)
    assert found.performance["low"].notna().any()
    for key in ("subjects", "development", "models", "answers", "log_rank_p", "features"):
        assert _rounded(found.summary[key]) == _rounded(wanted.summary[key]), key


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value


def test_competing_events_are_judged_as_incidences(tmp_path: Path) -> None:
    first, second = (with_competing(seed, prefix=prefix) for seed, prefix in ((0, "a"), (1, "b")))
    path = written(first, tmp_path / "model.zip", covariates=["age"], **COMPETING)
    wanted = validate_outcome(
        first, second, settings=DRAWN.changed(bootstraps=0, horizons=(1.0,)), covariates=["age"], **COMPETING
    )
    found = validate_models(path, *second, bootstraps=0, horizons=(1.0,))
    pd.testing.assert_frame_equal(found.performance, wanted.performance, rtol=1e-7)
    assert {key: found.summary["development"][key] for key in ("events", "competing_events")} == {
        key: wanted.summary["development"][key] for key in ("events", "competing_events")
    }


def test_training_subjects_and_subjects_without_outcome_are_left_out_and_counted(
    file: Path, first: Tables, second: Tables
) -> None:
    clinical = second[1].copy()
    clinical["months"] = clinical["months"].mask(clinical["subject"].isin(["bp00", "bp01"]))
    both = tuple(
        pd.concat([own, other.head(3)]) for own, other in zip((second[0], clinical), first, strict=True)
    )
    alone = validate_models(file, second[0], clinical, bootstraps=0)
    mixed = validate_models(file, *both, bootstraps=0)
    pd.testing.assert_frame_equal(mixed.performance, alone.performance)
    reasons = mixed.flow.set_index("subject")["reason"]
    assert reasons[list(first[0]["subject"].head(3))].str.contains(LEARNED).all()
    said = " ".join(mixed.summary["leading"])
    assert "The models learned from 3 subjects of 93 (by name): left out" in said
    assert "2 subjects without a known outcome were left out" in said
    with pytest.raises(InputError, match="learned from all 90 subjects"):
        validate_models(file, *first, bootstraps=0)


def test_calibration_and_net_benefit_are_those_of_lifelines(file: Path, second: Tables) -> None:
    found = validate_models(file, *second, model=["radiomic"], bootstraps=0)
    horizon = found.summary["horizons"][0]
    table = predict_outcome(file, second[0], model="radiomic", times=[horizon]).table
    table = table.merge(second[1][["subject", "months", "dead"]], on="subject")

    def happened(rows: pd.DataFrame) -> float:
        return 1 - float(KaplanMeierFitter().fit(rows["months"], rows["dead"]).predict(horizon))

    fitted = CoxPHFitter().fit(table[["months", "dead", "risk"]], "months", "dead")
    scores = found.performance.set_index("metric")["value"]
    assert scores["calibration_slope"] == pytest.approx(fitted.params_["risk"], rel=1e-4)
    expected = happened(table) / table["probability"].mean()
    assert scores["observed_expected"] == pytest.approx(expected, rel=1e-9)
    net = found.decision.set_index("threshold")["net_benefit"]
    for threshold in (0.3, 0.4, 0.5):
        treated = table[table["probability"] >= threshold]
        events = happened(treated)
        odds = threshold / (1 - threshold)
        wanted = len(treated) / len(table) * (events - (1 - events) * odds)
        assert net[net.index[np.isclose(net.index, threshold)][0]] == pytest.approx(wanted, abs=1e-9)


def test_the_file_and_the_novelty_are_in_the_summary(file: Path, second: Tables) -> None:
    models = load_models(file)
    done = validate_models(models, *second, bootstraps=0, model=["radiomic"])
    assert done.summary["model_file"] == {"file": "model.zip", "sha256": models.sha256}
    assert done.summary["models"] == ["radiomic"]
    assert models.sha256 in " ".join(done.summary["sentences"])
    far = second[0].copy()
    names = list(models.model("radiomic").model.inputs)
    far[names] = far[names] * 1000
    novel = validate_models(models, far, second[1], bootstraps=0).summary
    assert novel["novelty"]["radiomic"] > 80
    assert "further from the subjects of the models than 99 %" in " ".join(novel["leading"])


def test_other_names_and_codes_of_the_outcome_can_be_given(file: Path, second: Tables) -> None:
    clinical = second[1].rename(columns={"months": "t", "dead": "e"})
    clinical["e"] = clinical["e"].map({1: "relapse", 0: "none"})
    asked = Endpoint(time="t", event="e", event_value=("relapse",))
    done = validate_models(file, second[0], clinical, endpoint=asked, bootstraps=0)
    wanted = validate_models(file, *second, bootstraps=0)
    pd.testing.assert_frame_equal(done.performance, wanted.performance)
    with pytest.raises(InputError, match="months"):
        validate_models(file, second[0], clinical, bootstraps=0)


@pytest.mark.parametrize("asked", [{"penalizer": 1.0}, {"folds": 5}, {"selection": "pca"}])
def test_settings_of_models_are_refused(file: Path, second: Tables, asked: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(asked))):
        validate_models(file, *second, **asked)


def test_a_small_cohort_says_what_it_cannot_tell(file: Path, second: Tables) -> None:
    few = validate_models(file, second[0].head(25), second[1], bootstraps=100)
    told = few.summary["answers"][UNTOLD]
    assert "it stays open, for the combined model" in told
    assert "how well it orders subjects (Harrell's C" in told
    row = few.performance.query("model == 'combined' and metric == 'harrell_c'").iloc[0]
    assert row["high"] - row["low"] > 0.1
    none = validate_models(file, second[0].head(25), second[1], bootstraps=0)
    assert "There is no interval" in none.summary["answers"][UNTOLD]


def _days(clinical: pd.DataFrame) -> pd.DataFrame:
    return clinical.assign(months=30 * clinical["months"])


def _age_in_days(clinical: pd.DataFrame) -> pd.DataFrame:
    return clinical.assign(age=365 * clinical["age"])


def _other_words(clinical: pd.DataFrame) -> pd.DataFrame:
    return clinical.assign(ward="ward " + clinical["ward"])


def _one_other_word(clinical: pd.DataFrame) -> pd.DataFrame:
    return clinical.assign(ward=clinical["ward"].replace("a", "A&E"))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (_days, "Check that both are in the same unit"),
        (_age_in_days, "The median of 1 covariate in the external cohort is outside the whole range"),
        (_one_other_word, "have a level that the first cohort lacks (A&E)"),
    ],
)
def test_another_unit_or_level_is_told_as_if_the_models_were_fitted_first(
    file: Path, first: Tables, second: Tables, changed: Any, told: str
) -> None:
    features, clinical = second[0], changed(second[1])
    found = validate_models(file, features, clinical, bootstraps=0).summary["leading"]
    wanted = validate_outcome(
        first, (features, clinical), settings=DRAWN.changed(bootstraps=0), **SURVIVAL, **COVARIATES
    ).summary["leading"]
    sentence = next(text for text in found if told in text)
    assert sentence in wanted
    assert not any(told in text for text in validate_models(file, *second, bootstraps=0).summary["leading"])


def test_times_in_a_larger_unit_are_named_where_no_horizon_can_be_judged(
    file: Path, first: Tables, second: Tables
) -> None:
    longer = second[1].assign(months=second[1]["months"] / 30)
    with pytest.raises(InputError, match="Write the times in the unit of the first cohort"):
        validate_models(file, second[0], longer, bootstraps=0)
    with pytest.raises(InputError, match="Write the times in the unit of the first cohort"):
        validate_outcome(first, (second[0], longer), settings=DRAWN.changed(bootstraps=0), **SURVIVAL)


def test_what_was_filled_in_is_told(file: Path, second: Tables) -> None:
    told = " ".join(validate_models(file, *second, bootstraps=0).summary["leading"])
    assert f"age is missing in {int(second[1]['age'].isna().sum())} external subjects of 90" in told
    assert "external feature values are missing or infinite" in told


def test_levels_of_other_names_and_empty_features_are_refused(file: Path, second: Tables) -> None:
    features, clinical = second
    with pytest.raises(InputError, match="90 of 90 external subjects have a level"):
        validate_models(file, features, _other_words(clinical), bootstraps=0)
    with pytest.raises(InputError, match=r"1 feature of the external table has no value: original_glcm_f0"):
        validate_models(file, features.assign(original_glcm_f0=np.nan), clinical, bootstraps=0)


def test_bad_tables_are_refused(file: Path, second: Tables) -> None:
    features, clinical = second
    with pytest.raises(InputError, match="ward"):
        validate_models(file, features, clinical.drop(columns="ward"), bootstraps=0)
    assert validate_models(file, features, clinical.drop(columns="ward"), model=["radiomic"], bootstraps=0)
    with pytest.raises(InputError, match="lacks"):
        validate_models(file, features.iloc[:, :4], clinical, bootstraps=0)
    with pytest.raises(InputError, match="after the last event"):
        validate_models(file, features, clinical, horizons=[1e6])
    with pytest.raises(InputError, match="no model 'deep'"):
        validate_models(file, features, clinical, model=["deep"])
    assert np.isfinite(validate_models(file, features, clinical, bootstraps=0).performance["value"]).any()
