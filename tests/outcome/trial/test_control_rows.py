"""The rows of a control are those of the masks that the model uses, and nothing is assumed of others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.clinical import Endpoint
from nbradiomics.errors import InputError
from nbradiomics.outcome import OutcomeSettings, Predictors
from nbradiomics.outcome.evaluate import task_of
from nbradiomics.outcome.prepared import Prepared, prepare
from nbradiomics.outcome.trial.control_rows import control_of, read_controls
from nbradiomics.tables import RowsOfReader
from tests.support.trial_tables import trial_tables

SETTINGS = OutcomeSettings(folds=2)


def prepared(features: pd.DataFrame, clinical: pd.DataFrame) -> Prepared:
    return prepare(
        features,
        clinical,
        Endpoint(time="months", event="dead"),
        Predictors(),
        RowsOfReader(reader="A"),
        None,
        SETTINGS,
        folds=2,
    )


def read(features: pd.DataFrame, controls: pd.DataFrame, clinical: pd.DataFrame) -> dict[str, pd.DataFrame]:
    found = prepared(features, clinical)
    return read_controls(controls, found.chosen, found.data.radiomic)


def test_rows_of_other_readers_and_engines_are_not_used() -> None:
    features, controls, clinical = trial_tables(0)
    other = controls.assign(reader="B", original_glcm_T0=0.0)
    alien = controls.assign(engine="pyradiomics", original_glcm_T0=0.0)
    found = read(features, pd.concat([other, alien, controls], ignore_index=True), clinical)
    assert list(found) == ["shuffled"]
    expected = controls.set_index("subject")["original_glcm_T0"]
    pd.testing.assert_series_equal(found["shuffled"]["original_glcm_T0"], expected)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop(columns="variant"), "no column variant"),
        (lambda table: table.assign(variant="noise-1"), "has a variant control-NAME"),
        (
            lambda table: table.drop(columns="original_glcm_T0"),
            "lacks 1 feature of the model: original_glcm_T0",
        ),
        (lambda table: table.assign(reader="B"), "the column reader is B, and that of the model A"),
        (lambda table: table.assign(engine="pyradiomics"), "the column engine is pyradiomics"),
        (lambda table: table.assign(subject="x" + table["subject"]), "the column subject is"),
        (lambda table: pd.concat([table, table.head(1)]), "several rows of the subject s000"),
    ],
)
def test_a_table_that_is_not_that_of_these_masks_is_refused(change, said: str) -> None:
    features, controls, clinical = trial_tables(0)
    with pytest.raises(InputError, match=said):
        read(features, change(controls), clinical)


def test_a_subject_without_its_control_leaves_this_comparison_alone() -> None:
    features, controls, clinical = trial_tables(0)
    names = [name for name in controls if name.startswith("original_")]
    controls.loc[:4, names] = np.nan  # failures are rows of missing values
    found = prepared(features, clinical)
    values = read_controls(controls, found.chosen, found.data.radiomic)["shuffled"]
    control = control_of(found.data, values, SETTINGS, task_of(found.data))
    assert control.data is not None
    assert control.changed is not None
    assert control.data.subjects == control.changed.subjects == found.data.subjects[5:]
    np.testing.assert_array_equal(control.data.y, control.changed.y)
    assert control.note == "without 5 subjects who lack it"
    assert control.changed.frame["original_glcm_T0"].notna().all()


def test_a_control_of_too_few_subjects_is_left_out_and_says_so() -> None:
    features, controls, clinical = trial_tables(0)
    found = prepared(features, clinical)
    values = read_controls(controls.head(60), found.chosen, found.data.radiomic)["shuffled"]
    control = control_of(found.data, values, SETTINGS, task_of(found.data))
    assert control.data is None
    assert control.note == "left out: only 60 of 80 subjects have this control"


def test_a_control_that_changes_no_feature_is_none() -> None:
    features, controls, clinical = trial_tables(0)
    shapes = [name for name in features if "glcm" not in name]
    found = prepared(features[shapes], clinical)
    values = read_controls(controls[shapes], found.chosen, found.data.radiomic)["shuffled"]
    assert "changes none of them" in control_of(found.data, values, SETTINGS, task_of(found.data)).note


def test_a_control_that_differs_by_rounding_alone_is_none() -> None:
    features, controls, clinical = trial_tables(0)
    names = [name for name in features if name.startswith("original_")]
    controls[names] = features[names] * (1 + 1e-14)
    found = prepared(features, clinical)
    values = read_controls(controls, found.chosen, found.data.radiomic)["shuffled"]
    assert "changes none of them" in control_of(found.data, values, SETTINGS, task_of(found.data)).note


def test_a_control_that_changes_few_features_says_how_many() -> None:
    features, controls, clinical = trial_tables(0)
    kept = [name for name in features if name.startswith("original_") and name != "original_glcm_T1"]
    controls[kept] = features[kept]
    found = prepared(features, clinical)
    values = read_controls(controls, found.chosen, found.data.radiomic)["shuffled"]
    control = control_of(found.data, values, SETTINGS, task_of(found.data))
    assert control.changed is not None
    assert control.note == f"it changes 1 of {len(kept) + 1} features"


def test_a_feature_that_the_control_never_has_is_named() -> None:
    features, controls, clinical = trial_tables(0)
    found = prepared(features, clinical)
    controls["original_firstorder_Mean"] = np.nan
    values = read_controls(controls, found.chosen, found.data.radiomic)["shuffled"]
    control = control_of(found.data, values, SETTINGS, task_of(found.data))
    assert control.note == "1 feature of it has no value: original_firstorder_Mean"
