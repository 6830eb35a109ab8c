"""Compare the filters with the reference response maps and feature values of the IBSI's second chapter.

The study accepts a response map if each voxel differs from the reference map by at most 1 % of the range of
the reference map (Whybra et al., Radiology 2024;310:e231319).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.features.compliance.ibsi import complies
from nbradiomics.features.native.grid.intensities import normalised
from nbradiomics.features.native.grid.preparation import prepare
from nbradiomics.features.native.ibsi.distribution import statistical_features
from nbradiomics.features.native.ibsi_filters.response import response
from nbradiomics.features.native.ibsi_filters.window import Window
from nbradiomics.features.native.plan import Plan
from nbradiomics.features.native.responses import responses
from nbradiomics.features.parameters import load_parameters
from nbradiomics.features.parameters.filters.reading import filters_of
from nbradiomics.features.parameters.filters.types import Filter
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region

#: Largest difference that complies, as a part of the range of the reference map.
TOLERANCE = 0.01
#: Presets of the two configurations of the CT phantom, and the filter configurations in their order.
PRESETS = {"A": "ibsi2_ct_phantom_a", "B": "ibsi2_ct_phantom_b"}
CONFIGURATIONS = ("none", "mean", "log", "laws", "gabor", "wavelet", "wavelet", "simoncelli", "simoncelli")
_LAWS = {"type": "laws", "pooling": "max"}
_GABOR_A = {"type": "gabor", "sigma": 10, "wavelength": 4, "gamma": 0.5, "boundary": "zero"}
_GABOR_B = {"type": "gabor", "sigma": 20, "wavelength": 8, "gamma": 2.5}
_DB2 = {"type": "wavelet", "wavelet": "db2", "filter": "LHL", "boundary": "zero"}
_COIF1 = {"type": "wavelet", "wavelet": "coif1", "filter": "HHL", "boundary": "periodic"}
_HAAR = {"type": "wavelet", "wavelet": "haar", "level": 2, "pooling": "average"}
_SIMONCELLI = {"type": "simoncelli"}
_E5L5S5 = {"kernels": "E5L5S5", "boundary": "zero"}


@dataclass(frozen=True)
class MapTest:
    """A test of a response map: phantom and filter."""

    phantom: str
    entry: Mapping[str, Any]

    @property
    def filter(self) -> Filter:
        """The filter."""
        (one,) = filters_of("a test of the IBSI", [dict(self.entry)])
        return one


#: Tests by the name of their reference map.
MAP_TESTS = {
    **{
        f"1_a_{i}": MapTest("checkerboard", {"type": "mean", "support": 15, "boundary": boundary})
        for i, boundary in enumerate(("zero", "nearest", "periodic", "mirror"), 1)
    },
    "1_b_1": MapTest("impulse", {"type": "mean", "support": 15, "dimension": "2D", "boundary": "zero"}),
    "2_a": MapTest("impulse", {"type": "log", "sigma": 3, "boundary": "zero"}),
    "2_b": MapTest("checkerboard", {"type": "log", "sigma": 5}),
    "2_c": MapTest("checkerboard", {"type": "log", "sigma": 5, "dimension": "2D"}),
    "3_a_1": MapTest("impulse", {"type": "laws", **_E5L5S5}),
    "3_a_2": MapTest("impulse", {**_LAWS, **_E5L5S5}),
    "3_a_3": MapTest("impulse", {**_LAWS, **_E5L5S5, "energy": 7}),
    "3_b_1": MapTest("checkerboard", {"type": "laws", "kernels": "E3W5R5"}),
    "3_b_2": MapTest("checkerboard", {**_LAWS, "kernels": "E3W5R5"}),
    "3_b_3": MapTest("checkerboard", {**_LAWS, "kernels": "E3W5R5", "energy": 7}),
    "3_c_1": MapTest("checkerboard", {"type": "laws", "kernels": "L5S5", "dimension": "2D"}),
    "3_c_2": MapTest("checkerboard", {**_LAWS, "kernels": "L5S5", "dimension": "2D"}),
    "3_c_3": MapTest("checkerboard", {**_LAWS, "kernels": "L5S5", "dimension": "2D", "energy": 7}),
    "4_a_1": MapTest("impulse", {**_GABOR_A, "angle": 60, "dimension": "2D"}),
    "4_a_2": MapTest("impulse", {**_GABOR_A, "step": 45}),
    "4_b_1": MapTest("sphere", {**_GABOR_B, "angle": 225, "dimension": "2D"}),
    "4_b_2": MapTest("sphere", {**_GABOR_B, "step": 22.5}),
    "5_a_1": MapTest("impulse", _DB2),
    "5_a_2": MapTest("impulse", {**_DB2, "pooling": "average"}),
    "6_a_1": MapTest("sphere", _COIF1),
    "6_a_2": MapTest("sphere", {**_COIF1, "pooling": "average"}),
    "7_a_1": MapTest("checkerboard", {**_HAAR, "filter": "LLL"}),
    "7_a_2": MapTest("checkerboard", {**_HAAR, "filter": "HHH"}),
    **{f"8_a_{level}": MapTest("checkerboard", {**_SIMONCELLI, "level": level}) for level in (1, 2, 3)},
    "9_a": MapTest("impulse", {"type": "log", "sigma": 3, "boundary": "zero", "riesz": [1, 0, 0]}),
    "9_b_1": MapTest("sphere", {"type": "log", "sigma": 3, "boundary": "zero", "riesz": [0, 2, 0]}),
    "10_b_1": MapTest("pattern_1", {"type": "simoncelli", "boundary": "mirror", "riesz": [0, 2, 0]}),
}


def compare_map(test: str, folder: Path) -> dict[str, Any]:
    """Compare the response map of a test with its reference.

    Parameters
    ----------
    test
        One of `MAP_TESTS`.
    folder
        Folder of the IBSI's second chapter, with `digital_phantom` and `reference`.

    Returns
    -------
    dict
        ``test, phantom, filter``; ``deviation``: largest absolute difference as a part of the range of the
        reference; ``within``: share of the voxels within the tolerance; ``complies``.
    """
    one = MAP_TESTS[test]
    image = read_image(folder / "digital_phantom" / one.phantom / "image" / f"{one.phantom}.nii.gz")
    reference = read_image(folder / "reference" / f"{test}-ValidCRM.nii.gz")
    x, y, z = image.GetSpacing()
    found = response(one.filter, Window.whole(sitk.GetArrayFromImage(image)), (z, y, x))
    expected = sitk.GetArrayFromImage(reference).astype(np.float64)
    difference = np.abs(found - expected) / (expected.max() - expected.min())
    return {
        "test": test,
        "phantom": one.phantom,
        "filter": one.filter.name,
        "deviation": float(difference.max()),
        "within": float(np.mean(difference <= TOLERANCE)),
        "complies": bool(difference.max() <= TOLERANCE),
    }


def compare_features(configuration: str, folder: Path) -> pd.DataFrame:
    """Compare the features of the CT phantom with their reference values.

    Parameters
    ----------
    configuration
        ``A`` (2D) or ``B`` (3D).
    folder
        Folder of the IBSI's second chapter, with `ct_phantom` and `reference`.

    Returns
    -------
    pandas.DataFrame
        One row per reference value: ``filter_id, image, feature, value, reference, tolerance, complies``.
    """
    table = pd.read_csv(folder / "reference" / "reference_values.csv", sep=";")
    rows = []
    for number, (image, values) in enumerate(_images(configuration, folder).items(), 1):
        identity = f"{number}.{configuration}"
        found = statistical_features(values)
        for _, row in table[table["filter_id"] == identity].iterrows():
            value = found[row["feature_tag"].removeprefix("stat_")]
            reference, tolerance = float(row["consensus_value"]), float(row["tolerance"])
            rows.append(
                {
                    "filter_id": identity,
                    "image": image,
                    "feature": row["feature_tag"],
                    "value": value,
                    "reference": reference,
                    "tolerance": tolerance,
                    "complies": complies(value, reference, tolerance),
                }
            )
    return pd.DataFrame(rows)


def _images(configuration: str, folder: Path) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Return the intensities of the region in the original and in each filtered image."""
    parameters = load_parameters(PRESETS[configuration])
    plan = Plan.of(parameters)
    image = read_image(folder / "ct_phantom" / "image" / "phantom.nii.gz")
    mask = read_region(folder / "ct_phantom" / "mask" / "mask.nii.gz", 1)
    mask.CopyInformation(image)
    image = normalised(image, plan.settings)
    prepared = prepare(image, mask, plan.settings, plan.ibsi)
    region = prepared.region
    found = {"original": region.box.crop(prepared.image)[region.inside].astype(np.float64)}
    for one in responses(image, prepared.image, [region], plan):
        within = one.regions[0]
        found[one.name] = within.box.crop(one.image)[within.inside]
    return found
