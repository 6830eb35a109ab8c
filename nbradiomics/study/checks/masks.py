"""One mask: can it be read, does it lie on its image, can something be measured in it?"""

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

#: Largest range of values of an image that may be a mask.
_FEW = 20
#: Largest label that is no reason to ask whether a mask is an image.
_HIGHEST_LABEL = 255


@dataclass
class Looked:
    """What looking at a scan gave, in what JSON can hold.

    Attributes
    ----------
    findings
        What is wrong.
    contents
        Digests of image, masks and regions, by line.
    labels
        What each mask holds of labels.
    spans
        Lowest and highest value of each region, where there are parameters to say how they are prepared.
    volumes
        Of each region, in ml.
    spacing
        Voxel edges of the image in mm (x, y, z); ``None`` where it cannot be read.
    image_doubts
        What the image's header leaves open; of a mask it is not said again.
    passing
        Whether something could not be read for a cause that may pass: the answer is then not kept
        (`workspace.PASSING`).
    """

    findings: list[Finding] = field(default_factory=list)
    contents: list[Content] = field(default_factory=list)
    labels: list[Found] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)
    volumes: list[float] = field(default_factory=list)
    spacing: list[float] | None = None
    image_doubts: list[tuple[str, str]] = field(default_factory=list)
    passing: bool = False

    def payload(self) -> dict[str, Any]:
        """As a mapping."""
        return asdict(self)

    def add_error(self, line: int, column: str, error: InputError) -> None:
        """Add why something cannot be read or measured."""
        self.findings.append((line, column, "error", error.problem, error.remedy))
        self.passing = self.passing or isinstance(error, TransientError)

    def add_doubts(self, line: int, column: str, file: str, doubts: list[tuple[str, str]]) -> None:
        """Add what a header leaves open."""
        self.findings += [(line, column, "warning", f"{file}: {found}", remedy) for found, remedy in doubts]


def check_mask(
    row: MaskRow, image: sitk.Image | None, image_file: str, fit: Fit, looked: Looked
) -> sitk.Image | None:
    """Look at a mask, add what is found to `looked`, and give its region where it can be measured.

    Parameters
    ----------
    row
        Line, file and label.
    image, image_file
        What it was drawn on; ``None`` where that cannot be read.
    fit
        How far the grid of the mask may lie from the image's.
    looked
        Gets what is found.
    """
    line, file, _ = row
    of_image = takewhile(lambda finding: finding[1] == "image", looked.findings)  # they come first
    sound = not any(severity == "error" for _, _, severity, *_ in of_image)
    try:
        drawn = read_mask(file)
    except InputError as error:
        looked.add_error(line, "mask", error)
        return None
    looked.contents.append((line, "mask", digest_of(sitk.GetArrayViewFromImage(drawn))))
    if image is not None:
        own = [doubt for doubt in doubts_of(Path(file)) if doubt not in looked.image_doubts]
        looked.add_doubts(line, "mask", file, own)
    odd = _no_mask(drawn, image, file)
    if odd:
        looked.findings.append((line, "mask", "error", *odd))
        return None
    fits = image is not None
    try:
        if image is not None:
            drawn = fit_mask(drawn, image, fit, names=(file, image_file))
    except InputError as error:
        fits = False
        looked.add_error(line, "mask", error)
    # On grids of their own two regions of equal voxels may lie in two places.
    keep = sound and fits and image is not None and not grid_difference(drawn, image)
    region = _region(drawn, row, looked, keep=keep)
    if region is None or not fits:
        return None
    assert image is not None  # it fits
    looked.findings += check_fit(line, file, region, image, fit)
    return region


def _region(drawn: sitk.Image, row: MaskRow, looked: Looked, *, keep: bool) -> sitk.Image | None:
    """Region of a mask, where it holds two voxels or more; `keep` its content to find another like it."""
    line, file, label = row
    try:
        region = read_region(drawn, label, name=file)
        looked.labels.append(examine_labels(drawn, row))
    except InputError as error:
        looked.add_error(line, "mask", error)
        return None
    inside = sitk.GetArrayViewFromImage(region) > 0
    voxels = int(np.count_nonzero(inside))
    looked.volumes.append(voxels * float(np.prod(region.GetSpacing())) / 1000)
    if voxels == 0:
        remedy = "Is there no tumour? Its features will be missing; its agreement is counted as empty."
        looked.findings.append((line, "mask", "warning", f"{file}: the mask is empty.", remedy))
    if voxels == 1:
        found = f"{file}: the mask holds a single voxel."
        looked.findings.append((line, "mask", "error", found, "Look at it in a viewer."))
    elif keep:
        looked.contents.append((line, "region", digest_of(inside)))
    return region if voxels > 1 else None


def _no_mask(drawn: sitk.Image, image: sitk.Image | None, file: str) -> tuple[str, str] | None:
    """Why a file in the column `mask` is an image: it was swapped with the image, or has grey values."""
    values = sitk.GetArrayViewFromImage(drawn)
    if image is not None and _few_values(sitk.GetArrayViewFromImage(image)):
        found, there = len(np.unique(values)), len(np.unique(sitk.GetArrayViewFromImage(image)))
        if found > there + _FEW:
            problem = (
                f"{file} holds {found} different values, and the image {there}: they seem to be swapped."
            )
            return problem, "Write each into the other column."
    if (values.min() < 0 or values.max() > _HIGHEST_LABEL) and len(np.unique(values)) > _HIGHEST_LABEL:
        problem = f"{file} holds {len(np.unique(values))} different values, as an image does and no mask."
        return problem, "Name the file of the mask."
    return None


def _few_values(voxels: Any) -> bool:
    low, high = voxels.min(), voxels.max()
    return bool(high - low <= _FEW and np.all(voxels == np.round(voxels)))
