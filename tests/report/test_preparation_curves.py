"""Curves of intensities, and key figures of derived regions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from nbradiomics.preparation.intensities import SHARES
from nbradiomics.report.content import Fact
from nbradiomics.report.figures.intensity_curves import density_of
from nbradiomics.report.sections.overview import _derived_names, _of_drawn_regions


def test_a_curve_is_the_density_of_the_intensities() -> None:
    shares = np.array(SHARES)
    places, density = density_of(shares, norm.ppf(shares, loc=300, scale=40))
    true = norm.pdf(places, loc=300, scale=40)
    inner = np.abs(places - 300) < 60
    assert density.max() == 1
    assert density[inner] == pytest.approx((true / true.max())[inner], abs=0.06)


def test_an_image_of_one_intensity_has_a_curve_of_one_point() -> None:
    places, density = density_of(np.array([0.1, 0.5, 0.9]), np.full(3, 7.0))
    assert (places.tolist(), density.tolist()) == ([7.0], [1.0])


def test_the_first_page_has_the_features_of_drawn_regions() -> None:
    tumour = Fact("29 of 56", "stable features", "baseline_T2w_tumour; between readers")
    others = [
        Fact("5", "stable features", f"baseline_T2w_{roi}; x")
        for roi in ("habitat-1", "rim-2mm_n4", "lesion_a-ring-3mm")
    ]
    rois = ["tumour", "habitat-1", "rim-2mm", "lesion_a/ring-3mm", None]
    names = _derived_names(pd.DataFrame({"roi": rois}))
    kept = _of_drawn_regions([tumour, *others], names)
    assert kept[0] is tumour
    assert (kept[1].value, kept[1].label, len(kept)) == ("3", "derived regions", 2)
    assert _of_drawn_regions(others, names) == others
    assert _of_drawn_regions([tumour], names) == [tumour]
