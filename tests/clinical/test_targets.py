"""Classes of a clinical table: which are accepted, which one is positive, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbradiomics.clinical import Declaration, Endpoint, endpoint_sentences, read_target, target_problems
from nbradiomics.errors import InputError

RULE = Endpoint(target="mut")


def table_of(*cells: object) -> pd.DataFrame:
    return pd.DataFrame({"subject": [f"s{place}" for place in range(len(cells))], "mut": list(cells)})


def problems_of(*cells: object, rule: Endpoint = RULE) -> list[tuple[str, str]]:
    found = target_problems(table_of(*cells), rule, file="c.csv", declared=Declaration())
    return [(each.severity, each.problem) for each in found]


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (("0", "1", "1"), ("0", "1")),
        ((1, 0, 1.0), ("0", "1")),
        ((True, False, True), ("False", "True")),
        (("yes", "no"), ("no", "yes")),
        (("mutant", "wildtype"), ("wildtype", "mutant")),
        (("Benign", "Malignant"), ("Benign", "Malignant")),
        (("low", "high"), ("low", "high")),
        (("+", "-", "+"), ("-", "+")),
        (("1", "2"), ("1", "2")),
        (("2.0", "10", "1"), ("1", "2", "10")),
        (("III", "I", "II"), ("I", "II", "III")),
        (("normal", "benign", "malignant"), ("benign", "malignant", "normal")),
    ],
)
def test_the_positive_class_is_the_last_one(cells: tuple[object, ...], classes: tuple[str, ...]) -> None:
    reading = read_target(table_of(*cells), RULE, Declaration())
    assert reading.classes == classes
    assert not reading.problems
    names = [classes[int(number)] for number in reading.table["class"]]
    assert [name.casefold() for name in names] == [
        f"{float(cell):g}" if str(cell).replace(".", "").isdigit() else str(cell).casefold() for cell in cells
    ]


def test_an_unknown_pair_of_words_is_taken_with_a_warning() -> None:
    ((severity, found),) = problems_of("alpha", "beta", "alpha")
    assert severity == "warning"
    assert "'beta' is taken" in found


def test_positive_values_are_one_class_against_all_others() -> None:
    rule = Endpoint(target="mut", positive=["II", "III"])
    reading = read_target(table_of("I", "II", "", "III", "I"), rule, Declaration())
    assert reading.classes == ("I", "II or III")
    assert reading.table["class"].tolist()[:2] == [0, 1]
    assert np.isnan(reading.table["class"].iloc[2])
    several = read_target(table_of("I", "II", "IV"), Endpoint(target="mut", positive=["IV"]), Declaration())
    assert several.classes == ("not IV", "IV")


def test_a_declared_order_is_the_order_of_the_classes() -> None:
    declared = Declaration(ordinal={"mut": ["small", "large", "huge"]})
    reading = read_target(table_of("large", "small", "large"), RULE, declared)
    assert reading.classes == ("small", "large")
    with pytest.raises(InputError, match="expected one of small, large, huge"):
        read_target(table_of("large", "tiny"), RULE, declared)


def test_a_missing_class_is_no_error_and_its_code_is_told() -> None:
    declared = Declaration(missing=["9"])
    reading = read_target(table_of("0", "1", "", "9", "NA"), RULE, declared)
    assert reading.table["class"].isna().tolist() == [False, False, True, True, True]
    told = list(endpoint_sentences(reading, RULE, np.arange(5)))
    assert told[0] == "mut: '1' (1) is the positive class, '0' (1) the other."
    assert "counts as missing" in told[1]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (("yes", "Yes", "no"), "differ only in capitals"),
        (("yes", "no", "1", "0"), "several words for two classes"),
        (("yes", "1"), "several words for two classes"),
        (("0", "1", "-999", "1", "0"), "-999"),
        (tuple(str(place / 7) for place in range(20)), "20 different values"),
        (("a", "#REF!"), "#REF!"),
    ],
)
def test_what_is_no_class_is_refused(cells: tuple[str, ...], words: str) -> None:
    assert any(severity == "error" and words in found for severity, found in problems_of(*cells))


@pytest.mark.parametrize(
    ("positive", "words"), [(["x"], "no cell of mut is 'x'"), (["a", "b"], "every cell")]
)
def test_positive_values_must_part_the_subjects(positive: list[str], words: str) -> None:
    ((severity, found),) = problems_of("a", "b", rule=Endpoint(target="mut", positive=positive))
    assert (severity, words in found) == ("error", True)


def test_an_absent_column_is_an_error() -> None:
    ((_, found),) = problems_of("a", "b", rule=Endpoint(target="mutt"))
    assert "lacks the column 'mutt'" in found


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "time and event missing: give time and event, or target"),
        ({"time": "t"}, "event missing"),
        ({"target": "x", "time": "t"}, "give time and event, or target"),
        ({"target": "x", "event_value": ["1"]}, "event_value belongs to time and event"),
        ({"target": "x", "zero_times": "drop"}, "zero_times belongs to time and event"),
        ({"time": "t", "event": "e", "positive": ["1"]}, "positive belongs to a target"),
    ],
)
def test_an_endpoint_is_a_time_and_an_event_or_a_class(given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Endpoint(**given)


def test_what_may_be_missing_or_misspelt_is_a_warning() -> None:
    rule = Endpoint(target="mut", positive=["high", "midle"])
    found = dict(problems_of("high", "low", "middle", "not done", rule=rule)[:1])
    assert "'low' (1), 'middle' (1), 'not done' (1) belong to the other class" in found["warning"]
    told = [found for _, found in problems_of("high", "low", "middle", rule=rule)]
    assert any("'midle' is named as positive, but no cell has it" in text for text in told)
    words = [found for _, found in problems_of("a", "b", "not done")]
    assert any("'not done' (1 cell) counts as a class" in text for text in words)


def test_names_of_classes_do_not_depend_on_their_order_or_number() -> None:
    rule = Endpoint(target="mut", positive=["high", "middle"])
    first, second = (
        read_target(table_of(*cells), rule, Declaration()).classes
        for cells in (("high", "high", "middle", "low"), ("middle", "middle", "high", "low"))
    )
    assert first == second == ("low", "high or middle")
