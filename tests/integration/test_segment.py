"""`nbradiomics segment` over a cohort: masks, table, failures, training images."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.images.io import read_image
from nbradiomics.segmentation.cohort import segment_cohort
from nbradiomics.synthetic import SCANNERS, make_case, make_cohort
from nbradiomics.synthetic.case import TRAINING_NAMESPACE, seed_of
from nbradiomics.workspace import Workspace
from tests.helpers import call, write_cohort


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two synthetic subjects, one image with a NaN, and one image that the model was trained on."""
    folder = tmp_path_factory.mktemp("cohort")
    table = pd.read_csv(make_cohort(folder, subjects=2))
    rows = [f"{row.subject},{row.image},{row.reader},{row.mask}" for row in table.itertuples()]
    broken = sitk.Cast(read_image(folder / "images" / "S001.nii.gz"), sitk.sitkFloat32)
    broken[3, 3, 3] = float("nan")
    sitk.WriteImage(broken, str(folder / "broken.nii.gz"))
    seen = make_case(seed_of(TRAINING_NAMESPACE, 0, 0), SCANNERS[0])
    sitk.WriteImage(seen.image, str(folder / "seen.nii.gz"))
    return write_cohort(folder, [*rows, "broken,broken.nii.gz,,", "seen,seen.nii.gz,,"])


def test_segment_writes_masks_and_a_cohort_with_the_model_as_reader(cohort: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "cohort2.csv"
    assert call("segment", cohort, "--model", "synthetic-demo", "--out", out) == 0
    again = load_cohort(out)
    assert again.readers() == ["A", "B", "C", "auto"]
    auto = {case.scan.subject: case for case in again.cases() if case.reader == "auto"}
    assert set(auto) == {"S001", "S002", "seen"}
    for case in auto.values():
        mask, image = read_image(case.masks[0].path), read_image(case.scan.image)
        assert mask.GetSize() == image.GetSize()
        assert mask.GetOrigin() == image.GetOrigin()
        assert set(np.unique(sitk.GetArrayFromImage(mask))) == {0, 1}
    failures = pd.read_csv(out.with_name("cohort2.failures.csv"))
    assert failures["case"].tolist() == ["broken/baseline/unspecified"]
    assert "1 of" in failures["cause"].iloc[0]
    table = pd.read_csv(out.with_name("cohort2.segmentation.csv")).set_index("subject")
    assert table["status"].fillna("").to_dict() == {"S001": "ok", "S002": "ok", "broken": "", "seen": "ok"}
    assert bool(table.loc["seen", "in_training"])
    assert not bool(table.loc["S001", "in_training"])


def test_the_model_cannot_be_added_twice(cohort: Path, tmp_path: Path) -> None:
    out = tmp_path / "cohort2.csv"
    assert call("segment", cohort, "--model", "synthetic-demo", "--out", out) == 0
    assert call("segment", out, "--model", "synthetic-demo", "--out", tmp_path / "cohort3.csv") == 1


def test_an_unknown_model_is_an_error_that_lists_the_bundled(
    cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("segment", cohort, "--model", "nowhere", "--out", tmp_path / "c.csv") == 1
    assert "synthetic-demo" in capsys.readouterr().err


def test_only_what_is_missing_is_segmented_again(
    cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbradiomics.segmentation import cohort as stage

    segmented: list[str] = []
    original = stage._segment_scan

    def spy(scan: object, *rest: object) -> object:
        segmented.append(scan.subject)
        return original(scan, *rest)

    monkeypatch.setattr(stage, "_segment_scan", spy)
    options = {"model": "synthetic-demo", "masks": tmp_path / "auto", "workspace": Workspace(tmp_path / "w")}
    first = segment_cohort(load_cohort(cohort), **options)
    assert segmented == ["S001", "S002", "broken", "seen"]
    (tmp_path / "auto" / "S002_baseline_unspecified.nii.gz").unlink()
    segmented.clear()
    second = segment_cohort(load_cohort(cohort), **options)
    assert segmented == ["S002", "broken"]
    pd.testing.assert_frame_equal(first.table, second.table)
