"""`verify`: both engines on the same region, and what it says when they differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.features.compliance.verify import compare_values, verify
from nbradiomics.features.engines import native_engine as engine, pyradiomics_engine
from nbradiomics.features.engines.extraction import Extraction
from tests.support.helpers import ball, call, write_scan

PARAMS = "featureClass: {firstorder: [Mean, Range], glcm: [Contrast, MCC], shape: [MeshVolume]}\n"


@pytest.fixture
def scan(tmp_path: Path) -> list[Path]:
    files = write_scan(tmp_path, "s", {"A": ball(), "one": ball() * 0})
    (tmp_path / "params.yaml").write_text(PARAMS)
    return [tmp_path / files["image"], tmp_path / files["A"], tmp_path / "params.yaml"]


def test_the_engines_agree_and_the_table_says_so(
    scan: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, mask, params = scan
    assert call("verify", image, mask, "--params", params, "--out", tmp_path / "v.csv") == 0
    said = capsys.readouterr().out
    assert "5 features, 0 of them different" in said
    table = pd.read_csv(tmp_path / "v.csv")
    assert table["same"].all()
    assert (table["difference"] <= table["allowed"]).all()
    assert table["native"].notna().all()


def test_times_are_of_a_second_run_of_each_engine(
    scan: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs: list[str] = []
    for module in (engine, pyradiomics_engine):

        def counted(
            *arguments: object, right: Callable[..., Extraction] = module.compute, name: str = module.NAME
        ) -> Extraction:
            runs.append(name)
            return right(*arguments)

        monkeypatch.setattr(module, "compute", counted)
    image, mask, params = scan
    found = verify(image, mask, params=params)
    assert sorted(runs) == ["native", "native", "pyradiomics", "pyradiomics"]
    assert set(found.seconds) == {"native", "pyradiomics"}
    assert call("verify", image, mask, "--params", params) == 0
    assert "Time of the second run (the first run loads and compiles the code)" in capsys.readouterr().out


def test_the_label_that_is_asked_for_wins_over_the_file_s(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = ball(radius=2, shift=-4) + 2 * ball(radius=2.5, shift=3)
    image, mask = write_scan(tmp_path, "s", {"A": both}).values()
    (tmp_path / "p.yaml").write_text("setting: {label: 1}\nfeatureClass: {shape: [VoxelVolume]}\n")
    asked = ["verify", tmp_path / image, tmp_path / mask, "--params", tmp_path / "p.yaml"]
    volumes = {}
    for label in (None, "2", "1,2", "all"):
        out = tmp_path / "v.csv"
        assert call(*asked, "--out", out, *(["--label", label] if label else [])) == 0
        volumes[label] = pd.read_csv(out).set_index("feature").loc["original_shape_VoxelVolume", "native"]
        said = " ".join(capsys.readouterr().err.split())
        assert ("overrides label 1" in said) == (label is not None)
        assert ("labels that are not read" in said) == (label in (None, "2"))
    assert volumes[None] == (both == 1).sum()
    assert volumes["2"] == (both == 2).sum()
    assert volumes["1,2"] == volumes["all"] == (both > 0).sum()


def test_a_value_that_differs_is_named_and_the_exit_code_tells(
    scan: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = engine.compute

    def wrong(*arguments: object) -> Extraction:
        found = right(*arguments)
        return Extraction({**found.values, "original_glcm_Contrast": 1.0}, found.notes)

    monkeypatch.setattr(engine, "compute", wrong)
    image, mask, params = scan
    assert call("verify", image, mask, "--params", params) == 1
    assert "Different: original_glcm_Contrast" in capsys.readouterr().out


def test_a_region_that_both_refuse_alike_is_the_same(
    scan: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, mask, params = scan
    params.write_text("setting: {minimumROISize: 100000}\n")
    assert call("verify", image, mask, "--params", params) == 0
    assert capsys.readouterr().out.count("refuses the region") == 2


def test_values_are_compared_by_what_is_allowed() -> None:
    theirs = {"original_a_B": 2.0, "original_c_D": np.nan, "original_e_F": 1.0, "original_glcm_MCC": 0.5}
    mine = {"original_a_B": 2.0 + 1e-8, "original_c_D": np.nan, "original_glcm_MCC": 0.5 + 1e-8}
    table = compare_values(mine, theirs).set_index("feature")
    assert table["same"].to_dict() == {
        "original_a_B": False,  # 5e-9 of it
        "original_c_D": True,
        "original_e_F": False,
        "original_glcm_MCC": True,
    }
    assert not compare_values({"x_y_Z": 1.0}, {})["same"].any()
