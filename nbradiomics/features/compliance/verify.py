"""Both engines on the same image and region: how far do their numbers lie apart?"""

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
from nbradiomics.features.extract import extract_region, read_pair, resolve_label
from nbradiomics.features.parameters import Parameters, load_parameters
from nbradiomics.features.schema import VERIFICATION
from nbradiomics.tables.result import Result


@dataclass(frozen=True, repr=False)
class Verification(Result):
    """What two engines gave for one region.

    Attributes
    ----------
    table
        One row per feature, with the columns of `features.schema.VERIFICATION`. A feature that one engine
        does not give is missing there, and not the same; NaN of both is the same.
    seconds
        Time that each engine took, by name: its second run on the region. The first gave the values; it also
        loads libraries and compiles the native engine, which happens once.
    refusals
        By engine, why it refused the region; both must, with the same words.
    """

    table: pd.DataFrame
    seconds: Mapping[str, float]
    refusals: Mapping[str, str]

    @property
    def same(self) -> bool:
        """Whether every feature is the same within what is allowed, or both refuse, in whatever words."""
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
        As in `extract_features`, and where the parameters depart from PyRadiomics on purpose; a region that
        an engine refuses is told in the result.

    Examples
    --------
    >>> verify("s0.nii.gz", "s0_A.nii.gz", params={"featureClass": {"firstorder": None}}).same
    True
    """
    parameters = load_parameters(params)
    pyradiomics_engine.refuse_own(parameters)
    volume, region = read_pair(image, mask, resolve_label(parameters, label), parameters.fit)
    found: dict[str, Extraction] = {}
    seconds, refusals = {}, {}
    for engine in (pyradiomics_engine.NAME, native_engine.NAME):
        how: dict[str, Any] = {"engine": engine, "name": "the image"}
        try:
            found[engine] = extract_region(volume, region, parameters, **how)
        except InputError as error:
            refusals[engine] = error.problem
            continue
        start = time.perf_counter()
        extract_region(volume, region, parameters, **how)
        seconds[engine] = time.perf_counter() - start
    theirs, mine = (
        found[engine].values if engine in found else {}
        for engine in (pyradiomics_engine.NAME, native_engine.NAME)
    )
    return Verification(compare_values(mine, theirs), seconds, refusals)


def compare_values(mine: Mapping[str, float], theirs: Mapping[str, float]) -> pd.DataFrame:
    """Compare the features of the native engine with PyRadiomics'; columns as in `Verification.table`."""
    rows = []
    for name in dict.fromkeys((*theirs, *mine)):
        own, expected = mine.get(name, np.nan), theirs.get(name, np.nan)
        difference = 0.0 if own == expected else abs(own - expected)
        allowed = allowed_difference(name, theirs) if name in theirs else 0.0
        both = name in mine and name in theirs
        rows.append(
            {
                "feature": name,
                "native": own,
                "pyradiomics": expected,
                "difference": difference,
                "relative": difference / abs(expected) if expected else difference,
                "allowed": allowed,
                "same": both and (difference <= allowed or bool(np.isnan(own) and np.isnan(expected))),
            }
        )
    return VERIFICATION.table(rows)
