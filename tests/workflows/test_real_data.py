"""25 real tumours, from their files to a stable set of features.

No public set holds several experts' masks of these tumours. Two readers beside the expert are simulated: the
expert's contour, moved by a stated bias and a smooth random error with a fixed seed.
"""

import csv
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

import nbradiomics
from nbradiomics.features.compliance.verify import compare_values
from nbradiomics.images.io import write_image
from nbradiomics.synthetic import Reader, draw_contour
from nbradiomics.tables import feature_columns

#: Bias outwards and standard deviation of the random error, in mm.
SIMULATED = (Reader("simulated1", 0.5, 1.0), Reader("simulated2", -0.5, 1.0))
SUBJECTS = 25


def write_cohort(data: Path, folder: Path) -> Path:
    """Cohort table of the real tumours with the expert and two simulated readers."""
    with open(folder / "cohort.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["subject", "image", "reader", "mask", "sequence"])
        for number, image in enumerate(sorted((data / "sts_mr").glob("*_image.nii.gz"))):
            subject = image.name.removesuffix("_image.nii.gz")
            expert = image.with_name(f"{subject}_mask.nii.gz")
            masks = {"expert": expert}
            for index, reader in enumerate(SIMULATED):
                drawn = draw_contour(
                    sitk.ReadImage(str(expert)), reader, np.random.SeedSequence([number, index])
                )
                masks[reader.name] = write_image(drawn, folder / f"{subject}_{reader.name}.nii.gz")
            for name, mask in masks.items():
                table.writerow(
                    [subject, os.path.relpath(image, folder), name, os.path.relpath(mask, folder), "T1w"]
                )
    return folder / "cohort.csv"


@pytest.mark.slow
@pytest.mark.realdata
def test_real_tumours_go_from_files_to_a_stable_set(real_data: Path, tmp_path: Path) -> None:
    path = write_cohort(real_data, tmp_path)
    assert len(nbradiomics.check(path, jobs=2)) == 0
    cohort = nbradiomics.load_cohort(path)
    features = nbradiomics.extract_cohort(cohort, params="t2w_mr_anisotropic", jobs=2)
    assert features.failures == []
    assert len(features.table) == 3 * SUBJECTS
    assert len(feature_columns(features.table)) == 107
    assert features.table.notna().all(axis=None)

    table = nbradiomics.assess_reproducibility(features.table).set_index("feature")
    assert (table["subjects"] == SUBJECTS).all()
    # The simulated readers differ by 1 mm on average: the volume and the mean intensity survive it.
    assert table.loc["original_shape_VoxelVolume", "stable"]
    assert table.loc["original_firstorder_Mean", "low"] > 0.9
    assert 0.5 < table["stable"].mean() < 1
    assert (table["low"] <= table["icc"]).all()

    agreement = nbradiomics.compare_cohort(cohort, reference="expert", jobs=2).table
    assert (agreement["status"] == "ok").all()
    dice = agreement.groupby("reader")["dice"].median()
    assert dice.between(0.85, 0.99).all()
    # The bias that was put in shows in the direction of the error.
    direction = agreement.groupby("reader")[["fprm", "fnr"]].mean()
    assert direction.loc["simulated1", "fprm"] > direction.loc["simulated1", "fnr"]
    assert direction.loc["simulated2", "fprm"] < direction.loc["simulated2", "fnr"]


@pytest.mark.realdata
@pytest.mark.slow
def test_a_real_tumour_has_pyradiomics_own_values(real_data: Path) -> None:
    from radiomics.featureextractor import RadiomicsFeatureExtractor

    preset = str(nbradiomics.presets()["t2w_mr_anisotropic"])
    image, mask = (str(real_data / "sts_mr" / f"STS_019_{what}.nii.gz") for what in ("image", "mask"))
    with pytest.warns(DeprecationWarning, match="load_module"):
        expected = pd.Series(RadiomicsFeatureExtractor(preset).execute(image, mask))
    expected = expected[~expected.index.str.startswith("diagnostics_")].astype(float)
    found = nbradiomics.extract_features(image, mask, params="t2w_mr_anisotropic", engine="pyradiomics")
    pd.testing.assert_series_equal(found, expected, check_exact=True)
    native = nbradiomics.extract_features(image, mask, params="t2w_mr_anisotropic")
    assert compare_values(native.to_dict(), expected.to_dict())["same"].all()
