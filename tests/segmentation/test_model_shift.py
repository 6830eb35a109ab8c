"""The bundled model on unseen cases and under another contrast: does it fail, and do its folds tell?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from scipy.stats import spearmanr

from nbradiomics.segmentation import load_model
from nbradiomics.synthetic import SCANNERS, make_case
from nbradiomics.synthetic.case import seed_of

# Benchmarks are not part of a source distribution.
shift = pytest.importorskip("benchmarks.model_shift", reason="the folder benchmarks is not there")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Half the cases of the benchmark, in every condition."""
    return shift.measure(load_model("synthetic-demo"), 8)


@pytest.mark.slow
def test_unseen_cases_are_segmented_and_noise_is_borne(table):
    dice = table.groupby("condition")["dice"]
    assert dice.mean()["unseen"] > 0.85
    assert dice.min()["unseen"] > 0.6
    assert dice.mean()["noise"] > 0.8


@pytest.mark.slow
def test_folds_agree_less_where_the_contrast_is_another_and_so_warn(table):
    mean = table.groupby("condition")[["dice", "fold_dice", "volume_cv"]].mean()
    for condition in ("contrast", "both"):
        assert mean.loc[condition, "dice"] < mean.loc["unseen", "dice"] - 0.15
        assert mean.loc[condition, "fold_dice"] < mean.loc["unseen", "fold_dice"] - 0.05
        assert mean.loc[condition, "volume_cv"] > mean.loc["unseen", "volume_cv"]
    assert spearmanr(table["fold_dice"], table["dice"]).statistic > 0.6


def test_the_changes_do_what_they_say():
    case = make_case(seed_of(shift.NAMESPACE, 0, 0), SCANNERS[0])
    mask = sitk.GetArrayFromImage(case.mask) > 0
    before, noisy, flatter = (
        sitk.GetArrayFromImage(shift.shifted(case, change, 0)).astype(float)
        for change in (None, shift.add_noise, shift.change_contrast)
    )
    top = np.percentile(before, 99)
    bright = before > 0.5 * top  # where the magnitude of the noise is nearly normal
    assert np.std((noisy - before)[bright]) == pytest.approx(shift.NOISE * top, rel=0.1)
    around = shift.near(mask, case.image.GetSpacing()[::-1])
    curved = top * (before / top) ** shift.GAMMA
    steps = [image[mask].mean() - image[around].mean() for image in (curved, flatter)]
    assert steps[1] / steps[0] == pytest.approx(shift.KEPT, abs=0.1)
    assert np.allclose(flatter[~mask & ~around], curved[~mask & ~around], atol=0.51)
    again = shift.shifted(case, shift.add_noise, 0)
    assert np.array_equal(sitk.GetArrayFromImage(again), noisy)
