"""Pictures and slices on the command line: what is converted, measured and refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from PIL import Image

from nbradiomics.features import extract_features
from tests.support.helpers import call

Y, X = np.mgrid[:30, :40]
DISC = ((Y - 15) / 8) ** 2 + ((X - 20) / 10) ** 2 < 1
GREY = np.random.default_rng(0).integers(10, 240, (30, 40)).astype(np.uint8)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    Image.fromarray(GREY).save(tmp_path / "a.png")
    Image.fromarray((DISC * 255).astype(np.uint8)).save(tmp_path / "m.png")
    table = pd.DataFrame({"subject": ["a"], "image": ["a.png"], "reader": ["A"], "mask": ["m.png"]})
    table.to_csv(tmp_path / "pictures.csv", index=False)
    return tmp_path / "pictures.csv"


def test_from_a_picture_to_a_feature_table(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = pictures.parent
    assert call("extract", pictures, "--params", "image_2d", "--out", folder / "f.csv", "--jobs", 1) == 1
    assert "ingest-pictures" in " ".join(capsys.readouterr().out.split())
    assert call("ingest-pictures", pictures, "--out", folder / "data", "--jobs", 1) == 1
    assert "does not state its pixel size" in " ".join(capsys.readouterr().out.split())
    asked = ["--out", folder / "data", "--pixel-spacing", "0.1x0.2", "--replace", "--jobs", 1]
    assert call("ingest-pictures", pictures, *asked) == 0
    assert "value 255 became label 1" in " ".join(capsys.readouterr().out.split())
    names = {path.name for path in (folder / "data").iterdir()}
    assert names >= {"cohort.csv", "pictures.csv", "images", "masks", "cohort.provenance.json"}
    cohort = folder / "data" / "cohort.csv"
    assert call("check", cohort, "--params", "image_2d") == 0
    assert call("extract", cohort, "--params", "image_2d", "--out", folder / "f.csv", "--jobs", 1) == 0
    found = pd.read_csv(folder / "f.csv").iloc[0]
    image, mask = (sitk.JoinSeries(sitk.GetImageFromArray(one.astype(np.uint8))) for one in (GREY, DISC))
    for one in (image, mask):
        one.SetSpacing((0.1, 0.2, 1.0))
    expected = extract_features(image, mask, params="image_2d", engine="pyradiomics")
    assert not expected.isna().any()
    # NIfTI stores the pixel size in single precision.
    assert np.allclose(found[list(expected.index)].astype(float), expected, rtol=1e-6)
    assert found["original_shape2D_PixelSurface"] == pytest.approx(DISC.sum() * 0.1 * 0.2)


@pytest.mark.parametrize(
    ("option", "value"),
    [("--pixel-spacing", "wide"), ("--rgb", "grey"), ("--slice-spacing", 0), ("--mask-threshold", -1)],
)
def test_values_that_cannot_be_are_refused(option: str, value: object, pictures: Path) -> None:
    assert call("ingest-pictures", pictures, "--out", pictures.parent / "data", option, value) == 1
    assert not (pictures.parent / "data").exists()


def test_regions_in_one_slice_are_told(pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = pictures.parent
    assert call("ingest-pictures", pictures, "--out", folder / "d", "--pixel-spacing", 1, "--jobs", 1) == 0
    (folder / "p.yaml").write_text(
        "setting: {force2D: true, binWidth: 20}\nimageType: {Original: {}, LoG: {sigma: [1]}}\n"
        "featureClass: {shape: , firstorder: [Mean]}\n"
    )
    out = folder / "f.csv"
    assert (
        call("extract", folder / "d/cohort.csv", "--params", folder / "p.yaml", "--out", out, "--jobs", 1)
        == 0
    )
    told = capsys.readouterr()
    text = " ".join((told.out + told.err).split())
    assert "1 of 1 regions lie in one slice" in text
    assert "LoG is a filter of three dimensions" in text


def test_slices_are_extracted_and_refused_as_regions(
    pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = pictures.parent
    assert call("ingest-pictures", pictures, "--out", folder / "d", "--pixel-spacing", 1, "--jobs", 1) == 0
    cohort, out = folder / "d/cohort.csv", folder / "s.csv"
    asked = ["extract", cohort, "--params", "image_2d", "--out", out, "--jobs", 1]
    assert call(*asked, "--per-slice", "each") == 0
    assert pd.read_csv(out)["slice"].tolist() == [0]
    assert call("variance", out, "--out", folder / "v.csv") == 1
    assert "has a row for each slice" in " ".join(capsys.readouterr().err.split())
    assert call(*asked, "--min-slice-voxels", 20) == 1
    assert call(*asked, "--per-slice", "each", "--perturb", "V") == 1
    assert call(*asked, "--per-slice", "some") == 1
