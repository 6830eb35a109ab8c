"""Images from which features are computed: the original image and PyRadiomics' filtered images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.features.native.arithmetic import rounds_as_itk
from nbradiomics.features.native.filters.laplacian import laplacian_of_gaussian
from nbradiomics.system.quiet import quiet

#: An image, PyRadiomics' name for it, and its settings.
_Filtered = tuple[sitk.Image, str, Mapping[str, Any]]


def filtered_images(
    image: sitk.Image,
    mask: sitk.Image,
    image_types: Mapping[str, Mapping[str, Any] | None],
    settings: Mapping[str, Any],
) -> Iterator[tuple[sitk.Image, str, Mapping[str, Any]]]:
    """Make the images of each requested type, one at a time.

    The filters are PyRadiomics' own functions, except the Laplacian of Gaussian, which was the slowest. They
    run on the whole image: their values near its border depend on the position of the border.

    Parameters
    ----------
    image, mask
        On the grid of the features, from `preparation.prepare`.
    image_types
        PyRadiomics' image types, each with its own settings.
    settings
        Settings for image types that do not have their own value.

    Yields
    ------
    SimpleITK.Image, str, Mapping
        The image on the same grid, PyRadiomics' name for it (``log-sigma-2-0-mm-3D``), and its settings.
    """
    from radiomics import imageoperations

    for image_type, type_settings in image_types.items():
        effective = {**settings, **(type_settings or {})}
        if image_type == "LoG":
            yield from _laplacians(image, mask, effective)
        else:
            generate = getattr(imageoperations, f"get{image_type}Image")
            yield from _quietly(generate(image, mask, **effective))


def _quietly(images: Iterator[_Filtered]) -> Iterator[_Filtered]:
    """Yield the images without warnings of the libraries.

    scikit-image warns about every LBP of an image without whole numbers, NumPy about a logarithm of 0. Values
    that are not finite are refused later, when they are measured.
    """
    while True:
        with quiet():
            image = next(images, None)
        if image is None:
            return
        yield image


def _laplacians(
    image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any]
) -> Iterator[tuple[sitk.Image, str, Mapping[str, Any]]]:
    """Make the Laplacian of Gaussian of each `sigma`; PyRadiomics handles, and logs, an unsuitable one."""
    from radiomics import imageoperations

    size, spacing = np.array(image.GetSize()), np.array(image.GetSpacing())
    x, y, z = image.GetSpacing()
    for sigma in settings.get("sigma", []):
        if not rounds_as_itk() or size.min() < 4 or not np.all(size >= np.ceil(sigma / spacing) + 1):
            yield from imageoperations.getLoGImage(image, mask, **{**settings, "sigma": [sigma]})
            if size.min() < 4:
                return
            continue
        filtered = sitk.GetImageFromArray(
            laplacian_of_gaussian(sitk.GetArrayViewFromImage(image), (z, y, x), sigma)
        )
        filtered.CopyInformation(image)
        yield filtered, f"log-sigma-{str(sigma).replace('.', '-')}-mm-3D", settings
