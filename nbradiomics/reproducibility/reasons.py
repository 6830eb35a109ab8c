"""Why a feature is not stable."""

from __future__ import annotations

import math

from nbradiomics.messages.wording import counted, number
from nbradiomics.reproducibility.designs import Design
from nbradiomics.reproducibility.settings import StabilitySettings

#: End of the reason of a feature that was measured in too few subjects.
TOO_FEW = "are needed"


def reason(low: float, subjects: int, design: Design, form: str, settings: StabilitySettings) -> str:
    """Return why a feature is not stable; empty if it is.

    Parameters
    ----------
    low
        Lower limit of the ICC; NaN if the ICC is undefined.
    subjects
        Number of subjects that count.
    design
        What is compared.
    form
        Form of the ICC: the one-way form needs two values of a subject, the others all.
    settings
        Threshold and smallest number of subjects.
    """
    if subjects < settings.min_subjects:
        values = "with two values or more" if form == "1" else _every(design)
        return f"{counted(subjects, 'subject')} {values}; {settings.min_subjects} {TOO_FEW}"
    if math.isnan(low):
        return "undefined"
    if low < settings.threshold:
        limit = number(low, 2, beside=(settings.threshold,)) if math.isfinite(low) else "minus infinity"
        return f"lower limit {limit} below {settings.threshold:g}"
    return ""


def _every(design: Design) -> str:
    word = {"reader": "by", "variant": "of"}.get(design.across, "at")
    return f"with a value {word} every {design.across}"
