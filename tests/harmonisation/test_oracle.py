"""ComBat gives the values of neuroCombat 0.2.12 and sva 3.46.0 (`tests/support/combat_witness.py`)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbradiomics import ComBat
from tests.support.harmonisation_tables import feature_names

WITNESS = json.loads(
    (Path(__file__).parents[1] / "support" / "combat_witness.json").read_text(encoding="utf-8")
)
#: neuroCombat stops at a relative change of 1e-4, and overlooks changes of negative locations.
PUBLISHED_STOP = 1e-5


def table_of(entry: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(entry["table"])


def combat_of(entry: dict[str, Any]) -> ComBat:
    design = entry["design"]
    return ComBat(
        "site",
        covariates=[*design.get("continuous", []), *design.get("categorical", [])],
        eb=design.get("eb", True),
        parametric=design.get("parametric", True),
        mean_only=design.get("mean_only", False) and "neurocombat",
        reference_batch=design.get("ref_batch"),
        least_subjects=2,
    )


@pytest.mark.parametrize("name", WITNESS)
def test_values_are_those_of_neurocombat(name: str) -> None:
    entry = WITNESS[name]
    table = table_of(entry)
    features = feature_names(table)
    found = combat_of(entry).fit(table).transform(table)[features].to_numpy()
    deviation = table[features].std().to_numpy()
    assert np.abs((found - entry["converged"]) / deviation).max() < 1e-10
    assert np.abs((found - entry["harmonised"]) / deviation).max() < PUBLISHED_STOP
    if entry["sva"] is not None:
        assert np.abs((found - entry["sva"]) / deviation).max() < PUBLISHED_STOP


def test_witness_changed_the_values() -> None:
    for entry in WITNESS.values():
        table = table_of(entry)
        assert np.abs(table[feature_names(table)].to_numpy() - entry["converged"]).max() > 0.5


def test_shrinkage_with_missing_values_solves_the_published_equations() -> None:
    """Johnson's posterior equations, each feature with its own number of values."""
    table = table_of(WITNESS["two"])
    features = feature_names(table)
    random = np.random.default_rng(0)
    table[features] = table[features].mask(random.random((len(table), len(features))) < 0.15)
    combat = ComBat("site").fit(table)
    estimates = combat.stages_[0].fit
    sites = {name: table.loc[table["site"] == name, features] for name in "AB"}
    residuals = pd.concat([own - own.mean() for own in sites.values()])
    spread = np.sqrt((residuals**2).mean())
    for name, own in sites.items():
        standardised = (own - table[features].mean()) / spread
        n, g_hat, d_hat = standardised.count(), standardised.mean(), standardised.var()
        t2, m, s2 = g_hat.var(), d_hat.mean(), d_hat.var()
        a, b = (2 * s2 + m**2) / s2, (m * s2 + m**3) / s2
        g, d = map(np.asarray, estimates.adjustments[name])
        assert g == pytest.approx((n * t2 * g_hat + d * g_hat.mean()) / (n * t2 + d), rel=1e-7)
        squares = ((standardised - g) ** 2).sum()
        assert d == pytest.approx((b + squares / 2) / (a + n / 2 - 1), rel=1e-7)
        found = combat.transform(table).loc[own.index, features]
        expected = (standardised - g) / np.sqrt(d) * spread + table[features].mean()
        pd.testing.assert_frame_equal(found, expected, rtol=1e-7)


def test_mean_only_counts_the_subjects_as_the_formula_says() -> None:
    """Posterior mean of a normal location with a normal prior, each value of variance 1 (Johnson 2007)."""
    table = table_of(WITNESS["mean_only"])
    features = feature_names(table)
    combat = ComBat("site", mean_only=True, least_subjects=2)
    found = combat.fit_transform(table)[features].to_numpy()
    values, site = table[features].to_numpy(), table["site"].to_numpy()
    residuals = values - table[features].groupby(site).transform("mean").to_numpy()
    pooled = np.sqrt((residuals**2).mean(axis=0))
    standardised = (values - values.mean(axis=0)) / pooled
    for name in "ABC":
        own = standardised[site == name]
        prior, spread = own.mean(axis=0).mean(), own.mean(axis=0).var(ddof=1)
        posterior = (own.sum(axis=0) + prior / spread) / (len(own) + 1 / spread)
        assert found[site == name] == pytest.approx(values[site == name] - posterior * pooled, abs=1e-9)


def test_m_combat_is_combat_moved_to_the_reference() -> None:
    """Without covariates as Stein's: mean and standard deviation of the reference batch, for all batches."""
    entry = WITNESS["two"]
    table = table_of(entry)
    features = feature_names(table)
    plain = np.asarray(entry["converged"])
    values, site = table[features].to_numpy(), table["site"].to_numpy()
    means = {name: values[site == name].mean(axis=0) for name in "AB"}
    centre = values.mean(axis=0)
    residuals = values - np.array([means[name] for name in site])
    pooled = np.sqrt((residuals**2).mean(axis=0))
    goal = values[site == "A"]
    expected = (plain - centre) / pooled * goal.std(axis=0, ddof=1) + goal.mean(axis=0)
    combat = ComBat("site", reference_batch="A", m_combat=True)
    found = combat.fit_transform(table)[features].to_numpy()
    assert found == pytest.approx(expected, abs=1e-9)
    assert np.abs(found[site == "A"] - goal).max() > 0.01
    assert combat.report_["treatment"].tolist() == ["fitted", "fitted"]
