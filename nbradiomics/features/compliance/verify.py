"""Compare the values of both engines on the same image and region."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.features.compliance.parity import allowed_difference
from nbradiomics.features.engines import native_engine, pyradiomics_engine
from nbradiomics.features.engines.extraction import Extraction
from nbradiomics.features.extract import extract_region, read_pair, require_able, resolve_label
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.schema import VERIFICATION
from nbradiomics.tables.result import Result


@dataclass(frozen=True, repr=False)
class Verification(Result):
    """Results of two engines for one region.

    Attributes
    ----------
    table
        One row per feature, with the columns of `features.schema.VERIFICATION`. A feature that one engine
        does not return is missing for it, and not the same; NaN in both is the same.
    seconds
        Time in seconds of each engine, by name, for its second run on the region. The first run computed the
        values; it also loaded libraries and compiled the native engine, which happens once.
    refusals
        By engine, the reason why it refused the region; the engines agree if both refuse it.
    """

    table: pd.DataFrame
    seconds: Mapping[str, float]
    refusals: Mapping[str, str]

    @property
    def same(self) -> bool:
        """Whether every difference is allowed, or both engines refuse the region, with any reason."""
        if self.refusals:
            return len(self.refusals) == 2
        return bool(self.table["same"].all())


def verify(
    image: str | Path | sitk.Image,
    mask: str | Path | sitk.Image,
    *,
    params: str | Path | Mapping[str, Any] | Parameters,
    label: int | str | None = None,
) -> Verification:
    """Compute the features of one region with both engines and compare them.

    Parameters
    ----------
    image, mask, params, label
        As in `extract_features`.

    Raises
    ------
    InputError
        As in `extract_features`, when PyRadiomics is not installed, and when the parameters depart from
        PyRadiomics on purpose. A region that an engine refuses is reported in the result.

    Examples
    --------
    >>> verify("s0.nii.gz", "s0_A.nii.gz", params={"featureClass": {"firstorder": None}}).same
    True
    """
    parameters = load_parameters(params)
    require_able(pyradiomics_engine.NAME, parameters)
    volume, region = read_pair(image, mask, resolve_label(parameters, label), parameters.fit)
    extractions: dict[str, Extraction] = {}
    seconds, refusals = {}, {}
    for engine in (pyradiomics_engine.NAME, native_engine.NAME):
        options: dict[str, Any] = {"engine": engine, "name": "the image"}
        try:
            extractions[engine] = extract_region(volume, region, parameters, **options)
        except InputError as error:
            refusals[engine] = error.problem
            continue
        start = time.perf_counter()
        extract_region(volume, region, parameters, **options)
        seconds[engine] = time.perf_counter() - start
    pyradiomics, native = (
        extractions[engine].values if engine in extractions else {}
        for engine in (pyradiomics_engine.NAME, native_engine.NAME)
    )
    return Verification(compare_values(native, pyradiomics), seconds, refusals)


def compare_values(native: Mapping[str, float], pyradiomics: Mapping[str, float]) -> pd.DataFrame:
    """Compare the features of the native engine with PyRadiomics'; columns as in `Verification.table`."""
    rows = []
    for name in dict.fromkeys((*pyradiomics, *native)):
        value, expected = native.get(name, np.nan), pyradiomics.get(name, np.nan)
        difference = 0.0 if value == expected else abs(value - expected)
        allowed = allowed_difference(name, pyradiomics) if name in pyradiomics else 0.0
        both = name in native and name in pyradiomics
        rows.append(
            {
                "feature": name,
                "native": value,
                "pyradiomics": expected,
                "difference": difference,
                "relative": difference / abs(expected) if expected else difference,
                "allowed": allowed,
                "same": both and (difference <= allowed or bool(np.isnan(value) and np.isnan(expected))),
            }
        )
    return VERIFICATION.table(rows)
