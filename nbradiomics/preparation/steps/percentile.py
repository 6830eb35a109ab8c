"""Percentiles: two percentiles of the chosen voxels become 0 and 100."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

import numpy as np
from pydantic import Field, model_validator

from nbradiomics.errors import InputError
from nbradiomics.preparation.steps.step import Step
from nbradiomics.preparation.tissue import OVER, Over, voxels_over
from nbradiomics.preparation.volume import Volume, values_of

Percent = Annotated[float, Field(ge=0, le=100)]
#: Value of the upper percentile afterwards; the lower one becomes 0. With 100, bins of a width of 1 and more
#: stay possible.
TOP = 100.0


class Percentile(Step):
    """Map two percentiles of the chosen voxels linearly to 0 and 100; values beyond them stay beyond."""

    kind: ClassVar[str] = "percentile"
    normalises: ClassVar[bool] = True

    over: Over = Field(default="image", description=OVER)
    low: Percent = Field(default=1.0, description="Percentile that becomes 0.")
    high: Percent = Field(default=99.0, description="Percentile that becomes 100.")
    clip: bool = Field(default=False, description="Set values below 0 to 0, and values above 100 to 100.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low {self.low:g} must be below high {self.high:g}")
        return self

    def _applied(self, volume: Volume) -> Volume:
        values = values_of(volume.image)
        low, high = np.percentile(values[voxels_over(volume, self.over)], [self.low, self.high])
        if not low < high:
            raise InputError(
                f"percentiles {self.low:g} and {self.high:g} of the measured voxels are both {low:g}.",
                "Choose other voxels, such as over=foreground, or other percentiles.",
            )
        scaled = (values - low) / (high - low) * TOP
        beyond = float(np.mean((scaled < 0) | (scaled > TOP)))
        found = {"low": float(low), "high": float(high), "share_beyond": beyond}
        return volume.with_values(np.clip(scaled, 0, TOP) if self.clip else scaled, self.record(found))
