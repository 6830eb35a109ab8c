"""Denoising by non-local means (Buades et al. 2005) in three dimensions.

Patches are compared by their mean squared difference, computed for one shift of the whole image after the
other (Darbon et al. 2008, 10.1109/ISBI.2008.4541250). scikit-image's fast mode, which does the same, compares
patches of an even number of voxels that lie half a voxel beside their centre: in synthetic MR images of two
scanners, its results for an image and for the same image stored upside down differed by 0.7 to 0.8 of the
noise inside the tumour, and its error in tissue was 0.62 to 0.68 of the noise instead of 0.44 to 0.56.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from nbradiomics.errors import InputError
from nbradiomics.perturbation.boxes import region_like
from nbradiomics.perturbation.noise import noise_level
from nbradiomics.preparation.steps.step import Step
from nbradiomics.preparation.tissue import foreground
from nbradiomics.preparation.volume import Volume, values_of

Array = NDArray[np.float64]
Place = tuple[slice, ...]


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("an odd number was expected, so that a patch has a middle")
    return value


class NonLocalMeans(Step):
    """Average voxels whose surroundings are alike; the unit of the voxels stays.

    The level of the noise is estimated in the image: in and around the body mask if there is one, else in and
    around the foreground (`perturbation.noise`).
    """

    kind: ClassVar[str] = "nlm"

    strength: Annotated[float, Field(gt=0, le=10)] = Field(
        default=0.8, description="Cut-off of the distance of two patches, as a multiple of the noise level."
    )
    patch: Annotated[int, Field(ge=3, le=15), AfterValidator(_odd)] = Field(
        default=3, description="Edge of the patches that are compared, in voxels; an odd number."
    )
    search: Annotated[int, Field(ge=1, le=15)] = Field(
        default=3, description="Largest distance of two patches along each axis, in voxels."
    )

    def _applied(self, volume: Volume) -> Volume:
        size = volume.image.GetSize()
        if min(size) < self.patch:
            raise InputError(
                f"the image has {size[0]} x {size[1]} x {size[2]} voxels; at least {self.patch} along each "
                "axis were expected.",
                "Use ad for images of so few slices.",
            )
        level = self._noise(volume)
        smooth = averaged(values_of(volume.image), level, self.patch, self.search, self.strength * level)
        return volume.with_values(smooth, self.record({"noise_level": level}))

    def _noise(self, volume: Volume) -> float:
        around = volume.body
        if around is None:
            around = region_like(foreground(volume.image), volume.image)
        try:
            return noise_level(volume.image, around)
        except InputError as error:
            remedy = "Leave out nlm for images that are too small, were smoothed, or made by a computer."
            raise InputError(error.problem, remedy) from error


def averaged(values: Array, noise: float, patch: int, search: int, cutoff: float) -> Array:
    """Mean of the voxels in the search window of each voxel, weighted by how much their patches are alike.

    Parameters
    ----------
    values
        Axes z, y, x.
    noise
        Standard deviation of the noise, in the unit of the values.
    patch, search
        Edge of the patches (odd), and largest distance along each axis, in voxels. Patches at the border of
        the image are completed by reflection.
    cutoff
        In the unit of the values.

    Notes
    -----
    The weight of a voxel is ``exp(-max(d - 2 * noise**2, 0) / cutoff**2)``, where d is the mean squared
    difference of the two patches, which has the expected value ``2 * noise**2`` for equal tissue.
    """
    from scipy.ndimage import uniform_filter

    half = patch // 2
    padded = np.pad(values, half, mode="reflect")
    middle = (slice(half, -half),) * 3
    summed, total = values.copy(), np.ones_like(values)
    for here, there in _pairs(values.shape, search):
        difference = padded[_widened(here, half)] - padded[_widened(there, half)]
        apart = uniform_filter(difference**2, patch)[middle]
        weight = np.exp(-np.maximum(apart - 2 * noise**2, 0) / cutoff**2)
        summed[here] += weight * values[there]
        summed[there] += weight * values[here]
        total[here] += weight
        total[there] += weight
    return np.asarray(summed / total, dtype=np.float64)


def _pairs(shape: tuple[int, ...], search: int) -> Iterator[tuple[Place, Place]]:
    """Places of the two voxels of all pairs that are the same shift apart; each two opposite shifts once."""
    for shift in product(range(-search, search + 1), repeat=3):
        steps = list(zip(shift, shape, strict=True))
        if shift > (0, 0, 0) and all(abs(step) < size for step, size in steps):
            here = tuple(slice(max(0, -step), size - max(0, step)) for step, size in steps)
            there = tuple(slice(max(0, step), size - max(0, -step)) for step, size in steps)
            yield here, there


def _widened(place: Place, half: int) -> Place:
    """The place in the padded image, with the patches around its voxels."""
    return tuple(slice(side.start, side.stop + 2 * half) for side in place)
