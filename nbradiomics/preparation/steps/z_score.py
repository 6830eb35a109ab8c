"""Z-score: mean 0 and standard deviation 1 in the chosen voxels."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from nbradiomics.errors import InputError
from nbradiomics.preparation.steps.step import Step
from nbradiomics.preparation.tissue import OVER, Over, voxels_over
from nbradiomics.preparation.volume import Volume, values_of


class ZScore(Step):
    """Subtract the mean of the chosen voxels and divide by their standard deviation (population, n)."""

    kind: ClassVar[str] = "zscore"
    normalises: ClassVar[bool] = True

    over: Over = Field(default="image", description=OVER)

    def _applied(self, volume: Volume) -> Volume:
        values = values_of(volume.image)
        measured = values[voxels_over(volume, self.over)]
        mean, deviation = float(measured.mean()), float(measured.std())
        # A mean of equal numbers may be rounded, so that the deviation is not exactly 0.
        if measured.min() == measured.max() or not deviation > 0:
            raise InputError(
                f"all measured voxels have the value {measured[0]:g}.", "Choose other voxels (`over`)."
            )
        found = {"mean": mean, "standard_deviation": deviation, "voxels": float(measured.size)}
        return volume.with_values((values - mean) / deviation, self.record(found))
