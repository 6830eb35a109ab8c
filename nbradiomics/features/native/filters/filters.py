"""The images that features are computed from: the original and what PyRadiomics' filters make of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.features.native.arithmetic import rounds_as_itk
from nbradiomics.features.native.filters.laplacian import laplacian_of_gaussian

#: An image, PyRadiomics' name for it, and its settings.
_Filtered = tuple[sitk.Image, str, Mapping[str, Any]]


def filtered_images(
    image: sitk.Image,
    mask: sitk.Image,
    image_types: Mapping[str, Mapping[str, Any] | None],
    settings: Mapping[str, Any],
) -> Iterator[tuple[sitk.Image, str, Mapping[str, Any]]]:
    """Images of each wanted type, one at a time.

    The filters are PyRadiomics' own functions, but for the Laplacian of Gaussian, which took longest. They
    run on the whole image: their values near its border depend on where it ends.

    Parameters
    ----------
    image, mask
        On the grid of the features, as `preparation.prepare` gives them.
    image_types
        PyRadiomics' image types, each with settings of its own.
    settings
        The settings that hold where an image type has none of its own.

    Yields
    ------
    SimpleITK.Image, str, Mapping
        The image on the same grid, PyRadiomics' name for it (``log-sigma-2-0-mm-3D``), and its settings.
    """
    from radiomics import imageoperations

    for image_type, own in image_types.items():
        effective = {**settings, **(own or {})}
        if image_type == "LoG":
            yield from _laplacians(image, mask, effective)
        else:
            generate = getattr(imageoperations, f"get{image_type}Image")
            yield from _quietly(generate(image, mask, **effective))


def _quietly(images: Iterator[_Filtered]) -> Iterator[_Filtered]:
    """Images as they come, without what libraries warn of on the way.

    scikit-image warns of every LBP of an image without whole numbers, NumPy of a logarithm of 0. What is
    not finite afterwards is refused where it is measured.
    """
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = next(images, None)
        if found is None:
            return
        yield found


def _laplacians(
    image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any]
) -> Iterator[tuple[sitk.Image, str, Mapping[str, Any]]]:
    """Laplacian of Gaussian of each `sigma`; one that does not fit is left to PyRadiomics, which says so."""
    from radiomics import imageoperations

    size, spacing = np.array(image.GetSize()), np.array(image.GetSpacing())
    x, y, z = image.GetSpacing()
    for sigma in settings.get("sigma", []):
        if not rounds_as_itk() or size.min() < 4 or not np.all(size >= np.ceil(sigma / spacing) + 1):
            yield from imageoperations.getLoGImage(image, mask, **{**settings, "sigma": [sigma]})
            if size.min() < 4:
                return
            continue
        found = sitk.GetImageFromArray(
            laplacian_of_gaussian(sitk.GetArrayViewFromImage(image), (z, y, x), sigma)
        )
        found.CopyInformation(image)
        yield found, f"log-sigma-{str(sigma).replace('.', '-')}-mm-3D", settings
