"""From a case to its image and region."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import SimpleITK as sitk

from nbradiomics.cohort import Case
from nbradiomics.components import keep_component
from nbradiomics.errors import InputError
from nbradiomics.images.grid import require_same_grid
from nbradiomics.images.io import read_image
from nbradiomics.images.region import read_region
from nbradiomics.tables import AUTO
from nbradiomics.workspace import content_hash

#: PyRadiomics' default.
DEFAULT_LABEL = 1


def read_case_region(case: Case, label: int = DEFAULT_LABEL) -> sitk.Image:
    """Region of a case: its masks united, and of a component this one alone.

    Parameters
    ----------
    case
        Which masks.
    label
        Label of masks for which the cohort table names none.

    Returns
    -------
    SimpleITK.Image
        8-bit, 1 inside, 0 outside.
    """
    labels = _labels(case, label)
    for mask in case.masks:
        require_not_the_image(mask.path, case.scan.image)
    first, *others = [
        (mask.path, read_region(mask.path, own)) for mask, own in zip(case.masks, labels, strict=True)
    ]
    path, region = first
    for other_path, other in others:
        require_same_grid(region, other, names=(str(path), str(other_path)))
        region = sitk.Or(region, other)
    if case.component is None:
        return region
    try:
        return keep_component(region, case.component.number, case.component.minimum_ml)
    except InputError as error:
        raise InputError(f"{path}: {error.problem}", error.remedy) from error


def require_not_the_image(mask: Path, image: Path) -> None:
    """Raise `InputError` where a mask is the image itself: its grey values would pass for labels."""
    with suppress(OSError):  # a file that is not there is told where it is read
        same_size = mask.stat().st_size == image.stat().st_size
        if same_size and content_hash(mask) == content_hash(image):
            raise InputError(f"{mask} is given as mask, and is the image itself.", "Name the mask's file.")


def read_case(case: Case, label: int = DEFAULT_LABEL) -> tuple[sitk.Image, sitk.Image]:
    """Image and region of a case, on one grid.

    Raises
    ------
    InputError
        When a file cannot be used, the grids differ, or the region is empty.
    """
    image = read_image(case.scan.image)
    return image, region_on(image, case, label)


def region_on(image: sitk.Image, case: Case, label: int = DEFAULT_LABEL) -> sitk.Image:
    """Region of a case on the grid of its scan's image; raises `InputError` as `read_case`."""
    region = read_case_region(case, label)
    require_same_grid(region, image, names=(str(case.masks[0].path), str(case.scan.image)))
    if not sitk.GetArrayViewFromImage(region).any():
        raise InputError(f"{case.masks[0].path}: the mask is empty.", "There is nothing to measure in it.")
    # Within tolerance the grids are the same; libraries that compare exactly must see them so.
    region.CopyInformation(image)
    return region


def region_hashes(case: Case, label: int) -> list[tuple[str, int | str]]:
    """What tells the region of a case, for the key of a stored result: content and label of its masks.

    A component of them adds its number.
    """
    hashes = [content_hash(mask.path) for mask in case.masks]
    masks = list(zip(hashes, _labels(case, label), strict=True))
    return masks if case.component is None else [*masks, ("component", case.component.number)]


def _labels(case: Case, label: int) -> list[int | str]:
    """Label of each mask: the cohort's, else `label`; the model's masks hold 1, whatever the readers use."""
    default = DEFAULT_LABEL if case.reader == AUTO else label
    return [default if mask.label is None else mask.label for mask in case.masks]
