"""Read the image and the region of a case."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import reduce
from pathlib import Path

import SimpleITK as sitk

from nbradiomics.cohort.cohort import Case
from nbradiomics.cohort.components import keep_component
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import content_hash
from nbradiomics.images.fit import STRICT, Fit, fit_mask, on_grid
from nbradiomics.images.grid import require_same_grid
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region
from nbradiomics.tables import AUTO

#: PyRadiomics' default.
DEFAULT_LABEL = 1


def read_case_region(case: Case, label: int = DEFAULT_LABEL) -> sitk.Image:
    """Read the region of a case: the union of its masks, or the component of it that the case names.

    Parameters
    ----------
    case
        The case with its masks.
    label
        Label of masks for which the cohort table has no label.

    Returns
    -------
    SimpleITK.Image
        8-bit, 1 inside, 0 outside.
    """
    labels = _labels(case, label)
    for mask in case.masks:
        require_not_the_image(mask.path, case.scan.image)
    first, *others = [
        (mask.path, read_region(mask.path, mask_label))
        for mask, mask_label in zip(case.masks, labels, strict=True)
    ]
    path, region = first
    for other_path, other in others:
        require_same_grid(region, other, names=(str(path), str(other_path)))
        region = sitk.Or(region, other)
    return _component(region, case)


def _component(region: sitk.Image, case: Case) -> sitk.Image:
    """The component of a region that the case names; the whole region if it names none."""
    if case.component is None:
        return region
    try:
        return keep_component(region, case.component.number, case.component.minimum_ml)
    except InputError as error:
        raise InputError(f"{case.masks[0].path}: {error.problem}", error.remedy) from error


def require_not_the_image(mask: Path, image: Path) -> None:
    """Raise `InputError` if a mask is the image itself, whose grey values would be read as labels."""
    with suppress(OSError):  # a missing file is reported when it is read
        same_size = mask.stat().st_size == image.stat().st_size
        if same_size and content_hash(mask) == content_hash(image):
            raise InputError(f"{mask} is given as mask, but is the image itself.", "Name the mask's file.")


def read_case(case: Case, label: int = DEFAULT_LABEL, fit: Fit = STRICT) -> tuple[sitk.Image, sitk.Image]:
    """Read the image and the region of a case; `fit` decides whether the region may keep another grid.

    Raises
    ------
    InputError
        When a file cannot be used, the grids differ, or the region is empty.
    """
    image = read_image(case.scan.image)
    return image, region_on(image, case, label, fit)


def region_on(image: sitk.Image, case: Case, label: int = DEFAULT_LABEL, fit: Fit = STRICT) -> sitk.Image:
    """Read the region of a case, on its image's grid unless `fit` allows another; raises as `read_case`."""
    if fit.correct and len(case.masks) > 1:
        region = _united_on(image, case, label)
    else:
        names = (str(case.masks[0].path), str(case.scan.image))
        region = fit_mask(read_case_region(case, label), image, fit, names=names)
    if not sitk.GetArrayViewFromImage(region).any():
        raise InputError(f"{case.masks[0].path}: the mask is empty.", "There is nothing to measure in it.")
    return region


def _united_on(image: sitk.Image, case: Case, label: int) -> sitk.Image:
    """Unite masks of a case that have different grids, on the image's grid."""
    parts = [replace(case, masks=(mask,), component=None) for mask in case.masks]
    regions = [on_grid(read_case_region(part, label), image, name=str(part.masks[0].path)) for part in parts]
    return _component(reduce(sitk.Or, regions), case)


def region_hashes(case: Case, label: int) -> list[tuple[str, int | str]]:
    """Identify the region of a case for the key of a stored result: content and label of its masks.

    A component adds its number and the minimum volume.
    """
    hashes = [content_hash(mask.path) for mask in case.masks]
    masks = list(zip(hashes, _labels(case, label), strict=True))
    if case.component is None:
        return masks
    # The minimum volume decides whether the largest component is measured or refused.
    return [*masks, ("component", case.component.number), ("least", f"{case.component.minimum_ml!r} ml")]


def _labels(case: Case, label: int) -> list[int | str]:
    return [label_of(case.reader, mask.label, label) for mask in case.masks]


def label_of(reader: str, row_label: int | str | None, label: int) -> int | str:
    """Label to read in a mask: its row's, else `label`; else 1 for the model's masks in any cohort."""
    default = DEFAULT_LABEL if reader == AUTO else label
    return default if row_label in (None, "") else row_label
