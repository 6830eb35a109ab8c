"""Images from which features are computed: the original image and PyRadiomics' filtered images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.execution.pieces import threads
from nbradiomics.features.native.arithmetic import rounds_as_itk
from nbradiomics.features.native.filters import intensities
from nbradiomics.features.native.filters.laplacian import laplacian_of_gaussian
from nbradiomics.features.native.grid.box import Box
from nbradiomics.features.native.grid.mask_checks import INSIDE
from nbradiomics.features.native.grid.part import Part
from nbradiomics.features.notes import note
from nbradiomics.features.parameters.expected import log_name
from nbradiomics.system.quiet import quiet

#: PyRadiomics' name of an image, and its values in the box.
_Named = tuple[str, NDArray[Any]]
_Settings = Mapping[str, Any]
_Filter = Callable[[sitk.Image, sitk.Image, _Settings, Box], Iterator[_Named]]
#: Part of an image, PyRadiomics' name of the image, settings.
Made = tuple[Part, str, _Settings]
#: Image types that are made by scikit-image, which warns.
_NOISY = ("LBP2D",)
#: Fewest voxels along each axis of an image for a Laplacian of Gaussian.
_LEAST = 4


def filtered_images(
    image: sitk.Image,
    mask: sitk.Image,
    image_types: Mapping[str, Mapping[str, Any] | None],
    settings: Mapping[str, Any],
    box: Box | None = None,
) -> Iterator[tuple[Part, str, Mapping[str, Any]]]:
    """Make the images of each requested type, one at a time.

    They are those of the whole image: their values near its border depend on the position of the border.

    Parameters
    ----------
    image, mask
        On the grid of the features, from `preparation.prepare`.
    image_types
        PyRadiomics' image types, each with its own settings.
    settings
        Settings for image types that do not have their own value.
    box
        Part of the image for which they are made; ``None`` for the whole image.

    Yields
    ------
    Part, str, Mapping
        The image in the box, PyRadiomics' name for it (``log-sigma-2-0-mm-3D``), and its settings.
    """
    for make in filter_steps(image, mask, image_types, settings, box):
        yield from make()


def filter_steps(
    image: sitk.Image,
    mask: sitk.Image,
    image_types: Mapping[str, Mapping[str, Any] | None],
    settings: Mapping[str, Any],
    box: Box | None = None,
) -> list[Callable[[], Iterator[Made]]]:
    """Return what makes the images of `filtered_images`, in parts that do not depend on each other.

    Each part yields the images of one image type; those of LoG are made apart.
    """
    for one in (image, mask):
        # SimpleITK copies voxels that two images share when they are first looked at: before threads do.
        sitk.GetArrayViewFromImage(one)
    steps: list[Callable[[], Iterator[Made]]] = []
    for image_type, type_settings in image_types.items():
        effective = {**settings, **(type_settings or {})}
        steps += [
            partial(_images_of, image_type, image, mask, box, part, effective)
            for part in _parts_of(image, image_type, effective)
        ]
    return steps


def _parts_of(image: sitk.Image, image_type: str, settings: _Settings) -> list[_Settings]:
    """Divide an image type by its settings."""
    sigmas = settings.get("sigma", [])
    if image_type != "LoG" or min(image.GetSize()) < _LEAST or len(sigmas) < 2:
        return [settings]
    return [{**settings, "sigma": [sigma]} for sigma in sigmas]


def _images_of(
    image_type: str,
    image: sitk.Image,
    mask: sitk.Image,
    box: Box | None,
    settings: _Settings,
    effective: _Settings,
) -> Iterator[Made]:
    quietly = quiet if image_type in _NOISY else _ignoring
    ground = Part.of(image, box)
    for name, values in _without_warnings(_FILTERS[image_type](image, mask, settings, ground.box), quietly):
        yield replace(ground, values=values), name, effective


def _without_warnings(
    images: Iterator[_Named], quietly: Callable[[], AbstractContextManager[None]]
) -> Iterator[_Named]:
    """Yield the images without warnings of the libraries.

    NumPy warns about a logarithm of 0, and scikit-image about every LBP of an image without whole numbers.
    Values that are not finite are refused later, when they are measured.
    """
    while True:
        with quietly():
            image = next(images, None)
        if image is None:
            return
        yield image


@contextmanager
def _ignoring() -> Iterator[None]:
    """Ignore what NumPy warns about; unlike `quiet`, other threads need not wait."""
    with np.errstate(all="ignore"):
        yield


def _original(image: sitk.Image, _mask: sitk.Image, _settings: _Settings, box: Box) -> Iterator[_Named]:
    yield "original", _part(image, box)


def _of_voxels(name: str, function: Callable[[NDArray[Any]], NDArray[np.float64]]) -> _Filter:
    def filtered(image: sitk.Image, _mask: sitk.Image, _settings: _Settings, box: Box) -> Iterator[_Named]:
        yield name, function(sitk.GetArrayViewFromImage(image))[box.slices]

    return filtered


def _gradient(image: sitk.Image, _mask: sitk.Image, settings: _Settings, box: Box) -> Iterator[_Named]:
    slope = sitk.GradientMagnitude(_for_itk(image), settings.get("gradientUseSpacing", True))
    yield "gradient", _part(slope, box)


def _laplacians(image: sitk.Image, _mask: sitk.Image, settings: _Settings, box: Box) -> Iterator[_Named]:
    """Make the Laplacian of Gaussian of each `sigma` for which the image is large enough."""
    size, spacing = np.array(image.GetSize()), np.array(image.GetSpacing())
    # PyRadiomics' words, which `absence` uses to find why features are missing.
    if size.min() < _LEAST:
        note(f"Image too small to apply LoG filter, size: {size}")
        return
    x, y, z = image.GetSpacing()
    for sigma in settings.get("sigma", []):
        if not np.all(size >= np.ceil(sigma / spacing) + 1):
            note(
                f"applyLoG: sigma({sigma:g})/spacing({spacing}) + 1 must be greater than the size({size}) of "
                "the inputImage"
            )
        elif rounds_as_itk():
            voxels = sitk.GetArrayViewFromImage(image)
            yield log_name(sigma), laplacian_of_gaussian(voxels, (z, y, x), sigma, box)
        else:
            yield log_name(sigma), _part(sitk.LaplacianRecursiveGaussian(_for_itk(image), sigma, True), box)


def _wavelets(image: sitk.Image, _mask: sitk.Image, settings: _Settings, box: Box) -> Iterator[_Named]:
    from nbradiomics.features.native.filters.wavelets import wavelet_images

    yield from wavelet_images(sitk.GetArrayViewFromImage(image), settings, box)


def _binary_patterns_2d(
    image: sitk.Image, _mask: sitk.Image, settings: _Settings, box: Box
) -> Iterator[_Named]:
    """Make the local binary patterns of each slice (scikit-image), in the image's own number type."""
    from skimage.feature import local_binary_pattern

    if not settings.get("force2D", False):
        note("LBP 2D compares voxels within slices, while the features are computed in 3-D")
    values = sitk.GetArrayFromImage(image)
    samples, radius = settings.get("lbp2DSamples", 8), settings.get("lbp2DRadius", 1)
    method = settings.get("lbp2DMethod", "uniform")
    for one in values.swapaxes(0, settings.get("force2Ddimension", 0)):
        one[...] = local_binary_pattern(one, P=samples, R=radius, method=method)
    yield "lbp-2D", values[box.slices]


def _binary_patterns_3d(
    image: sitk.Image, mask: sitk.Image, settings: _Settings, box: Box
) -> Iterator[_Named]:
    """Make the local binary patterns in 3-D; their values are 0 outside of the region."""
    from nbradiomics.features.native.filters.binary_patterns_3d import binary_patterns_3d

    if settings.get("force2D", False):
        note("LBP 3D compares voxels of several slices, while the features are computed in slices")
    inside = sitk.GetArrayViewFromImage(mask) == INSIDE
    norms, kurtosis = binary_patterns_3d(
        sitk.GetArrayViewFromImage(image),
        inside,
        levels=settings.get("lbp3DLevels", 2),
        radius=settings.get("lbp3DIcosphereRadius", 1),
        divisions=settings.get("lbp3DIcosphereSubdivision", 1),
    )
    names = [f"lbp-3D-m{level + 1}" for level in range(len(norms))]
    for name, found in zip([*names, "lbp-3D-k"], [*norms, kurtosis], strict=True):
        values = np.zeros(inside.shape)
        values[inside] = found
        yield name, values[box.slices]


def _for_itk(image: sitk.Image) -> sitk.Image:
    """Return an image at which no other thread looks.

    While ITK reads an image, SimpleITK gives whoever looks at its voxels a copy of them, and frees those at
    which others look.
    """
    if threads() == 1:
        return image
    own = sitk.GetImageFromArray(sitk.GetArrayViewFromImage(image))
    own.CopyInformation(image)
    return own


def _part(image: sitk.Image, box: Box) -> NDArray[Any]:
    """Copy a part of an image, so that the image need not be kept."""
    return np.array(sitk.GetArrayViewFromImage(image)[box.slices])


_FILTERS: Mapping[str, _Filter] = {
    "Original": _original,
    "Square": _of_voxels("square", intensities.square),
    "SquareRoot": _of_voxels("squareroot", intensities.square_root),
    "Logarithm": _of_voxels("logarithm", intensities.logarithm),
    "Exponential": _of_voxels("exponential", intensities.exponential),
    "Gradient": _gradient,
    "LoG": _laplacians,
    "Wavelet": _wavelets,
    "LBP2D": _binary_patterns_2d,
    "LBP3D": _binary_patterns_3d,
}
