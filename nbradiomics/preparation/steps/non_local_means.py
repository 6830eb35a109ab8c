"""Denoising by non-local means (Buades et al. 2005), computed by scikit-image in three dimensions."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from nbradiomics.errors import InputError
from nbradiomics.perturbation.boxes import region_like
from nbradiomics.perturbation.noise import noise_level
from nbradiomics.preparation.steps.step import Step
from nbradiomics.preparation.tissue import foreground
from nbradiomics.preparation.volume import Volume, values_of


class NonLocalMeans(Step):
    """Average voxels whose surroundings are alike; the unit of the voxels stays.

    The level of the noise is estimated in the image: in and around the body mask if there is one, else in and
    around the foreground (`perturbation.noise`).
    """

    kind: ClassVar[str] = "nlm"

    strength: Annotated[float, Field(gt=0, le=10)] = Field(
        default=0.8, description="Cut-off of the distance of two patches, as a multiple of the noise level."
    )
    patch: Annotated[int, Field(ge=3, le=15)] = Field(
        default=3, description="Edge of the patches that are compared, in voxels; an odd number."
    )
    search: Annotated[int, Field(ge=1, le=15)] = Field(
        default=3, description="Largest distance of two patches along each axis, in voxels."
    )

    def _applied(self, volume: Volume) -> Volume:
        from skimage.restoration import denoise_nl_means

        size = volume.image.GetSize()
        if min(size) < self.patch:
            raise InputError(
                f"the image has {size[0]} x {size[1]} x {size[2]} voxels; at least {self.patch} along each "
                "axis were expected.",
                "Use ad for images of so few slices.",
            )
        level = self._noise(volume)
        # In double precision: the fast algorithm takes differences of sums over the whole image.
        smooth = denoise_nl_means(
            values_of(volume.image),
            patch_size=self.patch,
            patch_distance=self.search,
            h=self.strength * level,
            sigma=level,
            fast_mode=True,
            preserve_range=True,
        )
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
