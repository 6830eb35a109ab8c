"""A real p > n problem: 100 lower-grade gliomas, 361 features, 27 deaths, missing values."""

from __future__ import annotations

import numpy as np
import pytest

from nbradiomics.outcome import OutcomeSettings, evaluate_outcome
from nbradiomics.tables import read_table

COVARIATES = ["age_years", "idh_mutant", "grade"]

pytestmark = [pytest.mark.realdata, pytest.mark.slow]


@pytest.fixture(scope="module")
def lgg(real_data):
    folder = real_data / "lgg"
    return read_table(folder / "features_t2_flair.csv"), read_table(folder / "clinical.csv")


def test_overall_survival_end_to_end(lgg):
    features, clinical = lgg
    result = evaluate_outcome(
        features,
        clinical,
        time="os_days",
        event="os_event",
        covariates=COVARIATES,
        settings=OutcomeSettings(repeats=2, refits=0),
    )
    c = result.performance.query("metric == 'harrell_c'").set_index("model")
    # Age, IDH and grade are known to be prognostic in these tumours.
    assert 0.65 < c.loc["clinical", "value"] < 0.95
    assert c.loc["clinical", "low"] > 0.6
    assert 0.4 < c.loc["radiomic", "value"] < 0.8
    assert (c["low"] < c["value"]).all()
    assert (c["value"] < c["high"]).all()
    assert result.predictions["risk"].notna().all()
    assert (result.summary["subjects"], result.summary["events"]) == (100, 27)
    assert result.summary["missing_values"] == 0  # three features have no value at all, and are left out
    weights = result.selection.query("model == 'clinical'").set_index("feature")["coefficient"]
    assert weights["age_years"] > 0
    assert weights["idh_mutant"] < 0
    assert weights["grade=G3"] > 0


def test_subjects_without_an_endpoint_are_listed(lgg):
    features, clinical = lgg
    result = evaluate_outcome(
        features,
        clinical,
        time="pfs_days",
        event="pfs_event",
        settings=OutcomeSettings(folds=2, repeats=1, bootstraps=0),
    )
    missing = clinical.loc[clinical["pfs_days"].isna() | clinical["pfs_event"].isna(), "subject"]
    assert len(missing) == 8
    assert result.flow["subject"].tolist() == sorted(missing)
    assert set(result.flow["reason"]) == {"pfs_days is missing; pfs_event is missing"}
    assert not np.isin(missing, result.predictions["subject"]).any()
