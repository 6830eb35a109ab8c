"""Settings of rings, rims and cores."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Text

_Width = Annotated[float, Field(ge=0.1, le=100)]


class RegionWidths(Settings):
    """Which regions are derived from each drawn one, by distance from its surface."""

    ring: _Width | None = Field(
        default=None,
        description="Width in mm of the ring outside each region (`ring-3mm`); 0.1 to 100.",
    )
    rim: _Width | None = Field(
        default=None,
        description="Depth in mm at which each region is divided into its rim and its core (`rim-2mm`, "
        "`core-2mm`); 0.1 to 100.",
    )
    max_outside: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.1,
        description="Largest share of a ring that may lie outside the image; with more, the ring fails.",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.ring is None and self.rim is None:
            raise ValueError("neither `ring` nor `rim` is given: state a width in mm")
        if self.ring is None and "max_outside" in self.model_fields_set:
            raise ValueError("`max_outside` is for a ring, but `ring` is not given")
        return self


class RegionSettings(RegionWidths):
    """Widths, and the mask of the body at which a ring ends."""

    body: Text | None = Field(
        default=None,
        description="Region of the cohort table (`roi`) that is the mask of the body: the ring ends at it. "
        "Its rows are not in the new cohort table, because it is no tumour.",
    )

    @model_validator(mode="after")
    def _of_a_ring(self) -> Self:
        if self.ring is None and self.body is not None:
            raise ValueError("`body` is for a ring, but `ring` is not given")
        return self
