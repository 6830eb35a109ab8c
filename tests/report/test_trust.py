"""Which features can be trusted: the answer over several tests, and its page."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbradiomics.report.content import Picture, Sentences, Table, Text
from nbradiomics.report.run_files import Endpoint, Run
from nbradiomics.report.sections.trust import trust_blocks, trust_facts
from nbradiomics.report.sections.trust.blocks import entered_features
from nbradiomics.report.sections.trust.criteria import contexts_of, tests_of as criteria_of
from nbradiomics.report.sections.trust.words import answer, sentences
from nbradiomics.report.trust_page import write_trust_page
from nbradiomics.reproducibility import combine_rules
from nbradiomics.reproducibility.schema import REPRODUCIBILITY

GOOD, NOISY, LOST, RARE = (
    "original_shape_MeshVolume",
    "original_glcm_Contrast",
    "original_glcm_MCC",
    "original_firstorder_Mean",
)


def study(icc: dict[str, float], *, few: str = "") -> pd.DataFrame:
    """Make a table of reproducibility whose lower limits are .1 below the ICC."""
    rows = []
    for name, value in icc.items():
        subjects = 4 if name == few else 30
        reason = "4 subjects with a value by every reader; 10 are needed" if name == few else ""
        low = value - 0.1
        stable = bool(low >= 0.75) and not reason
        given = {
            "icc": value,
            "low": low,
            "high": value,
            "ccc": value,
            "across": "reader",
            "levels": "A, B",
            "raters": 2,
        }
        given |= {"subjects": subjects, "complete": subjects, "stable": stable}
        rows.append({"feature": name, **given, "reason": reason or ("" if stable else "lower limit")})
    return REPRODUCIBILITY.table(
        pd.DataFrame(rows).reindex(columns=list(REPRODUCIBILITY.names)).to_dict("list")
    )


@pytest.fixture
def readers() -> pd.DataFrame:
    return study({GOOD: 0.95, NOISY: 0.5, LOST: np.nan, RARE: 0.99}, few=RARE)


@pytest.fixture
def variants() -> pd.DataFrame:
    return study({GOOD: 0.99, NOISY: 0.97, RARE: 0.6})


@pytest.fixture
def ruled(readers: pd.DataFrame, variants: pd.DataFrame) -> Run:
    studies = {"readers": readers, "variants": variants}
    rules = ["readers.low >= 0.75", "variants.icc >= 0.9"]
    return Run(Path(), studies=studies, stable=combine_rules(studies, rules))


def test_every_way_to_fail_is_told_apart(ruled: Run) -> None:
    by_readers, by_variants = criteria_of(ruled, "")
    assert by_readers.ways == {
        GOOD: "",
        NOISY: "misses the limit",
        LOST: "undefined",
        RARE: "too few subjects",
    }
    assert by_variants.ways == {GOOD: "", NOISY: "", LOST: "not measured", RARE: "misses the limit"}


def test_the_answer_counts_features_that_pass_all_tests(ruled: Run) -> None:
    tests = criteria_of(ruled, "")
    assert answer(tests) == (
        "1 of 4 features passes both tests: shape 1 of 1, firstorder 0 of 1, glcm 0 of 2."
    )
    said = list(sentences(tests))
    assert said[0].startswith("readers.low >= 0.75: 1 of 4 pass, 1 not judged (4 subjects")
    assert "From 30 subjects and 2 readers" in said[0]
    assert "The test that costs most: readers.low >= 0.75 alone excludes 1 feature that passes" in said[2]
    assert trust_facts(ruled).items[0].value == "1 of 4"


def test_a_study_without_a_result_passes_nothing_and_the_answer_says_so(
    readers: pd.DataFrame, variants: pd.DataFrame
) -> None:
    studies = {"readers": readers, "variants": variants}
    rules = ["readers.icc >= 0.4", "readers.low >= 0.75", "variants.icc >= 0.9", "retest.icc >= 0.9"]
    stable = combine_rules({**studies, "retest": "no second scan."}, rules)
    tests = criteria_of(Run(Path(), studies=studies, stable=stable), "")
    assert set(tests[-1].ways.values()) == {"not measured"}
    assert answer(tests).startswith("The study retest could not be done, so that no feature can pass. 0 of 4")
    said = list(sentences(tests))
    assert said[3] == "retest.icc >= 0.9: the study could not be done: no second scan. No feature passes."
    # A study that was not done costs nothing that a measurement could tell.
    assert "readers.low >= 0.75 alone excludes 1 feature that passes every other test that could" in said[4]
    assert not any(text.startswith("retest") for text in said[4:])


def test_what_a_study_rests_on_is_said_once(readers: pd.DataFrame) -> None:
    stable = combine_rules({"readers": readers}, ["readers.low >= 0.75", "readers.ccc >= 0.8"])
    run = Run(Path(), studies={"readers": readers}, stable=stable)
    said = list(sentences(criteria_of(run, "")))
    assert sum("From 30 subjects and 2 readers" in text for text in said) == 1
    assert any(text.startswith("One study answers one question") for text in said)


def test_studies_stand_apart_from_the_contexts_whose_rows_they_do_not_use(
    readers: pd.DataFrame, variants: pd.DataFrame
) -> None:
    contexts = {"T1w": {"readers": readers}, "T2w": {"readers": readers}}
    run = Run(Path(), reproducibility=contexts, studies={"variants": variants})
    assert contexts_of(run) == ["T1w", "T2w", "Further studies"]
    tests = [[test.name for test in criteria_of(run, context)] for context in contexts_of(run)]
    assert tests == [["Between readers"], ["Between readers"], ["variants"]]


def test_without_rules_the_comparisons_are_the_tests(readers: pd.DataFrame, variants: pd.DataFrame) -> None:
    run = Run(Path(), reproducibility={"": {"readers": readers}}, studies={"variants": variants})
    assert contexts_of(run) == [""]
    assert [test.name for test in criteria_of(run, "")] == ["Between readers", "variants"]
    blocks = trust_blocks(run)
    assert isinstance(blocks[0], Text)
    assert blocks[0].tone == "answer"
    assert isinstance(blocks[1], Sentences)
    assert any(isinstance(block, Picture) for block in blocks)


def test_contexts_have_answers_of_their_own(readers: pd.DataFrame, variants: pd.DataFrame) -> None:
    run = Run(Path(), reproducibility={"T1w": {"readers": readers}, "T2w": {"readers": variants}})
    answers = [
        block.text for block in trust_blocks(run) if isinstance(block, Text) and block.tone == "answer"
    ]
    assert [text.split(":")[0] for text in answers] == [
        "1 of 4 features passes the only test",
        "2 of 3 features pass the only test",
    ]


def failures(**causes: str) -> pd.DataFrame:
    """Make a table of failures of the stage; `study_gone` is the case `study gone`."""
    rows = [
        {"case": case.replace("study_", "study "), "stage": "reproducibility", "cause": cause}
        for case, cause in causes.items()
    ]
    return pd.DataFrame(rows)


def test_rules_without_a_result_are_not_replaced_by_other_tests(readers: pd.DataFrame) -> None:
    failed = failures(study_gone="no second scan.", rules="no study has a result.")
    run = Run(Path(), reproducibility={"": {"readers": readers}}, failures=failed)
    (block,) = trust_blocks(run)
    assert isinstance(block, Text)
    assert block.text == "No feature can be trusted. The rules could not be done: no study has a result."


def test_tests_that_could_not_be_done_are_named(readers: pd.DataFrame) -> None:
    failed = failures(study_gone="no second scan.", auto_vs_readers="the model has seen all subjects.")
    run = Run(Path(), reproducibility={"": {"readers": readers}}, failures=failed)
    told = [block.text for block in trust_blocks(run) if isinstance(block, Text) and block.tone == "warning"]
    assert told == [
        "With the model as a rater: could not be done: the model has seen all subjects.",
        "The study gone: could not be done: no second scan.",
    ]


def test_features_of_the_models_are_those_with_the_largest_part() -> None:
    table = pd.DataFrame(
        {
            "feature": [NOISY, "age", GOOD, RARE, GOOD],
            "frequency": [1.0, 1.0, 1.0, 0.0, 0.4],
            "coefficient": [0.1, 3.0, -0.5, np.nan, 0.2],
        }
    )
    assert entered_features(Endpoint("os", selection=table), [GOOD, NOISY, RARE]) == [GOOD, NOISY]


def test_the_page_has_every_feature(ruled: Run, tmp_path: Path) -> None:
    assert ruled.stable is not None
    page = write_trust_page(ruled.stable, ruled.studies, tmp_path / "stable.html")
    text = page.read_text(encoding="utf-8")
    assert "Which features can I trust?" in text
    assert all(name in text for name in (GOOD, NOISY, LOST, RARE))


def test_the_table_says_how_each_feature_did(ruled: Run) -> None:
    details = trust_blocks(ruled)[-1]
    table = details.blocks[0]  # type: ignore[union-attr]
    assert isinstance(table, Table)
    assert (RARE, "no", "too few subjects", "misses the limit") in table.rows
