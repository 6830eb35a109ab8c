"""Some masks of a study are measured again by the other engine; what cannot be compared is said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbradiomics.cohort import load_cohort
from nbradiomics.cohort.lesions import measured_cases
from nbradiomics.evidence.computed.parity import parity_fact
from nbradiomics.evidence.facts import Fact
from nbradiomics.execution.execution import Execution
from nbradiomics.features.cohort import extract_cohort
from nbradiomics.features.parameters import load_parameters
from tests.support.helpers import two_readers

PARAMS: dict[str, Any] = {"featureClass": {"firstorder": ["Mean"], "shape": ["VoxelVolume"]}}
_MEAN = "original_firstorder_Mean"


def compared(cohort: Path, table: pd.DataFrame, **params: Any) -> Fact:
    cases = measured_cases(load_cohort(cohort), None, label=1)
    parameters = load_parameters({**PARAMS, **params})
    fact = parity_fact(cases, table, parameters, "native", 1, Execution(jobs=1))
    assert fact is not None
    return fact


@pytest.fixture
def cohort(tmp_path: Path) -> Path:
    return two_readers(tmp_path, 2)


@pytest.fixture
def table(cohort: Path) -> pd.DataFrame:
    return extract_cohort(cohort, params=PARAMS, jobs=1).table


def counts(fact: Fact) -> list[tuple[int, int]]:
    value: Any = fact.value
    return [(one["same"], one["features"]) for one in value["masks"]]


def test_a_value_that_another_engine_does_not_give_is_found(cohort: Path, table: pd.DataFrame) -> None:
    assert counts(compared(cohort, table)) == [(2, 2), (2, 2)]
    assert counts(compared(cohort, table.assign(**{_MEAN: table[_MEAN] * 1.01}))) == [(1, 2), (1, 2)]


def test_features_that_pyradiomics_does_not_have_are_counted_apart(cohort: Path) -> None:
    own = {"families": ["stat"], "filters": [{"type": "mean", "support": 3}]}
    wide = extract_cohort(cohort, params={**PARAMS, "nbradiomics": own}, jobs=1).table
    fact = compared(cohort, wide, nbradiomics=own)
    assert counts(fact) == [(2, 2), (2, 2)]
    value: Any = fact.value
    assert value["not_compared"] == {"families": 18, "filters": 19}
    assert "18 of the IBSI's families, 19 in images of the IBSI's filters" in fact.text
    assert (
        counts(compared(cohort, wide.assign(**{_MEAN: wide[_MEAN] * 1.01}), nbradiomics=own)) == [(1, 2)] * 2
    )
    alone = wide.drop(columns=[name for name in wide if name in (_MEAN, "original_shape_VoxelVolume")])
    assert "it has none of the features" in compared(cohort, alone, nbradiomics=own).text


def test_what_cannot_be_compared_is_said(
    cohort: Path, table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "on purpose" in compared(cohort, table, nbradiomics={"crop": "union"}).text
    for image in cohort.parent.glob("s?.nii.gz"):
        image.write_bytes(b"damaged")
    lost = compared(cohort, table)
    assert (counts(lost), "2 masks could not be measured again" in lost.text) == ([], True)
    monkeypatch.setitem(sys.modules, "radiomics.featureextractor", None)
    fact = compared(cohort, table)
    assert fact.value == {"engine": "native", "against": None, "masks": [], "failed": 0, "not_compared": {}}
    assert "cannot be imported" in fact.text
