"""How often a feature stays stable: the rate of new studies, seeds, undefined features."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.errors import InputError
from nbradiomics.reproducibility import StabilitySettings, assess_reproducibility, icc
from nbradiomics.reproducibility.resampling import stays

SETTINGS = StabilitySettings(resamples=100)


def study(rng, iccs, subjects=50, readers=3):
    spread = np.sqrt(iccs / (1 - iccs))[:, np.newaxis, np.newaxis]
    noise = rng.normal(size=(len(iccs), subjects, readers))
    return rng.normal(size=(len(iccs), subjects, 1)) * spread + noise


def test_a_share_is_the_rate_of_new_studies():
    rng = np.random.default_rng(1)
    iccs = rng.uniform(0.5, 0.99, 600)
    truth = np.mean([icc(study(rng, iccs)).low >= 0.75 for _ in range(40)], axis=0)
    share = stays(study(rng, iccs), "A,1", SETTINGS)
    between = (share > 0.4) & (share < 0.8)
    assert share.mean() == pytest.approx(truth.mean(), abs=0.02)
    assert share[between].mean() == pytest.approx(truth[between].mean(), abs=0.1)
    assert truth[share >= 0.95].mean() > 0.95
    assert truth[share <= 0.05].mean() < 0.05


def test_samples_are_seeded_and_the_same_for_all_features():
    ratings = study(np.random.default_rng(2), np.full(6, 0.87))
    once = stays(ratings, "A,1", SETTINGS, seed=3)
    assert (stays(ratings, "A,1", SETTINGS, seed=3) == once).all()
    assert (stays(ratings[2:4], "A,1", SETTINGS, seed=3) == once[2:4]).all()
    assert (stays(ratings, "A,1", SETTINGS, seed=4) != once).any()
    assert (
        stays(np.repeat(ratings[:1], 3, axis=0), "1", SETTINGS) == stays(ratings[:1], "1", SETTINGS)
    ).all()


@pytest.mark.parametrize("form", ["1", "A,1", "C,1"])
def test_what_is_undefined_or_rarely_measured_never_stays(form):
    ratings = study(np.random.default_rng(3), np.full(4, 0.99), subjects=30)
    ratings[0] = 5
    ratings[1, 4:] = np.nan
    ratings[2] = np.nan
    assert stays(ratings, form, SETTINGS).tolist() == [0, 0, 0, 1]


def test_the_table_has_the_column_on_request():
    values = study(np.random.default_rng(4), np.array([0.95, 0.3]), subjects=20, readers=2)
    table = pd.DataFrame(values.reshape(2, -1).T, columns=["f0", "f1"])
    table["subject"] = np.repeat([f"P{place}" for place in range(20)], 2)
    table["reader"] = ["A", "B"] * 20
    assert "stays" not in assess_reproducibility(table)
    found = assess_reproducibility(table, resamples=50, seed=1)
    assert found["stays"][0] > 0.5 > found["stays"][1]
    with pytest.raises(InputError, match="0 or at least 50"):
        assess_reproducibility(table, resamples=10)
