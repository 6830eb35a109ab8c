"""Settings of habitats."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from nbradiomics.cohort.fitting_subjects import FittingSubjects
from nbradiomics.settings.kinds import Seed, Texts


def _number_or_auto(value: Any) -> Any:
    """Refuse anything else in one sentence; texts of digits come from a command line."""
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if number != "auto" and not (type(number) is int and 2 <= number <= 12):
        raise ValueError("a whole number from 2 to 12, or auto, was expected")
    return number


Clusters = Annotated[int | Literal["auto"], BeforeValidator(_number_or_auto)]


class HabitatSettings(FittingSubjects):
    """Which voxels are alike, who decides about it, and how sure a voxel of a habitat must be."""

    channels: Texts | None = Field(
        default=None,
        description="Channels whose values are clustered, such as T2w and ADC; habitats are numbered by the "
        "mean of the first one, ascending. Required for scans of several channels.",
    )
    clusters: Clusters = Field(
        default="auto",
        description="Number of habitats; auto chooses it from the fitting subjects: among the numbers that "
        "are stable when subjects are resampled, that with the best silhouette.",
    )
    most_clusters: Annotated[int, Field(ge=2, le=12)] = Field(
        default=6, description="Largest number of habitats that auto tries."
    )
    method: Literal["mixture", "kmeans"] = Field(
        default="mixture",
        description="Gaussian mixture, or k-means (which has no confidence).",
    )
    errors: Literal["deconvolved", "smeared", "none"] | None = Field(
        default=None,
        description="How error maps (channels such as ADC_error) enter the confidence: deconvolved (the "
        "mixture is that of the values without their errors), smeared (the share of the values within the "
        "error that fall into the same habitat), or none. Default: deconvolved where there are error maps.",
    )
    confidence: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.7,
        description="Least confidence of the voxels that a habitat's mask contains; 0 takes all.",
    )
    neighbours: Literal[6, 26] = Field(
        default=26, description="Neighbours of a voxel in the spatial interaction matrix."
    )
    b_values: Texts | None = Field(
        default=None,
        description="Diffusion images that are fitted again to the mean signal of each habitat, as in `adc`. "
        "Default: those of the section `adc` of a study, else all channels named b and a number, if a scan "
        "has two or more.",
    )
    sample: Annotated[int, Field(ge=500)] = Field(
        default=20_000,
        description="Voxels that fit the model; each fitting subject gives the same number, whatever the "
        "size of its tumour.",
    )
    seed: Seed = Field(default=0, description="Seed of the sampled voxels, of the fits, and of the folds.")

    @model_validator(mode="after")
    def _used(self) -> Self:
        """Refuse what would have no effect."""
        if self.clusters != "auto" and "most_clusters" in self.model_fields_set:
            raise ValueError("most_clusters is for clusters: auto, but the number of habitats is stated")
        if self.method != "kmeans":
            return self
        if self.errors not in (None, "none"):
            raise ValueError(f"errors: {self.errors} is for a mixture: k-means has no confidence")
        if "confidence" in self.model_fields_set and self.confidence > 0:
            raise ValueError("confidence is for a mixture: k-means has none")
        return self
