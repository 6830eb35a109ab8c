"""Which negative controls are made, and of which masks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from nbradiomics.cohort.chosen_masks import ChosenMasks
from nbradiomics.features.controls.kinds import Control
from nbradiomics.settings import Settings

Width = Annotated[float, Field(gt=0, le=100)]


class ControlKinds(Settings):
    """Negative controls of features."""

    kinds: tuple[Control, ...] = Field(
        default=("shuffled", "neighbourhood"),
        min_length=1,
        description="Controls: shuffled (the voxels of the region change places), random (drawn from its "
        "range), neighbourhood (drawn from the tissue around it), ring (the tissue around the region), "
        "displaced (the region at another place), whole (the foreground of the image). Each takes about as "
        "long as the features of the masks; ring and whole may take several times as long.",
    )
    ring_mm: Width = Field(
        default=10.0, description="Width of the ring and of the neighbourhood around the region, in mm."
    )

    @field_validator("kinds")
    @classmethod
    def _once(cls, kinds: tuple[Control, ...]) -> tuple[Control, ...]:
        if len(set(kinds)) < len(kinds):
            raise ValueError("a control is named twice")
        return kinds


class ControlSettings(ChosenMasks, ControlKinds):
    """Negative controls, and the masks that have them; a column without a choice leaves all of its values."""
