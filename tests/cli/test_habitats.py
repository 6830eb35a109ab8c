"""The commands `adc` and `habitats`: their files, and what they refuse."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.execution.execution import Execution
from nbradiomics.features.maps import feature_maps
from nbradiomics.habitats.clusters import number
from nbradiomics.habitats.diffusion.schema import DIFFUSION
from nbradiomics.habitats.schema import HABITATS, TABLES
from nbradiomics.habitats.settings import HabitatSettings
from nbradiomics.images.io import read_image
from nbradiomics.workflows.feature_channels import add_feature_maps
from tests.support.habitat_phantoms import write_planted
from tests.support.helpers import call


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stability of the number of habitats is tested elsewhere, and takes most of the time."""
    monkeypatch.setattr(number, "RESAMPLES", 3)


def test_from_diffusion_images_to_habitats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write_planted(tmp_path, 4)
    adc, out = tmp_path / "c_adc.csv", tmp_path / "c_habitats.csv"
    assert call("adc", table, "--b-values", "0,400,1000", "--out", adc, "--jobs", 1) == 0
    assert set(pd.read_csv(adc)["channel"]) >= {"ADC", "ADC_error"}
    assert list(pd.read_csv(tmp_path / "c_adc.diffusion.csv")["b_values"]) == ["0, 400, 1000"] * 4
    (tmp_path / "fit.txt").write_text("s0\ns1\n")
    fit_on = ["--fit-on", f"@{tmp_path / 'fit.txt'}"]
    options = ["--channels", "ADC", "--clusters", "2", *fit_on, "--sample", "1000", "--jobs", 1]
    assert call("habitats", adc, *options, "--confidence", "0.8", "--out", out) == 0
    folder = tmp_path / "c_habitats_habitats"
    for schema in TABLES:
        assert len(schema.read(folder / schema.file))
    assert len(DIFFUSION.read(tmp_path / "c_adc.diffusion.csv")) == 4
    assert len(HABITATS.read(folder / "habitats.csv")) == 16
    assert len(pd.read_csv(folder / "habitat_features.csv")) == 8
    record = json.loads((tmp_path / "c_habitats.provenance.json").read_text())
    assert record["habitats"]["confidence"] == 0.8
    assert record["models"]["named"]["subjects"] == 2
    everyone = ["s0", "s1", "s2", "s3"]
    assert record["fits"] == {"named": {"fitted_on": ["s0", "s1"], "applied_to": everyone}}
    assert "Habitats fitted on 2 named subjects (column in_fit)" in capsys.readouterr().out
    again = tmp_path / "again.csv"
    model = folder / "model.json"
    assert call("habitats", adc, "--model", model, "--out", again, "--jobs", 1) == 0
    told = capsys.readouterr().out
    assert "Habitats of the given model." in told
    assert "up to 2 habitats; 0 failure(s)" in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--channels", "T2w", "--clusters", "many"], "a whole number from 2 to 12, or auto"),
        (["--channels", "T3w"], "no scan of"),
        (["--channels", "T2w", "--model", "none.json"], "cannot be read"),
        (["--channels", "T2w", "--fit-on", "s9"], "fit_on"),
        (["--channels", "T2w", "--fit-on", "s0,s1", "--fit-folds", "2"], "both given"),
        (["--channels", "T2w", "--method", "ward"], "ward"),
    ],
)
def test_wrong_requests_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    table = write_planted(tmp_path, 2)
    assert call("habitats", table, *options, "--out", tmp_path / "out.csv", "--jobs", 1) != 0
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out.csv").exists()


def test_a_mask_that_cannot_be_read_is_left_out_of_the_feature_maps(tmp_path: Path) -> None:
    frame = load_cohort(write_planted(tmp_path, 1)).to_frame()
    drawn = frame[frame["mask"] != ""]
    gone = drawn.iloc[[0]].assign(reader="C", mask=str(tmp_path / "gone.nii.gz"))
    params = tmp_path / "p.yaml"
    params.write_text("setting: {binWidth: 50}\nfeatureClass: {firstorder: }\n")
    made, failures = add_feature_maps(
        load_cohort(pd.concat([drawn, gone], ignore_index=True)),
        out=tmp_path / "maps",
        params=params,
        features=["original_firstorder_Mean"],
        label=1,
        execution=Execution(),
    )
    assert [failure.case.split("/")[-2:] for failure in failures] == [["C", "1"]]
    assert "original_firstorder_Mean" in set(made.table["channel"])


def test_feature_maps_are_channels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write_planted(tmp_path, 3)
    frame = pd.read_csv(table)
    frame = frame[frame["channel"].isin(["b0", "T2w"])].drop(columns="channel")
    first = frame[frame["mask"].notna()]
    first.assign(image=first["subject"] + "_t2w.nii.gz").to_csv(table, index=False)
    params = tmp_path / "p.yaml"
    params.write_text("setting: {binWidth: 50}\nfeatureClass: {firstorder: , shape: }\n")
    names = "original_firstorder_Mean,original_firstorder_Entropy"
    options = ["--fit-on", "s0,s1", "--sample", "1000", "--clusters", "2", "--jobs", 1]
    out = tmp_path / "out.csv"
    assert call("habitats", table, "--maps", names, "--params", params, *options, "--out", out) == 0
    assert len(load_cohort(out).cases()) == 6 * 3
    assert call("check", out) == 0
    tables = pd.read_csv(tmp_path / "out_habitats" / "habitats.csv")
    assert (tables["habitat"].value_counts() == 6).all()
    wide = tables.pivot(index=["subject", "reader"], columns="habitat", values=f"mean_{names.split(',')[0]}")
    assert (wide[2] - wide[1] > 30).all()
    image = sitk.ReadImage(str(tmp_path / "s0_t2w.nii.gz"))
    whole = feature_maps(image, sitk.ReadImage(str(tmp_path / "s0_A.nii.gz")), params=params)
    (made,) = (tmp_path / "out_habitats" / "maps").glob("s0_*Mean.nii.gz")
    found = read_image(made)  # SimpleITK itself reads 0 where there is no number
    assert found.GetSize() == image.GetSize()
    crop = whole["original_firstorder_Mean"]
    centre = crop.TransformPhysicalPointToIndex(image.TransformIndexToPhysicalPoint((12, 12, 4)))
    assert found[12, 12, 4] == pytest.approx(crop[centre], rel=1e-5)
    assert np.isnan(found[0, 0, 0])
    for wrong, said in (
        (["--maps", names], "belong together"),
        (["--maps", "original_glcm_Contrastt", "--params", params], "Contrastt"),
        (["--maps", "glcm", "--params", params], "not the name of a feature map"),
        (["--maps", names, "--params", _resampling(tmp_path)], "no feature map could be made"),
    ):
        assert call("habitats", table, *wrong, *options, "--out", tmp_path / "o.csv") != 0
        assert said in " ".join(capsys.readouterr().err.split())


def _resampling(folder: Path) -> Path:
    params = folder / "resampling.yaml"
    params.write_text("setting: {resampledPixelSpacing: [0.5, 0, 0]}\nfeatureClass: {firstorder: }\n")
    return params


def test_a_mask_without_maps_fails_once_and_the_others_are_divided(tmp_path: Path) -> None:
    frame = pd.read_csv(write_planted(tmp_path, 4)).query("channel == 'b0'").drop(columns="channel")
    table, params, out = tmp_path / "c.csv", tmp_path / "p.yaml", tmp_path / "out.csv"
    (tmp_path / "s3_A.nii.gz").write_bytes(b"no image")
    frame.to_csv(table, index=False)
    params.write_text("setting: {binWidth: 50}\nfeatureClass: {firstorder: }\n")
    options = ["--clusters", "2", "--fit-on", "s0,s1", "--sample", "500", "--jobs", 1]
    maps = ["--maps", "original_firstorder_Mean", "--params", params]
    assert call("habitats", table, *maps, *options, "--out", out) == 0
    failures = pd.read_csv(tmp_path / "out.failures.csv")
    assert list(failures["stage"]) == ["feature_channels"]
    features = pd.read_csv(tmp_path / "out_habitats" / "habitat_features.csv").set_index(
        ["subject", "reader"]
    )
    (failed,) = features.index[features["habitat-1_fraction"].isna()]
    assert failed == ("s3", "A")


def test_one_channel_needs_no_list() -> None:
    assert HabitatSettings(channels="ADC").channels == ("ADC",)  # type: ignore[arg-type]
    assert HabitatSettings().channels is None
