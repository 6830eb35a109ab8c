"""Compare two masks: overlap, direction of the error, distances between the surfaces, detected lesions."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan, prod
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.agreement.detection import components, detection
from nbradiomics.agreement.field import (
    WHOLE_IMAGE,
    Box,
    Field,
    Triple,
    bounding_box,
    joint_box,
    voxels_in,
)
from nbradiomics.agreement.metrics import METRICS, TOLERANCE_MM, VOLUMES
from nbradiomics.agreement.overlap import Counts, overlap
from nbradiomics.agreement.roc import roc_area
from nbradiomics.agreement.surface import assd, hd, hd95, surface_dice, surface_distances
from nbradiomics.errors import InputError
from nbradiomics.images.grid import require_same_grid
from nbradiomics.images.io import describe, read_image
from nbradiomics.images.region import read_region

__all__ = ["METRICS", "compare_both_ways", "compare_masks", "compare_regions", "comparison_status"]

Values = dict[str, float]


def compare_masks(
    mask: str | Path | sitk.Image,
    reference: str | Path | sitk.Image,
    *,
    label: int | str | None = None,
    reference_label: int | str | None = None,
    tolerance_mm: float = TOLERANCE_MM,
    field: Field = WHOLE_IMAGE,
    probability: str | Path | sitk.Image | None = None,
) -> pd.Series[float]:
    """Compare a mask with a reference mask.

    Parameters
    ----------
    mask, reference
        Mask files, or images of whole numbers, on the same grid.
    label
        The label in `mask`, as a number or a segment's name; ``None`` takes the only label of the mask.
    reference_label
        The label in `reference`; ``None`` takes `label`, or the only label if `label` is ``None`` too.
    tolerance_mm
        Largest distance in mm at which two surfaces agree, for ``nsd``; 0 or more.
    field
        How much background is counted: the whole image, or ``Field(margin_mm=20.0)`` for a box around both
        masks. ``specificity``, ``kappa``, ``auc_binary`` and ``auc`` depend on it.
    probability
        Probability map of `mask` on its grid, a file or an image with values from 0 to 1; ``auc`` is NaN
        without it.

    Returns
    -------
    pandas.Series
        ``volume_ml`` and ``reference_ml``, the two volumes, then the values of `METRICS`. The registry
        `agreement.metrics.METRIC` contains the formula, range, unit and source of each metric, and its value
        for an empty mask; the page ``docs/agreement.md`` shows the registry as a table.

        An empty mask has the best ``fprm``: read it together with ``fnr`` and the status. Distances are in mm
        and take the spacing of each axis into account.

    Raises
    ------
    InputError
        When a file cannot be read, a mask lacks the label, the grids differ, the tolerance is negative or not
        finite, or a probability is outside the range 0 to 1.
    AmbiguousError
        When no label is given and a mask has several labels.

    See Also
    --------
    comparison_status : tells which mask is empty; cases with a missing distance must be counted, not dropped.

    Examples
    --------
    >>> values = compare_masks("s0_A.nii.gz", "s0_B.nii.gz")
    >>> bool(0.5 < values["dice"] < 1)
    True
    """
    region = read_region(mask, label)
    other = read_region(reference, label if reference_label is None else reference_label)
    require_same_grid(region, other, names=(describe(mask), describe(reference)))
    values = compare_regions(
        region,
        other,
        tolerance_mm=tolerance_mm,
        field=field,
        probability=None if probability is None else _read_probability(probability, region, describe(mask)),
    )
    return pd.Series(values, dtype="float64")


def compare_regions(
    region: sitk.Image,
    reference: sitk.Image,
    *,
    tolerance_mm: float = TOLERANCE_MM,
    field: Field = WHOLE_IMAGE,
    probability: sitk.Image | None = None,
) -> Values:
    """Compare two binary images on the same grid; voxels that are not 0 are inside.

    Parameters
    ----------
    region, reference
        The mask and the reference.
    tolerance_mm, field, probability
        As in `compare_masks`.

    Returns
    -------
    dict
        The values of `VOLUMES` and `METRICS`, in this order; NaN where a metric is undefined.

    Raises
    ------
    InputError
        As in `compare_masks`.
    """
    there, _ = compare_both_ways(
        region, reference, tolerance_mm=tolerance_mm, field=field, probability=probability
    )
    return there


def compare_both_ways(
    region: sitk.Image,
    reference: sitk.Image,
    *,
    tolerance_mm: float = TOLERANCE_MM,
    field: Field = WHOLE_IMAGE,
    probability: sitk.Image | None = None,
    reference_probability: sitk.Image | None = None,
) -> tuple[Values, Values]:
    """Compare two binary images in both directions, in one pass.

    Parameters
    ----------
    region, reference
        The two masks, on the same grid; voxels that are not 0 are inside.
    tolerance_mm, field
        As in `compare_masks`.
    probability, reference_probability
        Probability map of each mask, on the same grid.

    Returns
    -------
    tuple of dict
        `region` against `reference`, and `reference` against `region`, each as returned by `compare_regions`.

    Raises
    ------
    InputError
        As in `compare_masks`.
    """
    if not (isfinite(tolerance_mm) and tolerance_mm >= 0):
        raise InputError(
            f"the tolerance of the surface Dice is {tolerance_mm} mm; a finite number of 0 or more was "
            "expected.",
            "Give the distance in mm by which two readers may differ.",
        )
    require_same_grid(region, reference, names=("the mask", "the reference"))
    first, second = (
        _Side.from_region(region, probability, "mask"),
        _Side.from_region(reference, reference_probability, "reference"),
    )
    x, y, z = region.GetSpacing()
    pair = _crop(first, second, spacing=(z, y, x), field=field)
    there, back = _surface(pair, tolerance_mm)
    parts = components(pair.inside, pair.expected), components(pair.expected, pair.inside)
    centres = {"centroid_distance_mm": _centroid_distance(pair)}
    directions = (
        (pair.counts, there, detection(*parts), _auc(first, second, pair.field)),
        (pair.counts.swapped(), back, detection(*parts[::-1]), _auc(second, first, pair.field)),
    )
    results = [
        overlap(counts) | _volumes(counts, pair.spacing) | surface | centres | lesions | {"auc": auc}
        for counts, surface, lesions, auc in directions
    ]
    one, other = ({name: values[name] for name in (*VOLUMES, *METRICS)} for values in results)
    return one, other


def comparison_status(mask_region: sitk.Image, reference_region: sitk.Image) -> str:
    """Return which region is empty: ``ok`` (none), ``empty_mask``, ``empty_reference`` or ``both_empty``."""
    first, second = (bounding_box(_array(region)) for region in (mask_region, reference_region))
    names = {
        (False, False): "ok",
        (True, False): "empty_mask",
        (False, True): "empty_reference",
        (True, True): "both_empty",
    }
    return names[first is None, second is None]


@dataclass(frozen=True)
class _Side:
    """One of the two masks: its image (axes z, y, x), its bounding box and its probability map."""

    image: NDArray[Any]
    box: Box | None
    probability: NDArray[Any] | None

    @classmethod
    def from_region(cls, region: sitk.Image, probability: sitk.Image | None, name: str) -> _Side:
        image = _array(region)
        if probability is None:
            return cls(image, bounding_box(image), None)
        checked = _checked_probability(
            probability, region, names=(f"the probability map of the {name}", name)
        )
        return cls(image, bounding_box(image), _array(checked))


@dataclass(frozen=True)
class _Pair:
    """Two masks cropped to the smallest box around both, the field that is counted, and the counts."""

    inside: NDArray[np.bool_]
    expected: NDArray[np.bool_]
    spacing: Triple
    field: Box | None
    counts: Counts


def _crop(first: _Side, second: _Side, *, spacing: Triple, field: Field) -> _Pair:
    box = joint_box(first.box, second.box)
    counted = field.box(box, shape=first.image.shape, spacing=spacing)
    part = box or (slice(0, 0),) * 3
    inside, expected = (np.ascontiguousarray(side.image[part] != 0) for side in (first, second))
    size, reference_size = int(np.count_nonzero(inside)), int(np.count_nonzero(expected))
    both = int(np.count_nonzero(inside & expected))
    neither = voxels_in(counted) - (size + reference_size - both)
    return _Pair(
        inside, expected, spacing, counted, Counts(both, size - both, reference_size - both, neither)
    )


def _volumes(counts: Counts, spacing: Triple) -> Values:
    millilitres = prod(spacing) / 1000
    return {
        "volume_ml": counts.mask * millilitres,
        "reference_ml": counts.reference * millilitres,
        "volume_difference_ml": (counts.mask - counts.reference) * millilitres,
    }


def _surface(pair: _Pair, tolerance_mm: float) -> tuple[Values, Values]:
    """Surface metrics in both directions. With one empty mask the surface Dice is 0 and distances are NaN."""
    if not (pair.counts.mask and pair.counts.reference):
        one_is_empty = bool(pair.counts.mask or pair.counts.reference)
        undefined = dict.fromkeys(("hd_mm", "hd95_mm", "assd_mm", "signed_distance_mm"), nan)
        values = undefined | {"nsd": 0.0 if one_is_empty else nan}
        return values, values
    there, back = surface_distances(pair.inside, pair.expected, pair.spacing)
    symmetric = {
        "hd_mm": hd(there, back),
        "hd95_mm": hd95(there, back),
        "assd_mm": assd(there, back),
        "nsd": surface_dice(there, back, tolerance_mm),
    }
    # Measured at the elements of the reference: where they are inside the mask, the mask reaches further.
    return (
        symmetric | {"signed_distance_mm": back.signed_mean},
        symmetric | {"signed_distance_mm": there.signed_mean},
    )


def _centroid_distance(pair: _Pair) -> float:
    """Distance between the centres of gravity in mm; NaN if one mask is empty."""
    if not (pair.counts.mask and pair.counts.reference):
        return nan
    offset = np.subtract(_centroid(pair.inside), _centroid(pair.expected)) * pair.spacing
    return float(np.sqrt((offset**2).sum()))


def _centroid(volume: NDArray[np.bool_]) -> list[float]:
    """Mean index of the voxels inside, in the order z, y, x."""
    rows = volume.sum(axis=2, dtype=np.int64)
    profiles = rows.sum(axis=1), rows.sum(axis=0), volume.sum(axis=(0, 1), dtype=np.int64)
    size = int(rows.sum())
    return [int(profile @ np.arange(len(profile))) / size for profile in profiles]


def _auc(side: _Side, truth: _Side, field: Box | None) -> float:
    if side.probability is None or field is None:
        return nan
    return roc_area(side.probability[field], truth.image[field] != 0)


def _read_probability(source: str | Path | sitk.Image, region: sitk.Image, mask: str) -> sitk.Image:
    return _checked_probability(read_image(source), region, names=(describe(source), mask))


def _checked_probability(
    probability: sitk.Image, region: sitk.Image, *, names: tuple[str, str]
) -> sitk.Image:
    require_same_grid(probability, region, names=names)
    values = _array(probability)
    low, high = float(values.min()), float(values.max())  # a NaN makes both NaN
    if low >= 0 and high <= 1:
        return probability
    finite = isfinite(low) and isfinite(high)
    content = f"values from {low:g} to {high:g}" if finite else "NaN or infinite values"
    raise InputError(
        f"{names[0]} contains {content}; probabilities from 0 to 1 were expected.",
        "Give the probability of the mask's label, not logits, percentages or labels.",
    )


def _array(image: sitk.Image) -> NDArray[Any]:
    """View of the voxels of an image, axes z, y, x, without a copy; keep the image alive while it is used."""
    return np.asarray(sitk.GetArrayViewFromImage(image))
