"""Which features are stable is decided by the readers' ratings of the real features, in controls too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from nbradiomics.clinical import Endpoint
from nbradiomics.outcome import OutcomeSettings, Predictors
from nbradiomics.outcome.evaluate import task_of
from nbradiomics.outcome.models import build_columns
from nbradiomics.outcome.prepared import prepare
from nbradiomics.outcome.stored import digest_of
from nbradiomics.outcome.trial.control_rows import control_of, read_controls
from nbradiomics.tables import RowsOfReader
from tests.support.trial_tables import trial_tables

SETTINGS = OutcomeSettings(folds=2, min_subjects=10, correlation=1.0)


def two_readers() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """T0 differs between the readers; the control has other site effects than the real features."""
    features, controls, clinical = trial_tables(0)
    rng = np.random.default_rng(1)
    second = features.assign(reader="B")
    second["original_glcm_T0"] = rng.normal(size=len(second))
    clinical["site"] = np.where(np.arange(len(clinical)) % 2, "north", "south")
    controls["original_glcm_T1"] += 50 * (clinical["site"] == "north")
    return pd.concat([features, second], ignore_index=True), controls, clinical


def kept(predictors: Predictors) -> tuple[set[str], set[str]]:
    """Features that stay in the model of the real features and in that of the control."""
    features, controls, clinical = two_readers()
    endpoint, of_reader = Endpoint(time="months", event="dead"), RowsOfReader(reader="A")
    found = prepare(features, clinical, endpoint, predictors, of_reader, None, SETTINGS, folds=2)
    values = read_controls(controls, found.chosen, found.data.radiomic)["shuffled"]
    control = control_of(found.data, values, SETTINGS, task_of(found.data))
    assert control.changed is not None
    assert digest_of(control.changed) != digest_of(found.data)
    names = []
    for data in (found.data, control.changed):
        columns = build_columns(["radiomic"], data, SETTINGS).fit_transform(data.frame, data.y)
        names.append({str(name).partition("__")[2] for name in columns})
    if control.changed.harmonisation is not None:
        # Results that are stored for one are not those of the other.
        own = replace(control.changed, harmonisation=replace(control.changed.harmonisation, rated=None))
        assert digest_of(own) != digest_of(control.changed)
    return names[0], names[1]


def test_without_a_harmonisation() -> None:
    real, control = kept(Predictors())
    assert real == control
    assert "original_glcm_T0" not in real
    assert "original_glcm_T1" in real


def test_with_a_harmonisation_the_ratings_are_harmonised_as_the_real_features() -> None:
    real, control = kept(Predictors(harmonise={"batch": ["site"]}))
    assert real == control
    assert "original_glcm_T0" not in real
