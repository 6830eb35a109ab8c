"""A criterion of the section `reproducibility` that the filter of the outcome models does not use."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import share
from nbradiomics.outcome.stability import ICC_CONFIDENCE
from nbradiomics.study.study import Study


def check_fold_filter(study: Study, path: Path) -> list[Problem]:
    """Warn of a level of the intervals that the filter inside the folds of the outcome models does not use.

    All other criteria for stable features hold there too.

    Parameters
    ----------
    study
        The study.
    path
        The study file.
    """
    confidence = study.reproducibility.confidence
    if study.outcome is None or confidence == ICC_CONFIDENCE:
        return []
    return [
        Problem(
            str(path),
            "",
            "reproducibility.confidence",
            "warning",
            f"The outcome models filter features inside each fold by {share(ICC_CONFIDENCE)} intervals of "
            f"the ICC; those of {share(confidence)} are for the tables of reproducibility alone.",
            "To use them for the outcome models too, write a rule about a study: readers.low >= 0.75.",
        )
    ]
