"""What an evaluation refuses, and what becomes of folds that fail."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import AmbiguousError, InputError, NbradiomicsError
from nbradiomics.outcome import (
    NotConvergedError,
    evaluate_outcome,
    fitting as fitting_module,
    write_outcome,
)
from nbradiomics.outcome.cox import PenalisedCox
from tests.support.outcome_tables import ENDPOINT, c_of, make_cohort


def test_several_rows_of_a_subject_are_ambiguous():
    table, clinical = make_cohort(readers=("anna", "ben"))
    with pytest.raises(AmbiguousError, match="several values of reader: anna, ben"):
        evaluate_outcome(table, clinical, **ENDPOINT)
    with pytest.raises(AmbiguousError, match="60 subjects have several rows"):
        evaluate_outcome(table.drop(columns="reader"), clinical, **ENDPOINT)


@pytest.mark.parametrize("name", ["months", "dead", "Dead"])
def test_an_outcome_among_the_features_is_refused(name):
    table, clinical = make_cohort()
    with pytest.raises(InputError, match=f"contains the outcome itself: {name}"):
        evaluate_outcome(table.assign(**{name: 1.0}), clinical, **ENDPOINT)


def test_a_clinical_column_among_the_features_is_refused():
    table, clinical = make_cohort()
    with pytest.raises(InputError, match="both the feature table and the clinical table: age"):
        evaluate_outcome(table.assign(age=1.0), clinical, **ENDPOINT)


def test_tables_that_cannot_be_used_are_refused():
    table, clinical = make_cohort()
    with pytest.raises(InputError, match="no column 'subject'"):
        evaluate_outcome(table.drop(columns="subject"), clinical, **ENDPOINT)
    with pytest.raises(InputError, match="no numeric feature"):
        evaluate_outcome(table[["subject"]].assign(diagnostics_x=1.0), clinical, **ENDPOINT)
    with pytest.raises(InputError, match="second row"):
        evaluate_outcome(table, pd.concat([clinical, clinical[:1]]), **ENDPOINT)
    with pytest.raises(InputError, match="covariate 'empty' is missing in all 60"):
        evaluate_outcome(table, clinical.assign(empty=np.nan), **ENDPOINT, covariates=["empty"])
    with pytest.raises(InputError, match="a list was expected"):
        evaluate_outcome(table, clinical, **ENDPOINT, stable="f0")
    with pytest.raises(InputError, match="Give one of the two"):
        evaluate_outcome(table, clinical, **ENDPOINT, stable=["f0"], stability_readers=["a", "b"])


def test_too_few_subjects_or_events_say_why():
    table, clinical = make_cohort()
    with pytest.raises(InputError, match=r"60 subjects with 5 events .* 3 folds need .* 6 events"):
        evaluate_outcome(table, clinical.assign(dead=[1] * 5 + [0] * 55), **ENDPOINT)
    with pytest.raises(InputError, match=r"0 subjects .*60 x no row of features.*names are the same"):
        evaluate_outcome(table, clinical.assign(subject=[f"q{k}" for k in range(60)]), **ENDPOINT)


def test_a_cohort_without_censoring_and_a_rare_level_are_fine():
    table, clinical = make_cohort()
    clinical["dead"] = 1
    clinical["stage"] = ["rare", *["I", "IV"] * 29, "I"]
    result = evaluate_outcome(table, clinical, covariates=["stage"], **ENDPOINT)
    assert result.predictions["risk"].notna().all()


def test_a_fold_that_fails_is_a_failure(monkeypatch):
    fit, calls = PenalisedCox.fit, []

    def failing(self, X, y, groups=None):
        calls.append(len(X))
        if len(calls) == 2:
            raise NotConvergedError("the Cox model did not converge")
        return fit(self, X, y, groups)

    monkeypatch.setattr(PenalisedCox, "fit", failing)
    result = evaluate_outcome(*make_cohort(), **ENDPOINT)
    assert result.summary["failures"] == [
        {"model": "radiomic", "repeat": 1, "fold": 2, "cause": "the Cox model did not converge"}
    ]
    failed = result.predictions.query("repeat == 1 and fold == 2")
    assert failed["risk"].isna().all()
    assert failed["group"].isna().all()
    assert result.predictions["risk"].isna().sum() == len(failed)
    assert any(
        "In 1 of 6 folds the radiomic model could not be fitted" in t for t in result.summary["sentences"]
    )
    assert 0.6 < c_of(result, "radiomic") < 0.95


def test_when_every_fold_fails_there_is_no_figure(monkeypatch, tmp_path):
    def failing(self, X, y, groups=None):
        raise NotConvergedError("the Cox model did not converge")

    monkeypatch.setattr(PenalisedCox, "fit", failing)
    result = evaluate_outcome(*make_cohort(), **ENDPOINT)
    assert np.isnan(c_of(result, "radiomic"))
    assert any("has no harrell_c" in text for text in result.summary["sentences"])
    write_outcome(result, tmp_path)


def test_any_other_error_stops_the_analysis(monkeypatch):
    def broken(*args):
        raise RuntimeError("boom")

    monkeypatch.setattr(fitting_module, "build_columns", broken)
    with pytest.raises(NbradiomicsError, match="stopped in repeat 1: RuntimeError: boom"):
        evaluate_outcome(*make_cohort(), **ENDPOINT)
