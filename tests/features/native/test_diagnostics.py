"""Diagnostics are PyRadiomics' own, entry by entry."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from nbradiomics.features.diagnostics import diagnose_cohort, diagnostics
from nbradiomics.features.notes import listening
from tests.support.helpers import call, two_readers
from tests.support.native_cases import CASES


def theirs(case: Any, params: dict[str, Any]) -> dict[str, Any]:
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    with listening(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the load_module", DeprecationWarning)
        setting = {**params.get("setting", {}), "additionalInfo": True}
        found = RadiomicsFeatureExtractor({**params, "setting": setting}).execute(*case, label=1)
    return {name: value for name, value in found.items() if name.startswith("diagnostics_")}


@pytest.mark.parametrize(
    "setting",
    [
        {},
        {"resampledPixelSpacing": [1.1, 1.0, 2.0]},
        {"resegmentRange": [250, 350], "normalize": False},
        {"normalize": True, "resampledPixelSpacing": [1, 1, 1], "resegmentRange": [-2, 2]},
        {"preCrop": True},
    ],
    ids=lambda setting: "-".join(setting) or "default",
)
@pytest.mark.parametrize("case", ["anisotropic", "oblique"])
def test_every_entry(case: str, setting: dict[str, Any]) -> None:
    params = {"setting": setting, "imageType": {"Original": {}}, "featureClass": {"firstorder": ["Mean"]}}
    pair = CASES[case]()
    expected = theirs(pair, params)
    found = diagnostics(*pair, params=params)
    # Of the settings PyRadiomics lists more that say nothing: its defaults, and that it tells all this.
    settings = "diagnostics_Configuration_Settings"
    for name, value in found.pop(settings).items():
        assert expected[settings][name] == value, name
    expected.pop(settings)
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert np.array_equal(found[name], value), name


def test_a_region_that_is_refused_is_refused_here() -> None:
    with pytest.raises(InputError, match="too small"):
        diagnostics(*CASES["anisotropic"](), params={"setting": {"minimumROISize": 10**6}})


def test_a_cohort_has_a_row_per_mask_and_the_command_writes_it(tmp_path: Path) -> None:
    cohort = two_readers(tmp_path, 2)
    (tmp_path / "p.yaml").write_text("featureClass: {firstorder: [Mean]}\n")
    table, failures = diagnose_cohort(load_cohort(cohort), params=tmp_path / "p.yaml")
    assert failures == []
    assert len(table) == 4
    assert table["diagnostics_Mask-original_VoxelNum"].gt(0).all()
    asked = ("--params", tmp_path / "p.yaml", "--out", tmp_path / "f.csv", "--jobs", "1")
    assert call("extract", cohort, *asked, "--diagnostics", tmp_path / "d.csv") == 0
    written = pd.read_csv(tmp_path / "d.csv")
    assert list(written.columns) == list(table.columns)
    assert not any(name.startswith("diagnostics") for name in pd.read_csv(tmp_path / "f.csv").columns)
