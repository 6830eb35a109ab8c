"""The section `processing` of a study file."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from nbradiomics.cohort.chosen_masks import ChosenMasks
from nbradiomics.reproducibility.processing.settings import ProcessingSettings

#: Name of the section and of its folder.
PROCESSING = "processing"


class Processing(ProcessingSettings):
    """Alterations of a reference pipeline, each of which is compared with it."""

    grid: Path = Field(description="File of the reference pipeline and its alterations.")

    @property
    def masks(self) -> ChosenMasks:
        """Which masks are measured."""
        return self.part(ChosenMasks)
