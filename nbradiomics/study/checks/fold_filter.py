"""Criteria of the section `reproducibility` that the filter of the outcome models does not use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import share
from nbradiomics.outcome.stability import ICC_CONFIDENCE
from nbradiomics.study.study import Study

#: Form of the ICC of the filter inside the folds (`outcome.stability`).
_FORM = "A,1"


def check_fold_filter(study: Study, path: Path) -> list[Problem]:
    """Warn of criteria for stable features that a user may expect inside the folds of the outcome models.

    The threshold and the fewest subjects hold there too.

    Parameters
    ----------
    study
        The study.
    path
        The study file.
    """
    if study.outcome is None:
        return []
    filtered = (
        f"The outcome models filter features inside each fold by the lower {share(ICC_CONFIDENCE)} limit of "
        f"ICC({_FORM}) for these readers"
    )
    return [
        Problem(
            str(path),
            "",
            f"reproducibility.{key}",
            "warning",
            f"{filtered}; {key}: {value} is for the tables of reproducibility alone.",
            "To use it for the outcome models too, write a rule about a study, such as readers.low >= 0.75.",
        )
        for key, value in _unused(study)
    ]


def _unused(study: Study) -> Iterator[tuple[str, object]]:
    section = study.reproducibility
    if section.form not in (None, _FORM):
        yield "form", section.form
    if section.readers_in_general:
        yield "readers_in_general", "true"
    if section.confidence != ICC_CONFIDENCE:
        yield "confidence", f"{section.confidence:g}"
