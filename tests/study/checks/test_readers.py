"""Columns that split the reader study: declared or inferred, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.cohort.columns import read_cohort_table
from nbradiomics.errors import InputError
from nbradiomics.study.checks import check
from nbradiomics.study.checks.readers import check_readers, describe_readers, read_clinical
from nbradiomics.study.file import load_study
from nbradiomics.study.study import Readers
from tests.support.helpers import call, two_readers

SUBJECTS = [f"s{number}" for number in range(12)]


def hospitals(folder: Path) -> Path:
    """Hospitals 1 to 12, and ages, in a table of the readers' own."""
    table = pd.DataFrame({"subject": SUBJECTS, "hosp": range(1, 13), "age": range(40, 52), "arm": [1, 2] * 6})
    file = folder / "groups.csv"
    table.to_csv(file, index=False)
    return file


def test_a_declared_column_is_a_category_and_an_inferred_one_says_that_it_is_split(tmp_path: Path) -> None:
    file = hospitals(tmp_path)
    asked = {"clinical": file, "subgroups": ["hosp", "arm"]}
    found = read_clinical(Readers(**asked), SUBJECTS)
    assert found.table is not None
    assert found.sentences[0] == (
        "Subgroups by hosp, as inferred: numbers from 1 to 12, split at the median. If the numbers "
        "are codes, declare the column as categorical."
    )
    assert found.sentences[1] == "Subgroups by arm, as inferred: 1 6, 2 6 subjects."
    declared = read_clinical(Readers(**asked, categorical=["hosp"]), SUBJECTS)
    assert declared.table is not None
    assert isinstance(declared.table["hosp"].dtype, pd.CategoricalDtype)
    assert len(declared.table["hosp"].cat.categories) == 12
    assert declared.sentences[0].startswith("Subgroups by hosp, as declared: 1 1, ")
    number = read_clinical(Readers(**asked, numeric=["hosp"]), SUBJECTS)
    assert number.sentences[0] == (
        "Subgroups by hosp, as declared: numbers from 1 to 12, split at the median."
    )


def test_a_declaration_that_changes_nothing_is_refused(tmp_path: Path) -> None:
    asked = {"clinical": hospitals(tmp_path), "subgroups": ["hosp"]}
    with pytest.raises(InputError, match=r"'hops' is declared for the readers.*Did you mean 'hosp'"):
        read_clinical(Readers(**asked, categorical=["hops"]), SUBJECTS)
    with pytest.raises(InputError, match="'age' is declared"):
        read_clinical(Readers(**asked, numeric=["age"]), SUBJECTS)
    with pytest.raises(InputError, match=r"^'hosp' is declared twice"):
        Readers(**asked, numeric=["hosp"], categorical=["hosp"])


@pytest.mark.parametrize(
    ("own", "outcome", "wrong"),
    [("categorical: [hosp]", "", 0), ("", "categorical: [hosp]", 1), ("categorical: [age]", "", 1)],
)
def test_columns_are_declared_in_the_section_of_their_table(
    tmp_path: Path, own: str, outcome: str, wrong: int
) -> None:
    two_readers(tmp_path)
    hospitals(tmp_path)
    (tmp_path / "clinical.csv").write_text("subject,t,e\ns0,100,1\ns1,200,0\ns2,300,1\n")
    path = tmp_path / "study.yaml"
    endpoints = "endpoints: [{name: os, time: t, event: e}]"
    path.write_text(
        f"cohort: cohort.csv\nreaders: {{clinical: groups.csv, subgroups: [hosp], {own}}}\n"
        f"outcome: {{clinical: clinical.csv, reader: A, {endpoints}, {outcome}}}\n"
    )
    problems = check(path)
    errors = problems[problems["severity"] == "error"]
    assert len(errors) == wrong
    if outcome:
        assert "in the section `readers`" in errors["remedy"].iloc[0]
    if own == "categorical: [hosp]":
        assert describe_readers(path)[0].startswith("Subgroups by hosp, as declared: 1 1")
        study = load_study(path)
        table, _ = read_cohort_table(study.cohort, study.columns)
        assert check_readers(study, table, path) == []


def test_the_command_takes_the_declaration_and_its_sentences_end_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_readers(tmp_path)
    asked = ("--clinical", hospitals(tmp_path), "--subgroups", "hosp", "--categorical", "hosp")
    quick = ("--bootstraps", "100", "--jobs", "1", "--no-maps")
    assert call("readers", tmp_path / "cohort.csv", "--out", tmp_path / "out", *asked, *quick) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Subgroups by hosp, as declared: 1 1, 10 1" in said
    assert "as declared" in (tmp_path / "out" / "readers" / "summary.json").read_text(encoding="utf-8")
