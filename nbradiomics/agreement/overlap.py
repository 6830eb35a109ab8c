"""How much two binary volumes overlap, and which way the difference goes."""

from __future__ import annotations

from math import nan

import numpy as np
from numpy.typing import NDArray


def overlap(region: NDArray[np.bool_], reference: NDArray[np.bool_]) -> dict[str, float]:
    """Overlap of a region with a reference.

    Parameters
    ----------
    region, reference
        Binary volumes of the same shape.

    Returns
    -------
    dict
        With TP, FP and FN the numbers of voxels in both, in the region alone and in the reference alone:

        - ``dice`` = 2 TP / (2 TP + FP + FN), 0 to 1;
        - ``jaccard`` = TP / (TP + FP + FN), 0 to 1;
        - ``sensitivity`` = TP / (TP + FN), 0 to 1;
        - ``precision`` = TP / (TP + FP), 0 to 1;
        - ``fprm`` = FP / (TP + FN), 0 upwards: false positives over the *reference* volume [1]_;
        - ``fnr`` = FN / (TP + FN) = 1 - sensitivity, 0 to 1 [1]_;
        - ``volumetric_similarity`` = 1 - abs(FP - FN) / (2 TP + FP + FN), 0 to 1 [2]_: 1 for equal
          volumes, wherever they lie.

        A quotient of 0 / 0, or of anything over an empty reference's volume, is NaN.

    References
    ----------
    .. [1] Veiga-Canuto D et al. Cancers 2022;14:3648.
    .. [2] Taha AA, Hanbury A. BMC Med Imaging 2015;15:29.
    """
    if region.shape != reference.shape:
        raise ValueError(f"volumes of different shapes: {region.shape} and {reference.shape}")
    size, reference_size = int(np.count_nonzero(region)), int(np.count_nonzero(reference))
    both = int(np.count_nonzero(region & reference))
    false_positive, false_negative = size - both, reference_size - both
    total = size + reference_size
    return {
        "dice": _ratio(2 * both, total),
        "jaccard": _ratio(both, total - both),
        "sensitivity": _ratio(both, reference_size),
        "precision": _ratio(both, size),
        "fprm": _ratio(false_positive, reference_size),
        "fnr": _ratio(false_negative, reference_size),
        "volumetric_similarity": _ratio(total - abs(size - reference_size), total),
    }


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else nan
