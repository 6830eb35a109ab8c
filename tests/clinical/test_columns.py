"""What a clinical column is taken for, and which of its cells are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from nbradiomics.clinical import (
    Declaration,
    Kind,
    column_sentences,
    declaration_of,
    declaration_problems,
    read_clinical_table,
    read_column,
    read_covariates,
    subgroup_columns,
)
from nbradiomics.clinical.dates import is_date
from nbradiomics.clinical.inference import infer_kind
from nbradiomics.clinical.missing import IN_NUMBERS, USUAL
from nbradiomics.errors import InputError


def clinical(**columns: object) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))  # type: ignore[arg-type]
    return pd.DataFrame({"subject": [f"s{place}" for place in range(rows)], **columns})


def read(cells: object, **declared: object):
    return read_column(clinical(x=cells), "x", Declaration(**declared))


NUMBERS = ["1", "2.5", "-3", "40", "5", "6", "7", "8"]
SEXES = ["M", "F", "F", "M", "F", "F", "M", "F"]


@pytest.mark.parametrize("code", sorted({*USUAL, *IN_NUMBERS} - {""}))
@pytest.mark.parametrize("form", ["{}", " {} ", "[{}]"])
def test_usual_codes_leave_a_column_of_numbers_one(code, form):
    text = form.format(code.upper())
    column, problems = read([*NUMBERS, text])
    assert column.kind is Kind.NUMERIC
    assert column.values.tolist()[:-1] == [float(number) for number in NUMBERS]
    assert np.isnan(column.values.iloc[-1])
    assert list(column.missing_codes.values()) == [1]
    assert [problem.severity for problem in problems] == (["warning"] if code in IN_NUMBERS else [])


@pytest.mark.parametrize("code", sorted(USUAL - {""}))
def test_usual_codes_are_no_level(code):
    column, problems = read([*SEXES, code])
    assert (column.kind, column.levels, problems) == (Kind.CATEGORICAL, ("F", "M"), [])
    assert f"{code!r} (1) counts as missing" in " ".join(column_sentences(column))


def test_a_word_that_may_be_a_level_stays_one_with_a_warning():
    column, problems = read(["none", "liver", "none", "bone"])
    assert column.counts == {"bone": 1, "liver": 1, "none": 2}
    assert "'none' (2 cells) counts as a level" in problems[0].problem
    column, problems = read(["none", "liver", "none", "bone"], missing={"x": ("none",)})
    assert (column.levels, problems) == (("bone", "liver"), [])


def test_minus_is_the_other_answer_of_plus():
    column, _ = read(["+", "-", "+", "-", ""])
    assert column.counts == {"+": 2, "-": 2}


@pytest.mark.parametrize(
    "bad",
    ["#DIV/0!", "#VALUE!", "#WERT!", "#NAME?", "####", "<1", ">= 3", "1,2.3", "see note", "12 m", "50%"],
)
def test_a_cell_that_is_no_number_is_named_with_its_line(bad):
    _, problems = read([*NUMBERS, bad, "9.5"])
    (problem,) = problems
    assert (problem.row, problem.column, problem.severity) == ("10", "x", "error")
    assert f"subject s8: x is {bad!r}" in problem.problem
    assert problem.remedy


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=2, max_size=12))
def test_decimal_commas_give_the_same_numbers(numbers):
    texts = [f"{number:.2f}" for number in numbers]
    point, _ = read(texts)
    comma, problems = read([text.replace(".", ",") for text in texts])
    assert comma.values.tolist() == point.values.tolist() == [float(text) for text in texts]
    assert comma.commas
    assert not [problem for problem in problems if problem.severity == "error"]


def test_points_and_commas_in_one_column_are_refused_and_so_are_thousands():
    _, (problem,) = read([*NUMBERS, "1,5"])
    assert (problem.row, "'1,5'" in problem.problem) == ("10", True)
    _, problems = read(["1,234", "2,500", "12,000"])
    assert [problem.row for problem in problems] == ["2", "3", "4"]
    assert "1234 or 1.234" in problems[0].problem
    column, problems = read(["1,234", "0,5", "12,000"])
    assert (column.values.tolist(), problems) == ([1.234, 0.5, 12.0], [])


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2", "3"], Kind.NUMERIC),
        (["1.5e3", "\u22122", "+.5"], Kind.NUMERIC),
        (["True", "false", ""], Kind.NUMERIC),
        (["", "NA", "."], Kind.NUMERIC),
        (["1", "2", "4S", "4"], Kind.CATEGORICAL),
        (["2A", "2B", "1"], Kind.CATEGORICAL),
        (["M", "F", "M"], Kind.CATEGORICAL),
        (["3T", "1.5T", "3T"], Kind.CATEGORICAL),
        (["<5", "5-10", ">10"], Kind.CATEGORICAL),
        (["2020-01-31", "2021-02-03", ""], Kind.DATE),
        (["31.01.2020", "1/2/20", "3-Feb-2020"], Kind.DATE),
        (["20200131", "19990203"], Kind.DATE),
        ([f"Name {letter}" for letter in "abcdefghij"], Kind.IDENTIFIER),
    ],
)
def test_kinds_that_nobody_declares(cells, kind):
    column, problems = read(cells)
    assert column.kind is kind
    assert not [problem for problem in problems if problem.severity == "error"]


def test_typed_columns_keep_their_types():
    dates = pd.to_datetime(["2020-01-31", "2021-02-03", None])
    assert read(dates)[0].kind is Kind.DATE
    assert read(pd.array([1, 2, None], dtype="Int64"))[0].values.tolist()[:2] == [1.0, 2.0]
    assert read(pd.Categorical([3, 1, 2]))[0].levels == ("1", "2", "3")
    order = pd.Categorical(["high", "low", None], categories=["low", "high"], ordered=True)
    column, _ = read(order)
    assert (column.kind, column.values.tolist()[:2]) == (Kind.ORDINAL, [1.0, 0.0])
    assert read(pd.Categorical([3, 1, 2], ordered=True), numeric=("x",))[0].values.tolist() == [3, 1, 2]
    column, _ = read([1.0, 2.0, np.nan], categorical=("x",))
    assert column.levels == ("1", "2")


def test_infinite_numbers_are_missing():
    column, _ = read([60, np.inf, 50])
    assert column.values.isna().tolist() == [False, True, False]
    assert column.missing_codes == {"inf": 1}


def test_blanks_never_count_and_capitals_are_warned_of():
    column, problems = read(["M", "M ", "\u00a0M", "F", "F\u200b", "F"])
    assert (column.counts, problems) == ({"F": 3, "M": 3}, [])
    column, (problem,) = read(["M", "m", "M", "F", "F"])
    assert column.counts == {"F": 2, "M": 2, "m": 1}
    assert "'M' (2), 'm' (1)" in problem.problem
    assert problem.severity == "warning"


def test_an_order_is_scored_and_a_level_outside_it_named():
    levels = ("I", "II", "III", "IV")
    column, problems = read(["II", "IV", "", "I"], ordinal={"x": levels})
    assert (column.values.tolist()[:2], column.values.iloc[3], problems) == ([1.0, 3.0], 0.0, [])
    assert "I (1) < II (1) < III (0) < IV (1)" in " ".join(column_sentences(column))
    _, (problem,) = read(["II", "IIb", "I"], ordinal={"x": levels})
    assert (problem.row, "'IIb'" in problem.problem) == ("3", True)
    assert read(["1.0", "2,0"], ordinal={"x": ("1", "2")})[0].values.tolist() == [0.0, 1.0]


def test_declared_numbers_and_categories():
    column, problems = read(["1", "2", "3"], categorical=("x",))
    assert (column.kind, column.levels, problems) == (Kind.CATEGORICAL, ("1", "2", "3"), [])
    _, problems = read(["M", "F"], numeric=("x",))
    assert [problem.severity for problem in problems] == ["error"]


@pytest.mark.parametrize("name", ["site", "centre", "Hospital", "scannerNr", "treatment_arm", "tumour_type"])
def test_whole_numbers_that_name_groups_are_asked_about(name):
    table = clinical(**{name: ["1", "2", "3"] * 4})
    column, (problem,) = read_column(table, name)
    assert column.kind is Kind.NUMERIC
    assert "counts as a number" in problem.problem
    for declared in (Declaration(categorical=(name,)), Declaration(numeric=(name,))):
        assert read_column(table, name, declared)[1] == []


@pytest.mark.parametrize("name", ["age", "stage", "clinical_score", "psa", "karnofsky"])
def test_few_whole_numbers_are_asked_about_whatever_the_name(name):
    table = clinical(**{name: ["1", "2", "3"] * 4})
    (problem,) = read_column(table, name)[1]
    assert (problem.severity, problem.problem.startswith(f"{name} has 3 different")) == ("warning", True)
    assert f"--categorical {name}, or categorical: [{name}]" in problem.remedy
    for declared in (Declaration(numeric=(name,)), Declaration(categorical=(name,))):
        assert read_column(table, name, declared)[1] == []


@pytest.mark.parametrize(
    "cells", [["0", "1"] * 6, [str(place) for place in range(9)] * 2, ["1", "2", "3"], ["0.5", "1", "2"] * 4]
)
def test_other_numbers_are_not_asked_about(cells):
    assert read_column(clinical(y=cells), "y")[1] == []


@pytest.mark.parametrize(
    ("code", "others"),
    [(-9, range(8)), (-999, range(40, 80)), (99, range(20, 86)), (999, range(100, 300, 7)), (9, range(4))],
)
def test_numbers_that_look_like_codes_are_asked_about_until_they_are_declared(code, others):
    cells = [*others, code]
    column, (problem,) = read(cells)
    assert column.values.iloc[-1] == code
    assert f"x is {code} in 1 cell" in problem.problem
    column, problems = read(cells, missing={"": (str(code),)})
    assert (problems, bool(np.isnan(column.values.iloc[-1]))) == ([], True)
    assert column.missing_codes == {str(code): 1}
    assert read(cells, missing={"y": (str(code),)})[1] != []


@pytest.mark.parametrize(
    "cells", [range(90, 110), range(-12, 12), [9, 10, 11], [98, 99, 100], range(0, 1000, 9)]
)
def test_numbers_among_their_like_are_not_asked_about(cells):
    assert read([*cells])[1] == []


def test_points_that_may_separate_thousands_are_asked_about():
    _, (problem,) = read(["1.234", "950", "1.100", "870"])
    assert (problem.severity, "separate thousands" in problem.problem) == ("warning", True)
    assert read(["1.234", "2", "1.100", "0.5"])[1] == []


def test_many_levels_are_told_where_they_are_rare_and_free_text_needs_a_declaration():
    hospitals = [f"hospital {letter}" for letter in "abcdefghijkl"]
    table = clinical(ward=hospitals * 5)
    assert read_covariates(table, ["ward"], taken=()).columns[0].counts["hospital a"] == 5
    assert read_covariates(table, ["ward"], taken=()).warnings == ()
    (warning,) = read_covariates(clinical(ward=[*hospitals * 4, *hospitals[:4]]), ["ward"], taken=()).warnings
    assert "ward has 12 levels, 8 of them in fewer than 5 subjects" in warning.problem
    remarks = clinical(ward=[*hospitals, *hospitals[:5]])
    with pytest.raises(InputError, match="12 different texts, 7 of them in one subject only"):
        read_covariates(remarks, ["ward"], taken=())
    assert len(read_covariates(clinical(ward=[*hospitals, *hospitals[:6]]), ["ward"], taken=()).warnings) == 1
    declared = Declaration(categorical=("ward",))
    assert len(read_covariates(remarks, ["ward"], taken=(), declared=declared).columns[0].levels) == 12


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([f"200{place}-01-0{place}" for place in range(1, 10)], "has dates, such as '2001-01-01'"),
        ([f"Mx {chr(97 + place)}" for place in range(12)], "different text for each subject"),
        (["3 y", "4 y", "5 y", "6 y"], "has 4 texts, such as '3 y'"),
        (["1 234", "2 345"], "has 2 texts, such as '1 234'"),
        (["1'234", "950"], '"1\'234"; expected a number'),
        (["\u0661", "\u0662"], "has 2 texts"),
    ],
)
def test_what_cannot_be_a_covariate_is_refused_with_the_reason(cells, why):
    with pytest.raises(InputError, match=why):
        read_covariates(clinical(x=cells), ["x"], taken=())


def test_covariates_are_numbers_or_levels():
    table = clinical(
        age=[60, np.inf, 50], male=[True, False, None], stage=["2", "4S", None], text=["1", "2", None]
    )
    found = read_covariates(table, ["age", "male", "stage", "text"], taken=("t", "e"))
    assert found.numeric.columns.tolist() == ["age", "male", "text"]
    assert found.numeric["male"].tolist()[:2] == [1.0, 0.0]
    assert np.isnan(found.numeric.loc["s1", "age"])
    assert found.categorical["stage"].tolist()[:2] == ["2", "4S"]
    assert pd.isna(found.categorical.loc["s2", "stage"])


@pytest.mark.parametrize(
    ("covariates", "message"),
    [
        (["heigth"], r"no column 'heigth'.*Did you mean 'height'"),
        (["t"], "cannot be a covariate"),
        (["subject"], "cannot be a covariate"),
        (["height", "height"], "named twice"),
        ("height", "Give a list"),
    ],
)
def test_covariates_that_cannot_be_are_refused(covariates, message):
    with pytest.raises(InputError, match=message):
        read_covariates(clinical(height=[1, 2, 3], t=[1, 2, 3]), covariates, taken=("t", "e"))


def test_a_remark_in_a_column_of_numbers_is_named_and_unknown_is_missing():
    ages = [*map(str, range(20, 40)), "unknown"]
    assert read_covariates(clinical(age=ages), ["age"], taken=()).numeric["age"].isna().sum() == 1
    with pytest.raises(InputError, match="line 22, age: subject s20: age is 'see letter'"):
        read_covariates(clinical(age=[*ages[:-1], "see letter"]), ["age"], taken=())


def test_options_make_a_declaration():
    made = declaration_of(
        categorical=["site"], numeric=["age"], ordinal=["stage=I, II,III"], missing=["-999,99", "psa=-9"]
    )
    assert made.ordinal == {"stage": ("I", "II", "III")}
    assert made.codes("psa", words=False).declared == ("-999", "99", "-9")
    assert made.codes("age", words=False).declared == ("-999", "99")
    for wrong in ({"ordinal": ["stage"]}, {"ordinal": ["stage=I"]}, {"ordinal": ["stage=I,i"]}):
        with pytest.raises(InputError, match="stage"):
            declaration_of(**wrong)
    with pytest.raises(InputError, match="'age' is declared twice"):
        declaration_of(categorical=["age"], numeric=["age"])


def test_declared_columns_must_be_there_and_be_used():
    declared = Declaration(categorical=("sitte", "height"), missing={"": ("-9",)})
    problems = list(declaration_problems(clinical(site=[1], height=[2]), declared, ["site"], file="c.csv"))
    assert [(each.column, each.severity) for each in problems] == [("sitte", "error"), ("height", "warning")]
    assert "Did you mean 'site'" in problems[0].remedy


def test_two_columns_of_one_name_are_refused(tmp_path: Path):
    file = tmp_path / "c.csv"
    file.write_text("subject;os; os\nNA;1;2\n\n007;3,5;4\n", encoding="utf-8")
    with pytest.raises(InputError, match="several columns have the name os"):
        read_clinical_table(file)
    file.write_text("subject;os;os.1\nNA;1;2\n\n007;3,5;4\n", encoding="utf-8")
    table = read_clinical_table(file)
    assert table["subject"].tolist() == ["NA", "007"]
    _, (problem,) = read_column(table.assign(os=["1", "x"]), "os")
    assert problem.row == "4"


def test_subgroups_are_numbers_or_names_and_codes_are_missing():
    table = clinical(
        ward=[str(place) for place in range(1, 13)],
        age=["1,5", "2", ".", *["3"] * 9],
        sex=["M", "M ", "NA", *["F"] * 9],
    )
    found = subgroup_columns(table, ["ward", "age", "sex"], Declaration(), file="c.csv")
    assert isinstance(found["ward"].dtype, pd.CategoricalDtype)
    assert found["age"].tolist()[:2] == [1.5, 2.0]
    assert found["sex"].value_counts().to_dict() == {"F": 9, "M": 2}
    assert found["sex"].isna().sum() == found["age"].isna().sum() == 1
    with pytest.raises(InputError, match="'<1'"):
        subgroup_columns(clinical(x=["<1", "2", "3"]), ["x"], Declaration(), file="c.csv")


@given(st.lists(st.text(max_size=8), min_size=1, max_size=30))
def test_any_text_is_read_or_refused_and_none_is_lost(cells):
    column, problems = read(cells)
    refused = any(problem.severity == "error" for problem in problems)
    assert refused or len(column.values) == len(cells)
    assert column.kind is infer_kind(column.texts) or column.kind in (Kind.CATEGORICAL, Kind.NUMERIC)
    if not refused and column.kind is not Kind.DATE:
        missing = int(column.values.isna().sum())
        assert missing == sum(column.missing_codes.values()) + sum(not text.split() for text in cells)


@pytest.mark.parametrize(
    "text", ["1003.0", "2010.25", "2020.1", "1 marker", "3 marks", "2 octants", "5 maybe"]
)
def test_numbers_and_words_that_begin_as_months_are_no_dates(text):
    assert not is_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-31",
        "2020.01.31",
        "2020-01",
        "31.1.2020",
        "1/31/20",
        "31-Jan-2020",
        "5 march 2021",
        "Sept 3, 2020",
    ],
)
def test_dates_are_dates(text):
    assert is_date(text)


def test_a_zero_with_a_sign_is_written_without_it():
    column, _ = read(["-59", "-3.5", "-0"])
    assert list(column_sentences(column)) == ["x was read as a number, -59 to 0."]
