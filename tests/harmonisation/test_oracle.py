"""ComBat gives the values of neuroCombat 0.2.12 (`tests/support/combat_witness.py` made them)."""

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
        mean_only=design.get("mean_only", False),
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


def test_witness_changed_the_values() -> None:
    for entry in WITNESS.values():
        table = table_of(entry)
        assert np.abs(table[feature_names(table)].to_numpy() - entry["converged"]).max() > 0.5


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
