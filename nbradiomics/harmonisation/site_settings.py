"""Settings of the measurement of site effects."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Seed

Classifier = Literal["forest", "linear"]


class SiteEffectSettings(Settings):
    """Settings of the measurement of site effects before and after a harmonisation."""

    held_out: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.5,
        description="Share of the subjects of each batch on whom the effects are measured; the harmonisation "
        "is fitted on the others.",
    )
    folds: Annotated[int, Field(ge=2)] = Field(
        default=5,
        description="Folds in which a classifier tells the batch, at most as many as the smallest batch has "
        "subjects who did not fit the harmonisation; subjects are never divided.",
    )
    classifier: Classifier = Field(
        default="forest",
        description="Classifier that tells the batch: a random forest, which also sees differences of scale, "
        "or a linear one (ridge logistic regression).",
    )
    permutations: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="Permutations of the batches for the chance level of the classifier and its p value; the "
        "whole procedure is repeated for each.",
    )
    seed: Seed = Field(default=0, description="Seed of the division of the subjects, and of the classifier.")
