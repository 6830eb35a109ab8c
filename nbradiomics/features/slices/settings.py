"""Settings of an extraction slice by slice."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nbradiomics.settings import Settings

PerSlice = Literal["each", "largest", "median"]
PER_SLICE = (
    "each: a row for every slice of a region; largest: the slice with most voxels of the region; median: the "
    "median of each feature over the slices."
)


class LeastSlice(Settings):
    """Which slices are large enough."""

    min_slice_voxels: Annotated[int, Field(ge=2)] = Field(
        default=16, description="Smallest number of voxels of the region in a slice that is measured."
    )


class SliceSettings(LeastSlice):
    """Which slices of a region are measured, and what becomes of them."""

    per_slice: PerSlice = Field(description=PER_SLICE)
