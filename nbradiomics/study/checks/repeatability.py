"""Check the table of repeatability of the needed agreement, before anything is computed."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.reproducibility.needed_agreement import read_repeatability
from nbradiomics.study.study import Study
from nbradiomics.tables import read_table


def check_repeatability(study: Study, path: Path) -> list[Problem]:
    """List problems of the table `needed_agreement.repeatability`.

    Parameters
    ----------
    study
        The study.
    path
        The study file.
    """
    section = study.needed_agreement
    if section.repeatability is None or not section.repeatability.is_file():
        return []  # a missing file is reported with the study file
    try:
        read_repeatability(read_table(section.repeatability), section.scale)
    except InputError as error:
        return [problem_of(error, path, "needed_agreement.repeatability")]
    return []
