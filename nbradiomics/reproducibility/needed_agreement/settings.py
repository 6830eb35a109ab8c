"""Settings of the agreement that a feature needs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import SEED, Confidence, Seed

#: Metrics in which agreement can be stated, and whether higher values are better. All are symmetric: the
#: value of a pair does not depend on which mask is the reference.
METRICS: dict[str, bool] = {
    "dice": True,
    "jaccard": True,
    "volumetric_similarity": True,
    "kappa": True,
    "nsd": True,
    "hd_mm": False,
    "hd95_mm": False,
    "assd_mm": False,
    "centroid_distance_mm": False,
}
KindName = Literal["auto", "inter", "intra", "edited", "consensus", "perturbed"]
#: Kinds of pair in the agreement table; the tests compare them with those of the comparison.
KINDS: tuple[KindName, ...] = ("auto", "inter", "intra", "edited", "consensus", "perturbed")
INDEPENDENT: tuple[KindName, ...] = ("auto", "inter", "intra")

MetricName = Literal[
    "dice",
    "jaccard",
    "volumetric_similarity",
    "kappa",
    "nsd",
    "hd_mm",
    "hd95_mm",
    "assd_mm",
    "centroid_distance_mm",
]
Between = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0.5, lt=1)]


class NeededAgreementAnalysis(Settings):
    """Settings of the agreement that a feature needs, without the seed."""

    metrics: tuple[MetricName, ...] = Field(
        default=("dice", "nsd", "hd95_mm", "assd_mm", "volumetric_similarity"),
        description="Metrics in which the needed agreement is stated, the most important one first; by "
        "default, those of the list that the agreement table has.",
    )
    share: Share = Field(
        default=0.9, description="Share of the pairs of masks that must keep the feature within its limit."
    )
    icc: Between = Field(
        default=0.9,
        description="Without a table of repeatability: the limit is the difference that two masks may have "
        "in 95 % of pairs if the feature is to have this intraclass correlation in the cohort.",
    )
    scale: Literal["raw", "log"] = Field(
        default="raw",
        description="Scale of the differences: `raw`, in the unit of the feature, or `log`, as ratios (for "
        "features above 0 whose differences grow with their value, such as volumes).",
    )
    pairs: tuple[KindName, ...] = Field(
        default=INDEPENDENT,
        description="Kinds of pair to use, as in the column `pair` of the agreement table. Edited masks and "
        "consensus are not independent of the other mask, and a perturbed mask is not a reader.",
    )
    min_subjects: Annotated[int, Field(ge=10)] = Field(
        default=20, description="Minimum number of subjects for a needed agreement."
    )
    bootstraps: Annotated[int, Field(ge=100)] = Field(
        default=1000, description="Bootstrap samples of the subjects for the interval."
    )
    confidence: Confidence = Field(default=0.95, description="Confidence level of the interval.")

    @field_validator("metrics", "pairs")
    @classmethod
    def _some_different_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or len(set(names)) < len(names):
            raise ValueError("one or more different names were expected")
        return names


class NeededAgreementSettings(NeededAgreementAnalysis):
    """Settings of the agreement that a feature needs, with the seed of its bootstrap samples."""

    seed: Seed = Field(default=0, description=SEED)
