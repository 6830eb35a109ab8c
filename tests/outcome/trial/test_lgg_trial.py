"""The trial of a real table without images: 100 lower-grade gliomas."""

from __future__ import annotations

import numpy as np
import pytest

from nbradiomics.outcome import OutcomeSettings, evaluate_outcome, try_outcome
from nbradiomics.tables import read_table

pytestmark = [pytest.mark.realdata, pytest.mark.slow]
VOLUME, AREA = "t2f_morph_radVar1", "t2f_morph_radVar3"


@pytest.fixture(scope="module")
def lgg(real_data):
    folder = real_data / "lgg"
    return read_table(folder / "features_t2_flair.csv"), read_table(folder / "clinical.csv")


def test_the_column_that_is_called_the_volume_is_the_volume(lgg):
    """The table names no feature: that this one is the volume follows from what others are made of it."""
    features, _ = lgg
    volume, area = features[VOLUME], features[AREA]
    sphericity = (36 * np.pi * volume**2) ** (1 / 3) / area
    np.testing.assert_allclose(area / volume, features["t2f_morph_radVar4"], rtol=1e-6)
    np.testing.assert_allclose(sphericity, features["t2f_morph_radVar8"], rtol=1e-6)


def test_features_alone_are_tried_against_volume_shape_and_permuted_outcomes(lgg):
    features, clinical = lgg
    features = features.rename(columns={VOLUME: "t2f_morph_original_shape_MeshVolume"})
    settings = OutcomeSettings(repeats=1, refits=0, bootstraps=0, penalizer=0.1, l1_ratio=0.0)
    endpoint = {"time": "os_days", "event": "os_event", "feature_names": ["t2f_*"]}
    tried = try_outcome(evaluate_outcome(features, clinical, settings=settings, **endpoint))
    table = tried.trial.set_index("features")
    assert list(table.index) == ["real", "volume", "shape", "permuted outcome"]
    assert (table["subjects"] == 100).all()
    assert table["value"].between(0.35, 0.75).all()
    assert abs(tried.summary["trial"]["permuted_mean"] - 0.5) < 5 * tried.summary["trial"]["permuted_error"]
    assert tried.summary["trial"]["verdict"].startswith("No verdict")
