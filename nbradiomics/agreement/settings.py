"""Settings of the comparison of two masks."""

from __future__ import annotations

from typing import Annotated

import pydantic

from nbradiomics.agreement.field import Field
from nbradiomics.agreement.metrics import TOLERANCE_MM
from nbradiomics.settings import Settings

Length = Annotated[float, pydantic.Field(ge=0)]


class ComparisonSettings(Settings):
    """Settings of the comparison of two masks."""

    tolerance_mm: Length = pydantic.Field(
        default=TOLERANCE_MM, description="Tolerance of the surface Dice, in mm."
    )
    background_mm: Length | None = pydantic.Field(
        default=None,
        description="Margin in mm of the box around both masks in which specificity, kappa and ROC areas "
        "count voxels. Default: the whole image.",
    )

    @property
    def field(self) -> Field:
        """The voxels that are counted."""
        return Field(self.background_mm)
