"""The IBSI's second chapter: every reference map and feature value of a filter within its tolerance."""

from __future__ import annotations

import numpy as np
import pytest

from nbradiomics.features.compliance.ibsi_filters import MAP_TESTS, compare_features, compare_map
from tests.support.paths import DATA

IBSI2 = DATA / "ibsi2"
pytestmark = pytest.mark.skipif(not IBSI2.is_dir(), reason="the IBSI's phantoms are not here")
_SLOW = {"4_a_2", "4_b_2", "9_a", "9_b_1", "10_b_1"}
TESTS = [pytest.param(test, marks=pytest.mark.slow) if test in _SLOW else test for test in MAP_TESTS]


@pytest.mark.parametrize("test", TESTS)
def test_every_voxel_is_within_one_percent_of_the_range_of_the_reference_map(test: str) -> None:
    found = compare_map(test, IBSI2)
    assert found["complies"], found
    assert found["within"] == 1.0


def test_every_reference_map_has_a_test() -> None:
    maps = {path.name.removesuffix("-ValidCRM.nii.gz") for path in (IBSI2 / "reference").glob("*.nii.gz")}
    assert maps == set(MAP_TESTS)


@pytest.mark.slow
@pytest.mark.parametrize("configuration", ["A", "B"])
def test_every_feature_of_the_ct_phantom_complies(configuration: str) -> None:
    table = compare_features(configuration, IBSI2)
    assert len(table) == 162
    # The study found no consensus for one value, which the table of references leaves empty.
    without = table["reference"].isna()
    assert list(table.loc[without, "filter_id"]) == (["8.B"] if configuration == "B" else [])
    failed = table[~without & ~table["complies"]]
    assert failed.empty, failed


def test_a_deviation_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: another sigma does not comply."""
    wrong = {**MAP_TESTS["2_a"].entry, "sigma": 3.2}
    monkeypatch.setitem(MAP_TESTS, "2_a", type(MAP_TESTS["2_a"])("impulse", wrong))
    found = compare_map("2_a", IBSI2)
    assert not found["complies"]
    assert 0 < found["within"] < 1
    assert np.isfinite(found["deviation"])
