"""Compare one mask with another: overlap, direction of the error, distance of the surfaces."""

from __future__ import annotations

from math import nan
from pathlib import Path

import numpy as np
import pandas as pd
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.agreement.overlap import overlap
from nbradiomics.agreement.surface import assd, hd95, surface_distances
from nbradiomics.images.grid import require_same_grid
from nbradiomics.images.io import describe
from nbradiomics.images.region import read_region

#: Names of the metrics, in the order of every table that holds them.
METRICS = (
    "dice",
    "jaccard",
    "sensitivity",
    "precision",
    "fprm",
    "fnr",
    "volumetric_similarity",
    "hd95_mm",
    "assd_mm",
)


def compare_masks(
    mask: str | Path | sitk.Image,
    reference: str | Path | sitk.Image,
    *,
    label: int | str | None = None,
    reference_label: int | str | None = None,
) -> pd.Series[float]:
    """Compare a mask with a reference mask.

    Parameters
    ----------
    mask, reference
        Mask files, or images of whole numbers, on the same grid.
    label
        The label in `mask`, as a number or a segment's name; ``None`` takes the only label it holds.
    reference_label
        The label in `reference`; ``None`` takes `label`, or the only label where that is ``None`` too.

    Returns
    -------
    pandas.Series
        The values of `METRICS`, in this order:

        ========================= ======================== ====== ========== =============== ==========
        metric                    definition               range  empty mask empty reference both empty
        ========================= ======================== ====== ========== =============== ==========
        ``dice``                  2 TP / (2 TP + FP + FN)  0 to 1 0          0               NaN
        ``jaccard``               TP / (TP + FP + FN)      0 to 1 0          0               NaN
        ``sensitivity``           TP / (TP + FN)           0 to 1 0          NaN             NaN
        ``precision``             TP / (TP + FP)           0 to 1 NaN        0               NaN
        ``fprm``                  FP / (TP + FN)           0 up   0          NaN             NaN
        ``fnr``                   FN / (TP + FN)           0 to 1 1          NaN             NaN
        ``volumetric_similarity`` 1 - abs(A - B) / (A + B) 0 to 1 0          0               NaN
        ``hd95_mm``               95 % Hausdorff distance  0 up   NaN        NaN             NaN
        ``assd_mm``               average surface distance 0 up   NaN        NaN             NaN
        ========================= ======================== ====== ========== =============== ==========

        TP, FP and FN count the voxels in both, in `mask` alone and in `reference` alone; A and B are
        the two volumes; distances are in mm, area-weighted and symmetric (`agreement.surface`). An
        empty mask has the best ``fprm``: read it beside ``fnr`` and the status. Swapping the
        two masks changes sensitivity, precision, fprm and fnr only.

    Raises
    ------
    InputError
        When a mask cannot be read, lacks the label, or the grids differ.
    AmbiguousError
        When no label is given and a mask holds several.

    See Also
    --------
    comparison_status : which mask, if any, is empty; a missing distance must be counted, not dropped.
    """
    region = read_region(mask, label)
    other = read_region(reference, label if reference_label is None else reference_label)
    require_same_grid(region, other, names=(describe(mask), describe(reference)))
    return pd.Series(compare_regions(region, other), dtype="float64")


def compare_regions(region: sitk.Image, reference: sitk.Image) -> dict[str, float]:
    """Compare two binary images on the same grid; what is not 0 is inside.

    Returns
    -------
    dict
        The values of `METRICS`, in this order; NaN where a metric is undefined, as `compare_masks` says.
    """
    require_same_grid(region, reference, names=("the mask", "the reference"))
    inside, expected = _array(region), _array(reference)
    x, y, z = region.GetSpacing()
    surface = _surface(inside, expected, spacing=(z, y, x))
    values = overlap(inside, expected) | surface
    return {name: values[name] for name in METRICS}


def comparison_status(mask_region: sitk.Image, reference_region: sitk.Image) -> str:
    """Say which region is empty: ``ok`` (none), ``empty_mask``, ``empty_reference`` or ``both_empty``."""
    empty = not _array(mask_region).any(), not _array(reference_region).any()
    names = {
        (False, False): "ok",
        (True, False): "empty_mask",
        (False, True): "empty_reference",
        (True, True): "both_empty",
    }
    return names[empty]


def _surface(
    inside: NDArray[np.bool_], expected: NDArray[np.bool_], *, spacing: tuple[float, float, float]
) -> dict[str, float]:
    if not (inside.any() and expected.any()):
        return {"hd95_mm": nan, "assd_mm": nan}
    there, back = surface_distances(inside, expected, spacing)
    return {"hd95_mm": hd95(there, back), "assd_mm": assd(there, back)}


def _array(region: sitk.Image) -> NDArray[np.bool_]:
    """Voxels inside a binary image, axes z, y, x."""
    return np.asarray(sitk.GetArrayViewFromImage(region) != 0)
