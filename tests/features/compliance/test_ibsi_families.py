"""Every reference value of the IBSI's first chapter, in every form."""

from __future__ import annotations

import re
from importlib.resources import as_file, files
from pathlib import Path

import pandas as pd
import pytest

import nbradiomics
from nbradiomics.features.compliance.ibsi import ALL_COMPARISONS
from nbradiomics.features.compliance.ibsi_families import (
    COMPLIES,
    NO_REFERENCE,
    WITHOUT_REFERENCE,
    family_verdicts,
    tags,
)
from scripts.write_ibsi_families_page import _cell, counts

DOCS = Path(nbradiomics.__file__).parents[1] / "docs"


def assert_complies(found: pd.DataFrame) -> None:
    assert found["value"].notna().all()
    assert set(found.index[found["verdict"] == NO_REFERENCE]) == set(WITHOUT_REFERENCE)
    assert (found["verdict"].drop(list(WITHOUT_REFERENCE)) == COMPLIES).all()


def assert_on_the_page(key: str, found: pd.DataFrame) -> None:
    title = ALL_COMPARISONS[key].title
    row = counts({title: found}).splitlines()[2]
    assert row in (DOCS / "ibsi.md").read_text(encoding="utf-8").splitlines()
    column = list(ALL_COMPARISONS).index(key) + 2
    lines = (DOCS / "ibsi-values.md").read_text(encoding="utf-8").splitlines()
    cells = [re.split(r" ?\| ?", line) for line in lines if line.startswith("| `")]
    assert [row[1].strip("`") for row in cells] == tags()
    assert [row[column] for row in cells] == [_cell(found, tag) for tag in tags()]


def test_every_value_of_the_digital_phantom_complies_and_is_on_the_page() -> None:
    with as_file(files("nbradiomics.features.compliance") / "digital_phantom") as folder:
        found = family_verdicts(ALL_COMPARISONS["digital"], folder)
    assert list(found.index) == tags()
    assert len(found) == 487
    assert_complies(found)
    assert_on_the_page("digital", found)


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize("letter", ["A", "B", "C", "D", "E"])
def test_every_value_of_the_ct_phantom_complies_and_is_on_the_page(real_data: Path, letter: str) -> None:
    found = family_verdicts(ALL_COMPARISONS[letter], real_data / "ibsi1")
    assert len(found) == {"A": 351, "B": 351}.get(letter, 215)
    assert_complies(found)
    assert_on_the_page(letter, found)
