"""Bias field of the coil: N4 (Tustison et al. 2010, 10.1109/TMI.2010.2046908), computed by ITK.

The field is fitted on a thinned image, because it is smooth, and applied at full resolution. N4 takes the
logarithm of the intensities: voxels of the mask with values of 0 or less are left out of the fit and are
counted in the record; too many of them are refused. The field is applied everywhere.

N4 leaves the overall level of the field open, and with each iteration it drifts: in an image that was
tried, the mean field was 0.39 after the usual convergence, and 0.17 with a stricter one. So the field is
divided by its geometric mean in the voxels of the fit: the level of the image stays, and only its shading
changes.

The default has two levels, not the four of ITK's examples. With four, the knots of the last level are as
near to each other as the two ends of a tumour, and the field learns the tumour's own texture. In synthetic
abdomens with a planted field (8 images of two scanners, field of 0.2 standard deviation of the logarithm,
two levels against four, Li's threshold): correlation of found and planted field 0.97 against 0.90;
coefficient of variation in the tumour, as a multiple of that without a field, 0.98 to 1.01 against 0.83 to
1.67. Otsu's threshold leaves out darker tissues of the body, and was worse (0.87 with two levels). The
foreground of all steps, brighter than a tenth of the range, equals Li's threshold there. In real crops it is
better: 11 fields of 0.2 (linear, or a wave) planted in 6 of the sarcoma images below were found with a
correlation of 0.71 to 1.00, with Li's threshold of 0.36 to 0.99, and in no image was Li's better.

In 5 real MR images whose field had been removed by their publishers (soft-tissue sarcoma, cropped 5 cm
around the tumour), two levels found fields between 0.94 and 1.07, nearly nothing; four levels found fields
between 0.66 and 1.60, which are no shading of a coil, and changed the coefficient of variation in the
tumour by -3 to +13 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from pydantic import Field

from nbradiomics.errors import InputError
from nbradiomics.perturbation.boxes import region_like
from nbradiomics.preparation.steps.step import SHORT_LIST, Step
from nbradiomics.preparation.tissue import foreground
from nbradiomics.preparation.volume import Volume, values_of

#: Cubic B-splines, and fewest voxels of the thinned image along each axis.
_ORDER, LEAST_VOXELS = 3, 4
#: Largest share of the mask that may have values of 0 or less. Interpolation leaves a few of them.
MOST_NOT_POSITIVE = 0.05
#: Most elements of the B-spline grid along an axis at the coarsest level.
_MOST_ELEMENTS = 50

Count = Annotated[int, Field(ge=1, le=1000)]


class N4(Step):
    """Divide the image by a smooth field that N4 estimates."""

    kind: ClassVar[str] = "n4"
    arbitrary_units: ClassVar[bool] = True

    shrink: Annotated[int, Field(ge=1, le=16)] = Field(
        default=4,
        description="Thinning for the fit: every n-th voxel along the shortest edge; axes with longer edges "
        "are thinned less, to about the same distance in mm",
    )
    mask: Literal["auto", "body", "foreground", "li", "otsu", "image"] = Field(
        default="auto",
        description="Voxels of the fit: auto (the body mask where given, else foreground), body (must be "
        "given), foreground (brighter than a tenth of the image's range), li or otsu (above a threshold of "
        "its histogram), image (all)",
    )
    iterations: Annotated[tuple[Count, ...], SHORT_LIST] = Field(
        default=(50, 50),
        min_length=1,
        max_length=8,
        description="Most iterations at each level; each level halves the distance of the spline's knots.",
    )
    convergence: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.001, description="A level ends when the field changes by less (coefficient of variation)."
    )
    spline: Annotated[float, Field(ge=10, le=2000)] = Field(
        default=200.0, description="Largest distance of the spline's knots at the first level, in mm."
    )

    def _applied(self, volume: Volume) -> Volume:
        inside, source = self._mask(volume)
        values = values_of(volume.image)
        positive = values > 0
        dropped = 1.0 - float(np.count_nonzero(inside & positive)) / float(np.count_nonzero(inside))
        if dropped > MOST_NOT_POSITIVE:
            raise InputError(
                f"{dropped:.1%} of the voxels for N4 ({source}) have values of 0 or less; at most "
                f"{MOST_NOT_POSITIVE:.0%} were expected.",
                "N4 needs a signal above 0: was the image normalised before? Or choose another mask.",
            )
        factors = shrink_factors(volume.image, self.shrink)
        field, level = self._log_field(volume.image, inside & positive, factors)
        field -= field[inside & positive].mean()
        found: dict[str, float | str] = {
            "mask": source,
            "thinned": "x".join(map(str, factors)),
            "share_not_positive": dropped,
            "field_lowest": float(np.exp(field[inside].min())),
            "field_highest": float(np.exp(field[inside].max())),
            "last_change": level,
        }
        return volume.with_values(values / np.exp(field), self.record(found))

    def _mask(self, volume: Volume) -> tuple[NDArray[np.bool_], str]:
        if self.mask == "body" and volume.body is None:
            raise InputError(
                "there is no mask of the body, which the step needs (mask=body).",
                "Give it, or use mask=foreground.",
            )
        if volume.body is not None and self.mask in ("auto", "body"):
            return np.asarray(sitk.GetArrayViewFromImage(volume.body) != 0), "body"
        if self.mask == "image":
            return np.ones(volume.image.GetSize()[::-1], dtype=bool), "image"
        if self.mask in ("li", "otsu"):
            return foreground(volume.image, self.mask), self.mask
        return foreground(volume.image), "foreground"

    def _log_field(
        self, image: sitk.Image, inside: NDArray[np.bool_], factors: Sequence[int]
    ) -> tuple[NDArray[np.float64], float]:
        """Logarithm of the field at full resolution, z, y, x, and the last change of the field."""
        full = sitk.Cast(image, sitk.sitkFloat32)
        thin = sitk.Shrink(full, factors)
        mask = sitk.Shrink(region_like(inside, image), factors)
        if not sitk.GetArrayViewFromImage(mask).any():
            raise InputError("the thinned mask for N4 is empty.", "Use a smaller shrink, or a larger mask.")
        n4 = sitk.N4BiasFieldCorrectionImageFilter()
        n4.SetMaximumNumberOfIterations(list(self.iterations))
        n4.SetConvergenceThreshold(self.convergence)
        n4.SetNumberOfControlPoints(control_points(image, self.spline))
        n4.Execute(thin, mask)
        field = values_of(n4.GetLogBiasFieldAsImage(full))
        if not np.isfinite(field).all():
            raise InputError("N4 found no finite field.", "Look at the image and the mask; leave out n4.")
        return field, float(n4.GetCurrentConvergenceMeasurement())


def shrink_factors(image: sitk.Image, shrink: int) -> list[int]:
    """Thinning along x, y, z: to about the same distance in mm along each axis.

    Raises
    ------
    InputError
        When fewer than `LEAST_VOXELS` voxels along an axis would be left.
    """
    spacing, size = image.GetSpacing(), image.GetSize()
    distance = shrink * min(spacing)
    factors = [max(1, math.floor(distance / edge + 0.5)) for edge in spacing]
    left = [count // factor for count, factor in zip(size, factors, strict=True)]
    if min(left) < LEAST_VOXELS:
        raise InputError(
            f"{size[0]} x {size[1]} x {size[2]} voxels, thinned by {' x '.join(map(str, factors))}, leave "
            f"{' x '.join(map(str, left))}; N4 needs at least {LEAST_VOXELS} along each axis.",
            "Use a smaller shrink, or leave out n4 for images of so few slices.",
        )
    return factors


def control_points(image: sitk.Image, distance: float) -> list[int]:
    """Control points of the spline along x, y, z, so that knots are at most `distance` mm apart."""
    extents = [count * edge for count, edge in zip(image.GetSize(), image.GetSpacing(), strict=True)]
    elements = [min(max(1, math.ceil(extent / distance)), _MOST_ELEMENTS) for extent in extents]
    return [number + _ORDER for number in elements]
