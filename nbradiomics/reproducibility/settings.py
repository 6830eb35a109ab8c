"""What counts as stable."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Confidence

#: Fewest subjects from which a feature can be stable: two with equal ratings would have an ICC of 1.
MINIMUM_SUBJECTS = 10
#: Lowest lower limit of the ICC of a stable feature: the border of good reliability in Koo and Li 2016
#: (J Chiropr Med 15:155-163), who call 0.5 to 0.75 moderate, to 0.9 good, above excellent.
THRESHOLD = 0.75

Threshold = Annotated[float, Field(ge=0, le=1)]
LeastSubjects = Annotated[int, Field(ge=2)]


class StabilitySettings(Settings):
    """What counts as a stable feature."""

    threshold: Threshold = Field(
        default=THRESHOLD, description="Lowest lower limit of the ICC of a stable feature."
    )
    confidence: Confidence = Field(default=0.95, description="Confidence of the interval.")
    min_subjects: LeastSubjects = Field(
        default=MINIMUM_SUBJECTS,
        description="Fewest subjects with a value by every reader for a feature to be stable.",
    )
