"""`--json` prints what a command shows, as one JSON object and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.helpers import call, two_readers, write_cohort

PARAMS = "featureClass: {firstorder: [Mean, Range]}\n"


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: object, code: int = 0) -> dict[str, Any]:
        capsys.readouterr()
        assert call(*arguments, "--json") == code
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return run


def test_the_problems_of_a_cohort(tmp_path: Path, printed: Any) -> None:
    cohort = two_readers(tmp_path)
    found = printed("check", cohort)
    assert (found["problems"], found["errors"]) == ([], 0)
    assert found["found"][0] == "Found: 3 subjects, 3 scans, 3 images."
    write_cohort(tmp_path, ["s0,gone.nii.gz,A,s0_A.nii.gz"])
    found = printed("check", cohort, code=1)
    assert found["problems"][0]["severity"] == "error"
    assert set(found["problems"][0]) == {"file", "row", "column", "severity", "problem", "remedy"}


def test_models_and_parts(printed: Any) -> None:
    bundled = {"name": "synthetic-demo", "origin": "bundled", "state": "sound"}
    assert bundled in printed("model", "list")["models"]
    assert printed("model", "check", "synthetic-demo")["facts"]
    assert "PyRadiomics" in [part["name"] for part in printed("doctor")["parts"]]


@pytest.mark.slow
def test_features_of_both_engines_and_maps(tmp_path: Path, printed: Any) -> None:
    two_readers(tmp_path, 1)
    (tmp_path / "params.yaml").write_text(PARAMS)
    files = (tmp_path / "s0.nii.gz", tmp_path / "s0_A.nii.gz", "--params", tmp_path / "params.yaml")
    found = printed("verify", *files)
    assert found["same"] is True
    assert len(found["features"]) == 2
    assert len(printed("maps", *files, "--out", tmp_path / "maps")["maps"]) == 2


def test_missing_values_are_null(tmp_path: Path, printed: Any) -> None:
    rows = [
        {"subject": f"s{number}", "reader": reader, "original_firstorder_Mean": float(number), "flat": 1.0}
        for number in range(12)
        for reader in "AB"
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "features.csv", index=False)
    asked = ("--readers", "A,B", "--features", "flat,original*", "--out", tmp_path / "stable.csv")
    found = printed("reproducibility", tmp_path / "features.csv", *asked)
    values = {row["feature"]: row["icc"] for row in found["features"]}
    assert values["flat"] is None
    assert values["original_firstorder_Mean"] == 1
    assert any("stable" in sentence for sentence in found["sentences"])
