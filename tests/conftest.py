"""What all tests share: where the real data lies, and small images made by hand."""

from __future__ import annotations

import os
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import SimpleITK as sitk

mpl.use("Agg")

DATA = Path(os.environ.get("NBRADIOMICS_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data; the test is skipped, saying so, where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no real data at {DATA}; set NBRADIOMICS_TEST_DATA to its folder")
    return DATA


def make_image(array: np.ndarray, spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> sitk.Image:
    """Image from an array with axes z, y, x; spacing in mm in the order x, y, z."""
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing)
    return image
