"""The methods section states what was done, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from nbradiomics.outcome import (
    OutcomeResult,
    OutcomeSettings,
    evaluate_outcome,
    validate_outcome,
    write_outcome,
)
from nbradiomics.outcome.drawing import with_drawing
from nbradiomics.report.paper import references
from nbradiomics.report.paper.methods import methods_section
from nbradiomics.report.run_files import Endpoint, read_endpoint
from tests.outcome.test_competing_risks import ASKED as COMPETING, make_cohort as competing_cohort
from tests.support.drawings import FEATURES, assessed, drawn
from tests.support.outcome_tables import ENDPOINT, QUICK, make_cohort
from tests.support.paths import ROOT

NONE = QUICK.changed(bootstraps=0, folds=2, repeats=1)


def written(result: OutcomeResult, folder: Path) -> Endpoint:
    write_outcome(result, folder)
    endpoint = read_endpoint(folder)
    assert endpoint is not None
    return endpoint


def text_of(endpoint: Endpoint, provenance: dict[str, Any] | None = None) -> str:
    text = methods_section(endpoint, provenance or {}, [])
    assert text is not None
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("methods")


@pytest.fixture(scope="module")
def survival(folder: Path) -> Endpoint:
    features, clinical = make_cohort()
    clinical.loc[:2, "months"] = np.nan
    features.loc[5, "f1"] = np.nan
    result = evaluate_outcome(features, clinical, covariates=["age", "stage"], **ENDPOINT)
    return written(result, folder / "survival")


@pytest.fixture(scope="module")
def classes(folder: Path) -> Endpoint:
    result = evaluate_outcome(
        *make_cohort(),
        target="stage",
        method="random_forest",
        selection="mrmr",
        selected=3,
        folds=2,
        repeats=1,
        bootstraps=0,
    )
    return written(result, folder / "classes")


@pytest.fixture(scope="module")
def external(folder: Path) -> Endpoint:
    def renamed(tables: tuple[pd.DataFrame, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
        first, second = (table.assign(subject="e" + table["subject"]) for table in tables)
        return first, second

    result = validate_outcome(
        make_cohort(),
        renamed(make_cohort(1)),
        time="months",
        event="dead",
        covariates=["age"],
        penalizer=0.2,
        l1_ratio=0,
        bootstraps=100,
    )
    return written(result, folder / "external")


@pytest.fixture(scope="module")
def sites(folder: Path) -> Endpoint:
    features, clinical = make_cohort()
    clinical["centre"] = ["Oslo", "Rome", "Bonn"] * 20
    result = evaluate_outcome(
        features,
        clinical,
        time="months",
        event="dead",
        leave_out="centre",
        penalizer="tuned",
        l1_ratio=1,
        bootstraps=0,
    )
    return written(result, folder / "sites")


@pytest.fixture(scope="module")
def readers(folder: Path) -> Endpoint:
    table, clinical = make_cohort(readers=("A", "auto"))
    result = evaluate_outcome(
        table.assign(engine="native 1"),
        clinical,
        time="months",
        event="dead",
        reader="auto",
        settings=NONE,
    )
    return written(result, folder / "readers")


@pytest.fixture(scope="module")
def competing(folder: Path) -> Endpoint:
    features, clinical = competing_cohort()
    settings = NONE.changed(permutations=2)
    result = evaluate_outcome(features, clinical, covariates=["age"], settings=settings, **COMPETING)
    return written(result, folder / "competing")


@pytest.fixture(scope="module")
def firth(folder: Path) -> Endpoint:
    settings = OutcomeSettings(method="firth", bootstraps=0, folds=2, repeats=1)
    result = evaluate_outcome(*make_cohort(features=3), time="months", event="dead", settings=settings)
    return written(result, folder / "firth")


@pytest.fixture(scope="module")
def chosen(folder: Path) -> Endpoint:
    settings = NONE.changed(selection="auto")
    result = evaluate_outcome(*make_cohort(), time="months", event="dead", settings=settings)
    return written(result, folder / "auto")


ALL = ("survival", "classes", "external", "sites", "readers", "competing", "firth", "chosen")


@pytest.mark.parametrize("kind", ALL)
def test_what_is_cited_is_listed_and_what_is_listed_is_cited(
    kind: str, request: pytest.FixtureRequest
) -> None:
    body, _, end = text_of(request.getfixturevalue(kind)).partition("## References")
    listed = [line.removeprefix("- ") for line in end.splitlines() if line.startswith("- ")]
    works = {work.citation: work.entry for work in references._WORKS.values()}
    cited = {
        entry for citation, entry in works.items() if re.search(rf"[(;] ?{re.escape(citation)}[);]", body)
    }
    assert {*cited, *(line for line in listed if line.startswith("The nbradiomics developers"))} == set(
        listed
    )
    assert len(listed) == len(set(listed)) > 3


@pytest.mark.parametrize("kind", ALL)
def test_sentences_are_whole(kind: str, request: pytest.FixtureRequest) -> None:
    text = text_of(request.getfixturevalue(kind))
    assert not re.search(r"[{}]|None|nan|  |\.\.|\( |,,|\bof the of\b", text.replace(" ... ", ""))


def test_a_survival_endpoint_is_described(survival: Endpoint) -> None:
    text = text_of(survival)
    events = survival.summary["events"]
    for sentence in (
        f"57 subjects with {events} events (months, dead) were analysed.",
        "3 subjects were left out: months is missing (3).",
        "The covariates were age (number) and stage (category).",
        "8 radiomic features",
        "In the data, 1 of 456 feature values was missing.",
        "a cross-validation with 3 stratified folds in 2 repeats",
        "a penalty: ridge (Hoerl and Kennard 1970), with the fixed strength 0.2.",
        "The covariates had a fixed ridge penalty of 0.1.",
        "Harrell's C (Harrell et al. 1996)",
        "(Riley et al. 2019)",
        "(the median time of the events)",
        "No stability filter",
    ):
        assert sentence in text
    for word in (
        "nnU-Net",
        "PyRadiomics (",
        "permutation",
        "elastic net",
        "tuned",
        "Then ",
        "external",
        "volume",
    ):
        assert word not in text.partition("## To add")[0], word
    assert "Yeo and Johnson" in text


def test_quick_intervals_are_called_what_they_are(survival: Endpoint) -> None:
    text = text_of(survival)
    assert "percentiles of 200 bootstrap draws" in text
    assert "too narrow, and should not be published" in text
    assert "(Cai et al. 2023)" not in text


def test_intervals_that_refit_are_described(survival: Endpoint) -> None:
    settings = {**survival.summary["settings"], "refits": 100}
    summary = {**survival.summary, "intervals": "refit", "settings": settings, "failed_refits": 2}
    text = text_of(replace(survival, summary=summary))
    assert "come from 100 bootstrap samples of the subjects (2 samples could not be fitted)" in text
    assert "(Cai et al. 2023)" in text
    assert "narrow" not in text
    table = survival.performance
    assert table is not None
    without = replace(survival, summary=summary, performance=table.assign(low=np.nan, high=np.nan))
    assert "No metric has an interval" in text_of(without)


def test_a_permutation_is_told_if_it_was_done(survival: Endpoint) -> None:
    settings = {**survival.summary["settings"], "permutations": 99}
    summary = {
        **survival.summary,
        "settings": settings,
        "permutation_p": {"combined": 0.02, "radiomic": None},
    }
    text = text_of(replace(survival, summary=summary))
    assert "groups of the combined model was tested by 99 permutations" in text
    assert "(Simon et al. 2011)" in text
    assert "No p value" not in text
    assert "No p value" in text_of(survival)


def test_few_events_are_not_called_stratified(survival: Endpoint) -> None:
    summary = {**survival.summary, "stratified": False}
    assert "3 random folds" in text_of(replace(survival, summary=summary))


def test_trees_of_classes_have_no_penalty(classes: Endpoint) -> None:
    text = text_of(classes)
    counts = classes.summary["classes"]
    assert f"60 subjects of the classes of stage ('I' {counts['I']}, 'IV' {counts['IV']})" in text
    assert "'IV' was the positive class" in text
    assert "random forests (500 trees, 3 subjects or more in a leaf)" in text
    assert "(Breiman 2001)" in text
    assert "Then up to 3 features of maximum relevance" in text
    assert "No confidence intervals of the metrics were computed." in text
    assert "There were no covariates." in text
    assert "Mean importance" in text
    for word in (
        "Cox regression",
        "penalty",
        "Kaplan",
        "lifelines",
        "horizon",
        "risk group",
        "bootstrap",
        "Harrell FE, Lee",
    ):
        assert word not in text, word


def test_an_external_validation_is_not_a_cross_validation(external: Endpoint) -> None:
    text = text_of(external)
    first = external.summary["development"]
    assert f"a development cohort of 60 subjects with {first['events']} events" in text
    assert f"an external cohort of 60 subjects with {external.summary['events']} events" in text
    assert "applied as they are to the external cohort" in text
    assert "100 bootstrap draws of the external subjects" in text
    assert "(the median time of the events of the development cohort)" in text
    assert "(Collins et al. 2016)" in text
    assert "log-rank test" in text
    for word in (
        "held out",
        "(Riley",
        "Wilson",
        "held-out",
        "repeats, each",
        "permutation",
        "positive class",
    ):
        assert word not in text, word


@pytest.mark.parametrize(
    ("penalizer", "l1_ratio", "sentence"),
    [
        (
            "tuned",
            "tuned",
            "l1_ratio 0.5 (Hoerl and Kennard 1970; Zou and Hastie 2005). Its kind and strength",
        ),
        (0.2, "tuned", "2005), with the fixed strength 0.2. Its kind had the largest partial likelihood"),
        ("tuned", 0.3, "elastic net, l1_ratio 0.3 (Zou and Hastie 2005). Its strength had"),
        (0.2, 0.0, "ridge (Hoerl and Kennard 1970), with the fixed strength 0.2. The covariates"),
        (0, 1.0, "The features had no penalty. The covariates"),
    ],
)
def test_each_penalty_is_described(
    survival: Endpoint, penalizer: float | str, l1_ratio: float | str, sentence: str
) -> None:
    settings = {**survival.summary["settings"], "penalizer": penalizer, "l1_ratio": l1_ratio}
    assert sentence in text_of(replace(survival, summary={**survival.summary, "settings": settings}))


def test_a_work_that_is_not_cited_is_not_listed(survival: Endpoint) -> None:
    settings = {**survival.summary["settings"], "penalizer": 0, "l1_ratio": 1.0}
    assert "Tibshirani" not in text_of(replace(survival, summary={**survival.summary, "settings": settings}))


def test_the_volume_and_the_power_are_told_if_they_were_there(survival: Endpoint) -> None:
    settings = {**survival.summary["settings"], "power_transform": False, "missing_indicators": True}
    models = ["clinical", "volume", "radiomic", "combined"]
    text = text_of(replace(survival, summary={**survival.summary, "settings": settings, "models": models}))
    assert "volume (the volume of the region alone)" in text
    assert "The volume alone was prepared like a feature" in text
    assert "The covariates and the volume alone had a fixed ridge penalty" in text
    assert "a missing level was a level of its own" in text
    assert "Yeo" not in text


def test_sites_that_were_held_out_are_named(sites: Endpoint) -> None:
    text = text_of(sites)
    assert "Each level of centre (Bonn, Oslo and Rome) was held out once" in text
    assert "(Steyerberg and Harrell 2016)" in text
    assert "a penalty: lasso (Tibshirani 1996). Its strength had the largest" in text
    assert "Only subjects of the same site" in text
    for word in ("stratified", "in 10 repeats", "averaged over the repeats", "majority"):
        assert word not in text, word


def test_readers_decide_which_features_are_stable(readers: Endpoint) -> None:
    text = text_of(readers)
    assert "stable between the readers A and auto: the lower 95" in text
    assert "reached 0.75 among the training subjects of the fold" in text
    assert "60 subjects were measured by all of them." in text
    by = "computed by nbradiomics (engine native 1) as features of PyRadiomics (van Griethuysen et al. 2017)."
    assert by in text
    assert "departures" not in text
    counts = {"pyradiomics": 8, "families": 3, "filters": 2}
    mixed = text_of(replace(readers, summary={**readers.summary, "features_by_origin": counts}))
    assert (
        "as 8 features of PyRadiomics (van Griethuysen et al. 2017), 3 features of the families of the IBSI "
        "(Zwanenburg et al. 2020) and 2 features of images of the IBSI's filters (Whybra et al. 2024)."
        in mixed
    )
    alone = {"filters": 2, "other": 1}
    alone_text = text_of(replace(readers, summary={**readers.summary, "features_by_origin": alone}))
    assert "2 features of images of the IBSI's filters (Whybra et al. 2024) and 1 with other" in alone_text
    rows = {**readers.summary["rows"], "engine": ["native 1; ibsi"]}
    assert "departures" in text_of(replace(readers, summary={**readers.summary, "rows": rows}))


def test_a_synthetic_study_is_called_so(survival: Endpoint) -> None:
    text = text_of(survival, {"study": {"synthetic": True}})
    assert "**Synthetic study: images, readers and outcomes are simulated." in text
    assert "Synthetic" not in text_of(survival, {"study": {"name": "x"}})


def test_nnunet_is_cited_where_it_drew_the_masks(readers: Endpoint, survival: Endpoint) -> None:
    provenance = {"model": {"name": "demo"}, "packages": {"nnunetv2": "2.8"}}
    text = text_of(readers, provenance)
    assert "The reader auto is the nnU-Net 2.8 model demo (Isensee et al. 2021)" in text
    alone = text_of(readers)
    assert "(Isensee et al. 2021)" not in alone
    assert "The model that drew the masks of the reader auto" in alone
    assert "nnU-Net" not in text_of(survival, provenance)


@pytest.mark.parametrize(
    ("selection", "word"),
    [
        ("univariable", "(Benjamini and Hochberg 1995)"),
        ("stability", "(Meinshausen and Bühlmann 2010; Shah and Samworth 2013)"),
        ("clusters", "one feature of each cluster"),
        ("pca", "replaced by up to 10 principal components of the training subjects of each fold."),
        ("supervised_pca", "(Bair et al. 2006)"),
    ],
)
def test_each_selection_is_described(survival: Endpoint, selection: str, word: str) -> None:
    settings = {**survival.summary["settings"], "selection": selection}
    assert word in text_of(replace(survival, summary={**survival.summary, "settings": settings}))


def test_a_metric_without_a_value_is_not_claimed(survival: Endpoint) -> None:
    table = survival.performance
    assert table is not None
    gone = table["metric"].isin(["uno_c", "ibs"])
    part = replace(survival, performance=table.assign(value=table["value"].mask(gone)))
    assert "Uno's C" in text_of(survival)
    assert "Uno's C" not in text_of(part)
    none = replace(survival, performance=table.assign(value=np.nan, low=np.nan))
    assert "No metric could be computed." in text_of(none)


def test_models_that_failed_are_told(survival: Endpoint) -> None:
    failures = [{"model": "radiomic", "repeat": 1, "fold": 2, "cause": "x"}]
    summary = {**survival.summary, "failures": failures, "raised_penalties": {"combined": 2}}
    text = text_of(replace(survival, summary=summary))
    assert "In 1 of 6 folds the radiomic model could not be fitted" in text
    assert "In 2 of 6 folds the combined model converged only after" in text


def test_a_summary_of_an_earlier_release_is_not_guessed(survival: Endpoint) -> None:
    summary = {name: value for name, value in survival.summary.items() if name != "software"}
    assert methods_section(replace(survival, summary=summary), {}, []) is None
    assert methods_section(Endpoint("os"), {}, []) is None


def test_the_package_is_cited_as_its_citation_file_says(survival: Endpoint) -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    text = text_of(survival)
    entry = next(line for line in text.splitlines() if citation["authors"][0]["name"] in line)
    assert f"{citation['title']}, version {survival.summary['software']['nbradiomics']}" in entry
    assert citation["license"] in entry
    entries = " ".join(work.entry for work in references._WORKS.values())
    assert all(f"doi:{work['doi']}" in entries for work in citation["references"])


def test_competing_events_are_told(competing: Endpoint) -> None:
    text = text_of(competing)
    for sentence in (
        "competing events (months, status) were analysed",
        "pairs of Cox regressions",
        "(Benichou and Gail 1990)",
        "never have the event (Wolbers et al. 2009)",
        "(Blanche et al. 2013)",
        "against 1 - cumulative incidence",
        "(Aalen and Johansen 1978)",
        "The cause-specific hazard ratios of the covariates, with Wald's",
        "(Grambsch and Therneau 1994)",
        "For the gain of the combined over the clinical model, the part of the features",
    ):
        assert sentence in text
    for word in ("Kaplan-Meier survival", "calibration slope", "exponential Greenwood", "(Breslow"):
        assert word not in text, word


def test_firths_method_has_no_penalty_of_its_own_strength(firth: Endpoint) -> None:
    text = text_of(firth)
    assert "by Firth's method (Heinze and Schemper 2001) with Breslow's ties" in text
    assert "lifelines" in text
    assert "firthmodels 0" in text
    for word in (
        "features had a penalty",
        "fixed ridge",
        "Efron's ties; survival",
        "hazard ratios of the cov",
    ):
        assert word not in text, word


def test_auto_names_its_grid_and_its_choices(chosen: Endpoint) -> None:
    text = text_of(chosen)
    assert "How features were selected was chosen among the training subjects of each fold" in text
    assert "by themselves (score test)" in text
    assert "Chosen for the radiomic model (folds): " in text
    assert "(Benjamini and Hochberg 1995)" in text


@pytest.mark.parametrize(
    ("method", "work"), [("random_forest", "Ishwaran"), ("gradient_boosting", "Ridgeway")]
)
def test_survival_trees_are_those_of_scikit_survival(survival: Endpoint, method: str, work: str) -> None:
    settings = {**survival.summary["settings"], "method": method}
    text = text_of(replace(survival, summary={**survival.summary, "settings": settings}))
    assert f"of scikit-survival (Pölsterl 2020) ({work}" in text
    assert "penalty" not in text.partition("**Coefficients")[0]


def with_region(endpoint: Endpoint, roi: str) -> Endpoint:
    rows = {**endpoint.summary["rows"], "roi": [roi]}
    return replace(endpoint, summary={**endpoint.summary, "rows": rows})


def test_regions_by_distance_are_told(survival: Endpoint) -> None:
    text = text_of(with_region(survival, "lesion-a/ring-3mm"))
    assert "The region lesion-a/ring-3mm contained the voxels outside the drawn region, at most 3 mm" in text
    assert "habitat" not in text
    assert "mm from its surface" not in text_of(with_region(survival, "tumour"))


def test_habitats_and_the_diffusion_they_are_from_are_told(survival: Endpoint) -> None:
    model = {"channels": ["ADC", ""], "method": "mixture", "errors": "deconvolved", "habitats": 2}
    fits = {name: {"fitted_on": ["a"], "applied_to": ["b"]} for name in ("fold-1", "fold-2")}
    fits["all"] = {"fitted_on": ["a", "b"], "applied_to": []}
    habitats = {
        "settings": {"clusters": "auto", "confidence": 0.7},
        "models": {"fold-1": model},
        "fits": fits,
    }
    adc = {"settings": {"noise_floor": True}, "b_values": ["0, 800"]}
    record = {"adc": adc, "habitats": habitats}
    text = text_of(with_region(survival, "habitat-1"), record)
    for told in (
        "b-values 0, 800 s/mm2",
        "Gudbjartsson and Patz 1995",
        "divided into 2 habitats by a Gaussian mixture of the values of ADC and the image",
        "Bovy et al. 2011",
        "chosen by silhouette",
        "cross-fitted in 2 folds",
        "a confidence of 70\xa0% or more",
    ):
        assert told in text
    assert "Gaussian mixture" not in text_of(with_region(survival, "tumour"), record)
    named = {"named": {"fitted_on": ["a", "b"], "applied_to": ["a", "b", "c"]}}
    model["method"], model["errors"] = "kmeans", "none"
    text = text_of(with_region(survival, "habitat-1"), {"habitats": {**habitats, "fits": named}})
    assert "by k-means of the values of ADC and the image; the number" in text
    assert "fitted on 2 subjects, on whom" in text
    assert "with a confidence of" not in text


@pytest.mark.parametrize(
    ("fits", "told"),
    [
        ({"named": {"fitted_on": ["a", "b"]}}, "fitted on images of 2 subjects"),
        ({"fold-1": {}, "fold-2": {}}, "cross-fitted in 2 folds"),
    ],
)
def test_the_preparation_of_images_is_told_with_its_references(
    survival: Endpoint, fits: dict[str, dict[str, list[str]]], told: str
) -> None:
    record = {"steps": ["n4_shrink=2", "ad", "nyul"], "settings": {}, "fits": fits}
    text = methods_section(survival, {"prepare": record}, [])
    assert text is not None
    assert "n4_shrink=2 + ad + nyul" in text
    assert told in text
    for work in ("Tustison et al. 2010", "Perona and Malik 1990", "Nyúl et al. 2000"):
        assert work in text
    assert "what was done to them before" not in text
    plain = methods_section(survival, {}, [])
    assert plain is not None
    assert "N4" not in plain
    assert "what was done to them before" in plain


def test_other_masks_are_described(tmp_path: Path) -> None:
    features, clinical = drawn({"A": 0.1, "B": 0.4, "auto": 0.3}, subjects=30)
    perturbed = features[features["reader"] == "A"].assign(variant="c1")
    asked = {"time": "months", "event": "dead", "reader": "A", "settings": NONE, "stable": FEATURES}
    result = evaluate_outcome(features, clinical, **asked)
    assert "Masks of other readers" not in text_of(written(result, tmp_path / "without"))
    compared = assessed(features, clinical, perturbed=perturbed, transfer=True, settings=NONE)
    text = " ".join(text_of(written(with_drawing(result, compared), tmp_path / "with")).split())
    assert "fitted to the masks of A, also predicted the held-out subjects with other masks" in text
    assert "those of B and auto and perturbed masks" in text
    assert (
        "In the 30 subjects with masks of all readers, models were fitted to the masks of each of A, B"
        in text
    )
    assert "Harrell's C from the same models with the masks that they were fitted to." in text  # no refits
    assert "Cancers 2022;14:1288" in text
