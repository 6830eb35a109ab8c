"""Habitats of the synthetic cohort (blur, shading and Rician noise of two scanners): shares, confidence."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import load_cohort
from nbradiomics.habitats.clusters import number
from nbradiomics.habitats.cohort import find_habitats
from nbradiomics.habitats.diffusion.cohort import fit_adc
from nbradiomics.habitats.interaction import NO_VALUE
from nbradiomics.synthetic import make_cohort
from tests.support.helpers import array

SUBJECTS, MARGIN = 6, 3


def cropped(table: pd.DataFrame, folder: Path, out: Path) -> pd.DataFrame:
    """The diffusion images and true masks, cut to the tumour: fitting whole images takes minutes."""
    rows = []
    for (subject,), own in table.groupby(["subject"]):
        mask = sitk.ReadImage(str(folder / "truth" / f"{subject}.nii.gz"))
        places = [np.flatnonzero(array(mask).any(axis=axes)) for axes in ((0, 1), (0, 2), (1, 2))]
        box = tuple(
            slice(max(int(one[0]) - MARGIN, 0), min(int(one[-1]) + MARGIN + 1, size))
            for one, size in zip(places, mask.GetSize(), strict=True)
        )
        for name in (f"{subject}", f"{subject}_habitats"):
            cut = sitk.ReadImage(str(folder / "truth" / f"{name}.nii.gz"))[box]
            sitk.WriteImage(cut, str(out / f"{name}_true.nii.gz"))
        for place, row in enumerate(own.to_dict("records")):
            file = out / f"{subject}_{row['channel']}.nii.gz"
            sitk.WriteImage(sitk.ReadImage(row["image"])[box], str(file))
            drawn = {"reader": "truth", "mask": str(out / f"{subject}_true.nii.gz")} if place == 0 else {}
            rows.append({**row, "image": str(file), **drawn})
    return pd.DataFrame(rows)


@pytest.mark.slow
def test_planted_shares_are_found_and_the_confidence_means_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cross-fitted: no subject's own voxels decide about its habitats."""
    monkeypatch.setattr(number, "RESAMPLES", 3)  # the number is stated
    path = make_cohort(tmp_path, subjects=SUBJECTS, diffusion=True, seed=11)
    table = load_cohort(path).table
    cut = cropped(table[table["channel"] != "T2w"], tmp_path, tmp_path)
    maps = fit_adc(cut, out=tmp_path / "maps").cohort
    done = find_habitats(
        maps, out=tmp_path / "habitats", channels=("ADC",), clusters=2, fit_folds=3, sample=6000
    )
    assert not done.failures
    confidence, right = [], []
    for row in done.tables.regions.to_dict("records"):
        file = tmp_path / "habitats" / row["map"]
        found, truth = array(file), array(tmp_path / f"{row['subject']}_habitats_true.nii.gz")
        known = (truth > 0) & (found != NO_VALUE)
        assert known.sum() == row["voxels"] - row["no_value"]
        confidence.append(array(str(file).replace("_habitats.", "_confidence."))[known])
        right.append(found[known] == truth[known])
    sure, correct = np.concatenate(confidence), np.concatenate(right)
    about = (sure >= 0.85) & (sure < 0.95)
    assert about.sum() > 1000
    assert 0.85 <= correct[about].mean() <= 0.95
    assert correct[sure >= 0.95].mean() > 0.97
    assert correct[sure < 0.7].mean() < 0.75
    planted = pd.read_csv(tmp_path / "truth.csv").set_index("subject")["habitat_1_share"]
    first = done.tables.habitats.query("habitat == 1").set_index("subject")
    for column in ("fraction", "expected_fraction"):
        assert (first[column] - planted).abs().mean() < 0.05
