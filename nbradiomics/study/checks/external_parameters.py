"""Compare the parameters of external features with those of a study, if a run left both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nbradiomics.features.parameters import Parameters, recorded_parameters, setting_differences
from nbradiomics.messages.problem import Problem


def check_external_parameters(features: Path, parameters: Parameters) -> Iterator[Problem]:
    """Warn if the run that computed external features had other parameters than the study.

    Other features than those of the study do not count. Nothing is known of tables without the record of a
    run beside them.

    Parameters
    ----------
    features
        File of the external feature table.
    parameters
        Parameters of the study.
    """
    theirs = recorded_parameters(features)
    different = [] if theirs is None else setting_differences(parameters, theirs)
    if different:
        found = f"these features were computed with other parameters: {'; '.join(different)}."
        remedy = "Compute them again with the parameters of this study, unless you know that they agree."
        yield Problem(str(features), "", "", "warning", found, remedy)
