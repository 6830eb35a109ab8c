"""Cohorts from DataFrames, DataFrames from cohorts, and how they show themselves."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import nbradiomics
from nbradiomics.cohort import load_cohort
from nbradiomics.errors import InputError
from tests.support.helpers import two_readers

FIRST_ORDER = {"featureClass": {"firstorder": ["Mean"]}}


def test_a_table_in_memory_is_the_cohort_of_its_file(tmp_path: Path) -> None:
    path = two_readers(tmp_path)
    table = pd.read_csv(path)
    cohort = load_cohort(table, folder=tmp_path)
    pd.testing.assert_frame_equal(cohort.to_frame(), load_cohort(path).to_frame())
    pd.testing.assert_frame_equal(load_cohort(cohort.to_frame()).table, cohort.table)
    assert load_cohort(cohort) is cohort


def test_what_is_wrong_in_a_table_in_memory_is_told(tmp_path: Path) -> None:
    table = pd.read_csv(two_readers(tmp_path)).drop(columns="reader")
    with pytest.raises(InputError, match=r"DataFrame.*reader.*the column is missing"):
        load_cohort(table, folder=tmp_path)
    with pytest.raises(InputError, match="a dict is not a cohort"):
        load_cohort({"subject": ["a"]})


def test_functions_take_a_file_a_table_or_a_cohort(tmp_path: Path) -> None:
    path = two_readers(tmp_path, subjects=2)
    loaded = load_cohort(path)
    sources = [path, str(path), loaded, loaded.to_frame()]
    features = [nbradiomics.extract_cohort(source, params=FIRST_ORDER).table for source in sources]
    agreement = [nbradiomics.compare_cohort(source).table for source in sources]
    for tables in (features, agreement):
        for table in tables[1:]:
            pd.testing.assert_frame_equal(table, tables[0])


def test_results_show_themselves_shortly_and_in_a_notebook_with_their_tables(tmp_path: Path) -> None:
    cohort = load_cohort(two_readers(tmp_path, subjects=2))
    assert repr(cohort).startswith("Cohort(2 subjects, 2 scans, readers A, B: ")
    assert "<table" in cohort._repr_html_()
    done = nbradiomics.extract_cohort(cohort, params=FIRST_ORDER)
    assert repr(done) == "FeatureTable(table: 4 rows x 11 columns, failures: 0, notes: 0)"
    assert "original_firstorder_Mean" in done._repr_html_()
    assert len(repr(done)) < 200
