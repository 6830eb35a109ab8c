"""PyRadiomics' diagnostics of an extraction, for one image and for a cohort."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import SimpleITK as sitk

from nbradiomics.cohort import Case, Cohort
from nbradiomics.cohort.case_region import read_case
from nbradiomics.cohort.lesions import LesionRule, measured_cases
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution
from nbradiomics.features.engines.pyradiomics_engine import refusal
from nbradiomics.features.extract import read_pair, resolve_label
from nbradiomics.features.notes import listening
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.refusals import explained
from nbradiomics.features.schema import DIAGNOSTICS
from nbradiomics.settings import spread

STAGE = "diagnostics"


def diagnostics(
    image: str | Path | sitk.Image,
    mask: str | Path | sitk.Image,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    label: int | str | None = None,
) -> dict[str, Any]:
    """Return PyRadiomics' diagnostics of the extraction of one region.

    Parameters
    ----------
    image, mask, params, label
        As in `extract_features`.

    Returns
    -------
    dict
        Diagnostics by PyRadiomics' names (``diagnostics_Image-original_Spacing``): versions, settings, and
        properties of image and region before and after each step.

    Raises
    ------
    InputError
        As in `extract_features`.

    Examples
    --------
    >>> found = diagnostics("s0.nii.gz", "s0_A.nii.gz", params="t2w_mr_1mm")
    >>> found["diagnostics_Mask-original_VolumeNum"]
    1
    """
    parameters = load_parameters(params)
    return _of_region(*read_pair(image, mask, resolve_label(parameters, label), parameters.fit), parameters)


@spread(execution=Execution)
def diagnose_cohort(
    cohort: Cohort,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    lesions: LesionRule | None = None,
    min_lesion_ml: float | None = None,
    execution: Execution = Execution(),  # noqa: B008 - frozen
) -> tuple[pd.DataFrame, list[Failure]]:
    """Return PyRadiomics' diagnostics of every image and mask, one row each, and the failures.

    A value that is neither a number nor text is JSON.

    Parameters
    ----------
    cohort, params, lesions, min_lesion_ml, execution
        As in `extract_cohort`.
    """
    parameters = load_parameters(params)
    label = int(resolve_label(parameters, None))
    measured = measured_cases(cohort, lesions, label=label, minimum_ml=min_lesion_ml)
    cases = {case.name: case for case in measured}
    arguments = {name: (case, parameters, label) for name, case in cases.items()}
    batch = execution.map(_of_case, arguments, stage=STAGE)
    rows = [{**cases[name].index(), **values} for name, values in batch.results.items()]
    further = list(dict.fromkeys(name for values in batch.results.values() for name in values))
    return DIAGNOSTICS.table(rows, further), batch.failures


def _of_case(case: Case, parameters: Parameters, label: int) -> dict[str, Any]:
    found = _of_region(*read_case(case, label, parameters.fit), parameters)
    return {
        name: value if isinstance(value, (str, int, float)) else _json(value) for name, value in found.items()
    }


def _json(value: Any) -> str:
    return json.dumps(value, default=lambda other: getattr(other, "tolist", lambda: str(other))())


def _of_region(image: sitk.Image, region: sitk.Image, parameters: Parameters) -> dict[str, Any]:
    from nbradiomics.features.native.diagnostics import diagnostics_of
    from nbradiomics.features.native.plan import Plan

    with listening():
        try:
            return diagnostics_of(image, region, Plan.of(parameters))
        except (ValueError, RuntimeError) as error:
            raise explained(refusal(error), image, region, parameters) from error
