"""Settings of the diffusion fit."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Names

NoiseSource = Literal["residuals", "background"]


class DiffusionSettings(Settings):
    """Which diffusion images are fitted, and where their noise is taken from."""

    b_values: Names | None = Field(
        default=None,
        description="Diffusion images of a scan: channels that are named by their b-value in s/mm2 (b0, "
        "b1000), or a channel with its b-value (dwi_high=800). Default: all channels named b "
        "and a number.",
    )
    noise: NoiseSource | None = Field(
        default=None,
        description="Where the noise, and so the error of the ADC, is estimated: residuals (of the fits "
        "inside the masks; needs three images) or background (the air around the patient). "
        "Default: residuals with three images or more, background with two.",
    )
    sigma: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="Standard deviation of the noise in units of the images, if it is known; it is then not "
        "estimated.",
    )
    noise_floor: bool = Field(
        default=True,
        description="Whether the noise of magnitude images (Rician) is part of the model; without, weak "
        "signals give too small an ADC.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.sigma is not None and self.noise is not None:
            raise ValueError("sigma states the noise, so that it is not estimated: leave out sigma or noise")
        return self
