"""The metrics of agreement: their columns in the tables, and how to read them.

Every value compares a mask with a reference mask. TP, FP, FN and TN count the voxels in both masks, only in
the mask, only in the reference, and in neither. A and B are the volumes of the mask and of the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name
        Column of the tables.
    label
        Name on pages and in pictures, with the unit.
    formula
        Definition.
    unit
        Unit; empty for a number without a unit.
    low, high
        Limits of the range; ``None`` for no limit.
    better
        ``higher`` or ``lower``: the direction of values for masks that are more like the reference. ``zero``
        for a signed difference; empty if there is no fixed direction.
    symmetric
        Whether the value stays the same when the two masks are swapped.
    if_mask_empty, if_reference_empty, if_both_empty
        Value when a mask has no voxel: a number, ``NaN`` (undefined), or a short rule. For a metric that
        counts the background, the value applies to a field with some background.
    needs_background
        Whether the value depends on how much background is counted.
    source
        Source of the definition.
    """

    name: str
    label: str
    formula: str
    unit: str
    low: float | None
    high: float | None
    better: Literal["higher", "lower", "zero", ""]
    symmetric: bool
    if_mask_empty: str
    if_reference_empty: str
    if_both_empty: str
    source: str
    needs_background: bool = False


_TAHA = "Taha and Hanbury, BMC Med Imaging 2015;15:29"
_VEIGA = "Veiga-Canuto et al., Cancers 2022;14:3648"
_NIKOLOV = "Nikolov et al., J Med Internet Res 2021;23:e26151"
_RELOADED = "Maier-Hein et al., Nat Methods 2024;21:195"

_OVERLAP = (
    Metric("dice", "Dice", "2 TP / (2 TP + FP + FN)", "", 0, 1, "higher", True, "0", "0", "NaN", _TAHA),
    Metric("jaccard", "Jaccard", "TP / (TP + FP + FN)", "", 0, 1, "higher", True, "0", "0", "NaN", _TAHA),
    Metric(
        name="volumetric_similarity",
        label="Volumetric similarity",
        formula="1 - abs(A - B) / (A + B)",
        unit="",
        low=0,
        high=1,
        better="higher",
        symmetric=True,
        if_mask_empty="0",
        if_reference_empty="0",
        if_both_empty="NaN",
        source=_TAHA,
    ),
    Metric(
        name="sensitivity",
        label="Sensitivity",
        formula="TP / (TP + FN)",
        unit="",
        low=0,
        high=1,
        better="higher",
        symmetric=False,
        if_mask_empty="0",
        if_reference_empty="NaN",
        if_both_empty="NaN",
        source=_TAHA,
    ),
    Metric("precision", "Precision", "TP / (TP + FP)", "", 0, 1, "higher", False, "NaN", "0", "NaN", _TAHA),
    Metric(
        name="specificity",
        label="Specificity",
        formula="TN / (TN + FP)",
        unit="",
        low=0,
        high=1,
        better="higher",
        symmetric=False,
        if_mask_empty="1",
        if_reference_empty="TN / field",
        if_both_empty="1 in the image, NaN in a box",
        source=_TAHA,
        needs_background=True,
    ),
    Metric("fprm", "FPRm", "FP / (TP + FN)", "", 0, None, "lower", False, "0", "NaN", "NaN", _VEIGA),
    Metric("fnr", "FNR", "FN / (TP + FN)", "", 0, 1, "lower", False, "1", "NaN", "NaN", _VEIGA),
    Metric(
        name="kappa",
        label="Cohen's kappa",
        formula="2 (TP TN - FP FN) / ((TP + FP)(FP + TN) + (TP + FN)(FN + TN))",
        unit="",
        low=-1,
        high=1,
        better="higher",
        symmetric=True,
        if_mask_empty="0",
        if_reference_empty="0",
        if_both_empty="NaN",
        source="Cohen, Educ Psychol Meas 1960;20:37",
        needs_background=True,
    ),
    Metric(
        name="auc_binary",
        label="ROC area, binary",
        formula="(sensitivity + specificity) / 2",
        unit="",
        low=0,
        high=1,
        better="higher",
        symmetric=False,
        if_mask_empty="0.5",
        if_reference_empty="NaN",
        if_both_empty="NaN",
        source=_TAHA,
        needs_background=True,
    ),
    Metric(
        name="auc",
        label="ROC area, probability",
        formula="share of the pairs of a voxel inside and a voxel outside the reference in which the one "
        "inside has the higher probability; a tie counts one half; needs a probability map",
        unit="",
        low=0,
        high=1,
        better="higher",
        symmetric=False,
        if_mask_empty="as for any mask",
        if_reference_empty="NaN",
        if_both_empty="NaN",
        source="Hanley and McNeil, Radiology 1982;143:29",
        needs_background=True,
    ),
    Metric(
        name="volume_difference_ml",
        label="Volume difference (ml)",
        formula="A - B",
        unit="ml",
        low=None,
        high=None,
        better="zero",
        symmetric=False,
        if_mask_empty="-B",
        if_reference_empty="A",
        if_both_empty="0",
        source="plain difference",
    ),
)

_DISTANCE = (
    Metric(
        name="hd_mm",
        label="HD (mm)",
        formula="largest distance from a surface element to the other surface",
        unit="mm",
        low=0,
        high=None,
        better="lower",
        symmetric=True,
        if_mask_empty="NaN",
        if_reference_empty="NaN",
        if_both_empty="NaN",
        source="Huttenlocher et al., IEEE Trans Pattern Anal Mach Intell 1993;15:850",
    ),
    Metric(
        name="hd95_mm",
        label="HD95 (mm)",
        formula="larger of the two directed, area-weighted 95th percentiles of the surface distance",
        unit="mm",
        low=0,
        high=None,
        better="lower",
        symmetric=True,
        if_mask_empty="NaN",
        if_reference_empty="NaN",
        if_both_empty="NaN",
        source=_NIKOLOV,
    ),
    Metric(
        name="assd_mm",
        label="ASSD (mm)",
        formula="area-weighted mean surface distance over the elements of both surfaces",
        unit="mm",
        low=0,
        high=None,
        better="lower",
        symmetric=True,
        if_mask_empty="NaN",
        if_reference_empty="NaN",
        if_both_empty="NaN",
        source="Heimann et al., IEEE Trans Med Imaging 2009;28:1251; areas as in HD95",
    ),
    Metric(
        name="signed_distance_mm",
        label="Signed distance (mm)",
        formula="area-weighted mean distance from the reference's surface elements to the mask's surface; "
        "positive for elements inside the mask (the mask reaches further), negative for elements outside",
        unit="mm",
        low=None,
        high=None,
        better="zero",
        symmetric=False,
        if_mask_empty="NaN",
        if_reference_empty="NaN",
        if_both_empty="NaN",
        source="this project; distances as in HD95",
    ),
    Metric(
        name="nsd",
        label="Surface Dice",
        formula="share of the area of both surfaces that lies within the tolerance of the other surface",
        unit="",
        low=0,
        high=1,
        better="higher",
        symmetric=True,
        if_mask_empty="0",
        if_reference_empty="0",
        if_both_empty="NaN",
        source=_NIKOLOV,
    ),
    Metric(
        name="centroid_distance_mm",
        label="Centroid distance (mm)",
        formula="distance between the two centres of gravity",
        unit="mm",
        low=0,
        high=None,
        better="lower",
        symmetric=True,
        if_mask_empty="NaN",
        if_reference_empty="NaN",
        if_both_empty="NaN",
        source="Euclidean distance between the centres",
    ),
)

_LESIONS = (
    Metric(
        name="lesion_sensitivity",
        label="Lesion sensitivity",
        formula="share of the reference's components (26 neighbours) that share a voxel with the mask",
        unit="",
        low=0,
        high=1,
        better="higher",
        symmetric=False,
        if_mask_empty="0",
        if_reference_empty="NaN",
        if_both_empty="NaN",
        source=_RELOADED,
    ),
    Metric(
        name="lesion_precision",
        label="Lesion precision",
        formula="share of the mask's components (26 neighbours) that share a voxel with the reference",
        unit="",
        low=0,
        high=1,
        better="higher",
        symmetric=False,
        if_mask_empty="NaN",
        if_reference_empty="0",
        if_both_empty="NaN",
        source=_RELOADED,
    ),
    Metric(
        name="lesion_f1",
        label="Lesion F1",
        formula="harmonic mean of lesion sensitivity and lesion precision; 0 if one of them is 0",
        unit="",
        low=0,
        high=1,
        better="higher",
        symmetric=True,
        if_mask_empty="0",
        if_reference_empty="0",
        if_both_empty="NaN",
        source=_RELOADED,
    ),
)

#: Every metric by its name, in the order of the tables.
METRIC = {metric.name: metric for metric in (*_OVERLAP, *_DISTANCE, *_LESIONS)}
#: Names of the metrics, in the order of the tables.
METRICS = tuple(METRIC)
#: Volumes of the mask and of the reference: columns of the tables of pairs, besides the metrics.
VOLUMES = ("volume_ml", "reference_ml")
#: Default tolerance of `nsd`, mm.
TOLERANCE_MM = 3.0
