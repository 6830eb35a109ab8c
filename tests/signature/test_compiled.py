"""The models in plain numbers predict what the fitted models predict, whatever their steps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.clinical import Endpoint
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.outcome import OutcomeSettings, Predictors
from nbradiomics.outcome.assembly import OutcomeData
from nbradiomics.outcome.crossvalidation import run_repeat
from nbradiomics.outcome.evaluate import task_of
from nbradiomics.outcome.external_cohort import joined
from nbradiomics.outcome.final import fit_final
from nbradiomics.outcome.prepared import prepare
from nbradiomics.signature.compiled import compiled
from nbradiomics.signature.inputs import inputs_of
from nbradiomics.signature.models import Competing, Model
from nbradiomics.tables import RowsOfReader
from tests.outcome.test_competing_risks import ASKED as COMPETING, make_cohort as with_competing
from tests.outcome.test_harmonisation import with_sites
from tests.support.outcome_tables import make_cohort

SURVIVAL = Endpoint(time="months", event="dead")
CLASSES = Endpoint(target="grade")
COVARIATES = {"covariates": ["age", "stage", "ward"]}


def cohort(seed: int, *, prefix: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Subjects with skewed features, missing values, a category of three levels, sites and a class."""
    features, clinical = with_sites(seed, subjects=90)
    rng = np.random.default_rng(seed)
    names = [name for name in features if name.startswith("f")]
    features[names] = features[names].where(rng.random((90, len(names))) > 0.05)
    features["f1"] = np.exp(features["f1"])
    features["original_shape_MeshVolume"] = np.exp(rng.normal(size=90))
    clinical["age"] = clinical["age"].where(rng.random(90) > 0.1)
    clinical["stage"] = clinical["stage"].where(rng.random(90) > 0.1)
    clinical["ward"] = rng.choice(["a", "b", "c"], size=90)
    clinical["grade"] = np.where(features["f0"].fillna(0) + rng.normal(size=90) > 0, "high", "low")
    clinical["kind"] = rng.choice(["x", "y", "z"], size=90)
    features = features.rename(columns={name: f"original_glcm_{name}" for name in names})
    return (table.assign(subject=prefix + table["subject"]) for table in (features, clinical))


def fitted(
    first: OutcomeData, second: OutcomeData, settings: OutcomeSettings
) -> list[tuple[Model, np.ndarray, np.ndarray, np.ndarray]]:
    """Models in plain numbers, and risk, group and probabilities of the second cohort by the fitted ones."""
    task = task_of(first)
    both = joined(first, second)
    split = np.arange(len(first.y)), np.arange(len(first.y), len(both.y))
    results = run_repeat(both, settings, first.models, task, 1, [split])
    finals = fit_final(first, settings, first.models, task)
    return [
        (compiled(final, first.y, task), result.risk, result.group, result.predicted)
        for final, result in zip(finals, results, strict=True)
    ]


def compare(endpoint: Endpoint, settings: dict[str, object], predictors: dict[str, object]) -> list[Model]:
    asked = OutcomeSettings(bootstraps=0, refits=0, **settings)
    stated = Predictors(**predictors)
    data = [
        prepare(*cohort(seed, prefix=prefix), endpoint, stated, RowsOfReader(), None, asked, folds=1).data
        for seed, prefix in ((0, "a"), (1, "b"))
    ]
    times = () if endpoint.target else task_of(data[0]).horizons.all
    models = []
    for model, risk, group, probabilities in fitted(*data, asked):
        again = Model.model_validate_json(model.model_dump_json())
        found = again.outcome.predict(again.prepared(inputs_of(data[1])), times)
        np.testing.assert_allclose(found.risk, risk, rtol=1e-10, atol=1e-12)
        np.testing.assert_array_equal(found.group, group)
        wanted = probabilities if endpoint.target else 1 - probabilities
        np.testing.assert_allclose(found.probabilities, wanted, rtol=1e-9, atol=1e-12)
        models.append(again)
    return models


@pytest.mark.parametrize("endpoint", [SURVIVAL, CLASSES, Endpoint(target="kind")], ids=lambda each: each.text)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"power_transform": False, "missing_indicators": True, "penalizer": 0.1, "l1_ratio": 0.5},
        {"selection": "pca", "selected": 3},
        {"selection": "supervised_pca", "selected": 2, "covariate_penalizer": 0.0},
        {"selection": "mrmr", "selected": 2, "method": "firth"},
        {"selection": "clusters", "penalizer": 0.3, "l1_ratio": 1.0},
    ],
    ids=lambda each: each.get("selection", str(len(each))),
)
def test_plain_numbers_predict_what_the_fitted_models_predict(
    endpoint: Endpoint, settings: dict[str, object]
) -> None:
    models = compare(endpoint, settings, COVARIATES)
    assert [model.name for model in models] == ["clinical", "volume", "radiomic", "combined"]


@pytest.mark.parametrize(
    "asked",
    [
        {"batch": "site"},
        {"batch": ["site", "ward"], "covariates": ["age"], "parametric": False},
        {"batch": "site", "reference_batch": "north", "covariates": ["stage"]},
        {"batch": "site", "reference_batch": "north", "m_combat": True, "mean_only": True},
    ],
    ids=["plain", "nested", "reference", "m_combat"],
)
def test_harmonised_features_are_those_of_the_training_estimates(asked: dict[str, object]) -> None:
    predictors = {"covariates": ["age"], "harmonise": Harmonise(**asked)}
    models = compare(SURVIVAL, {"penalizer": 0.2, "l1_ratio": 0.0}, predictors)
    assert any("harmonise: site" in model.inputs for model in models)


def test_a_lasso_needs_only_the_columns_that_it_keeps() -> None:
    radiomic = compare(SURVIVAL, {"penalizer": 0.1, "l1_ratio": 1.0}, {})[-1]
    assert radiomic.name == "radiomic"
    assert 0 < len(radiomic.inputs) < 8


def test_competing_events_are_predicted_as_incidences() -> None:
    settings = OutcomeSettings(bootstraps=0, refits=0, penalizer=0.1, l1_ratio=0.0)
    asked = Endpoint(**COMPETING), Predictors(covariates=["age"]), RowsOfReader(), None, settings
    first, second = (
        prepare(*with_competing(seed, prefix=prefix), *asked, folds=1).data
        for seed, prefix in ((0, "a"), (1, "b"))
    )
    for model, risk, group, free in fitted(first, second, settings):
        assert isinstance(model.outcome, Competing)
        found = model.outcome.predict(model.prepared(inputs_of(second)), task_of(first).horizons.all)
        np.testing.assert_allclose(found.risk, risk, rtol=1e-9)
        np.testing.assert_array_equal(found.group, group)
        np.testing.assert_allclose(found.probabilities, 1 - free, rtol=1e-9, atol=1e-12)


def test_a_subject_alone_gets_the_prediction_that_it_gets_among_others() -> None:
    features, clinical = make_cohort(0)
    asked = SURVIVAL, Predictors(), RowsOfReader(), None, OutcomeSettings(bootstraps=0, refits=0)
    data = prepare(features, clinical, *asked, folds=1).data
    (final,) = fit_final(data, asked[-1], ["radiomic"], task_of(data))
    model = compiled(final, data.y, task_of(data))
    inputs = inputs_of(data)
    whole = model.outcome.predict(model.prepared(inputs), [1.0])
    alone = [model.outcome.predict(model.prepared(inputs.iloc[[place]]), [1.0]).risk[0] for place in range(9)]
    assert alone == whole.risk[:9].tolist()
