"""How two masks are compared."""

from __future__ import annotations

from typing import Annotated

import pydantic

from nbradiomics.agreement.field import Field
from nbradiomics.agreement.metrics import TOLERANCE_MM
from nbradiomics.settings import Settings

Length = Annotated[float, pydantic.Field(ge=0)]


class ComparisonSettings(Settings):
    """How two masks are compared."""

    tolerance_mm: Length = pydantic.Field(
        default=TOLERANCE_MM, description="Tolerance of the surface Dice, in mm."
    )
    background_mm: Length | None = pydantic.Field(
        default=None,
        description="Margin in mm of the box around both masks whose background counts for specificity, "
        "kappa and ROC area; the whole image unless given.",
    )

    @property
    def field(self) -> Field:
        """The voxels that are counted."""
        return Field(self.background_mm)
