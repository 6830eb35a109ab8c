"""Check one mask: can it be read, does it fit its image, can features be measured in it?"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.cohort.mask_labels import Found, MaskRow, examine_labels
from nbradiomics.errors import InputError, TransientError
from nbradiomics.images.fit import Fit, fit_mask
from nbradiomics.images.grid import grid_difference
from nbradiomics.images.io import doubts_of
from nbradiomics.images.region import read_mask, read_region
from nbradiomics.study.checks.duplicates import Content, Finding, digest_of
from nbradiomics.study.checks.parameters import check_fit

#: An image whose values span at most this range may be a mask.
_FEW = 20
#: A file with a higher label may be an image instead of a mask.
_HIGHEST_LABEL = 255


@dataclass
class ScanCheck:
    """Result of checking one scan, in types that JSON supports.

    Attributes
    ----------
    findings
        Problems that were found.
    contents
        Digests of image, masks and regions, by line.
    labels
        Labels in each mask.
    spans
        Lowest and highest value of each region, if there are parameters that define the preprocessing.
    volumes
        Volume of each region in ml.
    spacing
        Voxel size of the image in mm (x, y, z); ``None`` if the image cannot be read.
    slices
        Number of slices of the image along its third axis; 0 if it cannot be read.
    typical
        Image file and median of its values: in the masks if there are some, else of the values above 0.
    image_doubts
        Ambiguities of the image's header; the same ambiguity of a mask is not reported again.
    passing
        Whether reading failed for a temporary reason; the result is then not stored (`workspace.PASSING`).
    """

    findings: list[Finding] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    labels: list[Found] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)
    volumes: list[float] = field(default_factory=list)
    spacing: list[float] | None = None
    slices: int = 0
    typical: tuple[str, float] | None = None
    image_doubts: list[tuple[str, str]] = field(default_factory=list)
    passing: bool = False

    def payload(self) -> dict[str, Any]:
        """Return the result as a mapping."""
        return asdict(self)

    def add_error(self, line: int, column: str, error: InputError) -> None:
        """Add the reason why a file cannot be read or measured."""
        self.findings.append((line, column, "error", error.problem, error.remedy))
        self.passing = self.passing or isinstance(error, TransientError)

    def add_doubts(self, line: int, column: str, file: str, doubts: list[tuple[str, str]]) -> None:
        """Add the ambiguities of a header."""
        self.findings += [(line, column, "warning", f"{file}: {found}", remedy) for found, remedy in doubts]


def check_mask(
    row: MaskRow, image: sitk.Image | None, image_file: str, fit: Fit, result: ScanCheck
) -> sitk.Image | None:
    """Read a mask, add its problems to `result`, and return its region if features can be measured.

    Parameters
    ----------
    row
        Line, file and label.
    image, image_file
        Image of the mask; ``None`` if it cannot be read.
    fit
        Allowed difference between the grids of mask and image.
    result
        Check of the scan, to which the problems are added.
    """
    line, file, _ = row
    of_image = takewhile(lambda finding: finding[1] == "image", result.findings)  # they come first
    sound = not any(severity == "error" for _, _, severity, *_ in of_image)
    try:
        mask = read_mask(file)
    except InputError as error:
        result.add_error(line, "mask", error)
        return None
    result.contents.append((line, "mask", digest_of(sitk.GetArrayViewFromImage(mask))))
    if image is not None:
        new_doubts = [doubt for doubt in doubts_of(Path(file)) if doubt not in result.image_doubts]
        result.add_doubts(line, "mask", file, new_doubts)
    not_a_mask = _why_no_mask(mask, image, file)
    if not_a_mask:
        result.findings.append((line, "mask", "error", *not_a_mask))
        return None
    fits = image is not None
    try:
        if image is not None:
            mask = fit_mask(mask, image, fit, names=(file, image_file))
    except InputError as error:
        fits = False
        result.add_error(line, "mask", error)
    # On different grids, two regions with equal voxels may be in different places.
    comparable = sound and fits and image is not None and not grid_difference(mask, image)
    region = _region(mask, row, result, comparable=comparable)
    if region is None or not fits:
        return None
    assert image is not None  # it fits
    result.findings += check_fit(line, file, region, image, fit)
    return region


def _region(mask: sitk.Image, row: MaskRow, result: ScanCheck, *, comparable: bool) -> sitk.Image | None:
    """Return the region of a mask if it has two voxels or more; store its digest if it is `comparable`."""
    line, file, label = row
    try:
        region = read_region(mask, label, name=file)
        result.labels.append(examine_labels(mask, row))
    except InputError as error:
        result.add_error(line, "mask", error)
        return None
    inside = sitk.GetArrayViewFromImage(region) > 0
    voxels = int(np.count_nonzero(inside))
    result.volumes.append(voxels * float(np.prod(region.GetSpacing())) / 1000)
    if voxels == 0:
        remedy = "Check that there is no tumour. Its features will be missing; its agreement counts as empty."
        result.findings.append((line, "mask", "warning", f"{file}: the mask is empty.", remedy))
    if voxels == 1:
        found = f"{file}: the mask contains a single voxel."
        result.findings.append((line, "mask", "error", found, "Look at the mask in an image viewer."))
    elif comparable:
        result.contents.append((line, "region", digest_of(inside)))
    return region if voxels > 1 else None


def _why_no_mask(mask: sitk.Image, image: sitk.Image | None, file: str) -> tuple[str, str] | None:
    """Explain why a file in the column `mask` seems to be an image; ``None`` if it seems to be a mask."""
    values = sitk.GetArrayViewFromImage(mask)
    if image is not None and _few_values(sitk.GetArrayViewFromImage(image)):
        in_mask, in_image = len(np.unique(values)), len(np.unique(sitk.GetArrayViewFromImage(image)))
        if in_mask > in_image + _FEW:
            problem = (
                f"{file} contains {in_mask} different values, and the image {in_image}: mask and image seem "
                "to be swapped."
            )
            return problem, "Exchange the two files in the table."
    if (values.min() < 0 or values.max() > _HIGHEST_LABEL) and len(np.unique(values)) > _HIGHEST_LABEL:
        problem = f"{file} contains {len(np.unique(values))} different values: it seems to be an image."
        return problem, "Name the file of the mask."
    return None


def _few_values(voxels: Any) -> bool:
    low, high = voxels.min(), voxels.max()
    return bool(high - low <= _FEW and np.all(voxels == np.round(voxels)))
