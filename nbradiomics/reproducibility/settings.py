"""Settings for the stability of features."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from nbradiomics.reproducibility.forms import GivenForm
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Confidence

#: Minimum number of subjects for a stable feature: the equal ratings of two subjects would have an ICC of 1.
MINIMUM_SUBJECTS = 10
#: Minimum of the lower confidence limit of the ICC of a stable feature: good reliability starts here in Koo
#: and Li 2016 (J Chiropr Med 15:155-163), who call 0.5 to 0.75 moderate, 0.75 to 0.9 good, higher excellent.
THRESHOLD = 0.75
#: Fewer bootstrap samples than this give no useful interval.
FEWEST_BOOTSTRAPS = 200
#: Fewest samples from which a share can be read.
LEAST_RESAMPLES = 50

Threshold = Annotated[float, Field(ge=0, le=1)]


def _none_or_enough(bootstraps: int) -> int:
    if 0 < bootstraps < FEWEST_BOOTSTRAPS:
        raise ValueError(f"0 (no bootstrap intervals) or at least {FEWEST_BOOTSTRAPS} samples are needed")
    return bootstraps


Bootstraps = Annotated[int, Field(ge=0), AfterValidator(_none_or_enough)]
LeastSubjects = Annotated[int, Field(ge=2)]


def _none_or_enough_samples(number: int) -> int:
    if 0 < number < LEAST_RESAMPLES:
        raise ValueError(f"0 or at least {LEAST_RESAMPLES} was expected")
    return number


class StabilitySettings(Settings):
    """Settings that decide whether a feature is stable."""

    threshold: Threshold = Field(
        default=THRESHOLD, description="Minimum of the lower confidence limit of the ICC of a stable feature."
    )
    confidence: Confidence = Field(default=0.95, description="Confidence level of the interval of the ICC.")
    min_subjects: LeastSubjects = Field(
        default=MINIMUM_SUBJECTS,
        description="Minimum number of subjects with a value by every reader for a stable feature.",
    )
    form: GivenForm | None = Field(
        default=None,
        description="Form of the ICC: 1 (one-way), A,1 (agreement), C,1 (consistency), or k, A,k, C,k for "
        "the mean of the raters. Default: 1 for variants, A,1 for everything else.",
    )
    readers_in_general: bool = Field(
        default=False,
        description="Use the interval for readers in general instead of that for these readers (forms A,1 "
        "and A,k); recommended from five readers on.",
    )
    bootstraps: Bootstraps = Field(
        default=0,
        description="Number of bootstrap samples of the subjects for further intervals of ICC and CCC; 0 for "
        "none.",
    )
    resamples: Annotated[int, Field(ge=0), AfterValidator(_none_or_enough_samples)] = Field(
        default=0,
        description="Bootstrap samples of the subjects for the column `stays`: in which share of them the "
        "feature is stable. 0, or 50 or more; 200 are enough.",
    )
