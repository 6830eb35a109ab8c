"""What the report says of a part that is not there: it failed, it needs more readers, or nobody asked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.report.build import SECTIONS
from nbradiomics.report.content import Flow, Heading, Text
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.overview import overview_facts

CAUSE = "there are 3 events, but 5 folds need 5."


def cohort_of(*readers: str) -> pd.DataFrame:
    common = {"timepoint": "baseline", "sequence": "T2w", "roi": "tumour", "reading": "1"}
    rows = [
        {"subject": subject, "image": f"{subject}.nii", "reader": reader, "mask": f"{subject}_{reader}.nii"}
        | common
        for subject in ("P1", "P2")
        for reader in readers
    ]
    return pd.DataFrame(rows)


def failures(*rows: tuple[str, str]) -> pd.DataFrame:
    """Failures of (case, stage), all of the same cause."""
    return pd.DataFrame([(*row, CAUSE, "a hint") for row in rows], columns=["case", "stage", "cause", "hint"])


def icc_table() -> pd.DataFrame:
    numbers = {"icc": [0.9], "low": [0.8], "high": [0.95], "subjects": [9.0], "stable": [True]}
    return pd.DataFrame({"feature": ["original_glcm_Contrast"], **numbers})


def texts(run: Run, name: str) -> list[str]:
    blocks = next(blocks for key, _, blocks in SECTIONS if key == name)(run)
    return [block.text for block in blocks if isinstance(block, (Text, Heading))]


def tile(run: Run, label: str) -> list[str]:
    return [fact.detail for fact in overview_facts(run).items if fact.label == label]


def boxes(run: Run) -> dict[str, tuple[str, ...]]:
    flow = next(blocks for key, _, blocks in SECTIONS if key == "flow")(run)[0]
    assert isinstance(flow, Flow)
    return {step.title: (step.number, *step.details, *step.lost) for step in flow.steps}


def test_outcome_models_that_failed_are_told_with_the_cause_everywhere() -> None:
    run = Run(
        Path("run"), cohort=cohort_of("A", "B"), failures=failures(("os", "outcome"), ("efs", "outcome"))
    )
    told = texts(run, "outcome")
    assert told[1:] == [
        "Endpoint os",
        f"Could not be done: {CAUSE}",
        "Endpoint efs",
        f"Could not be done: {CAUSE}",
    ]
    assert tile(run, "C-index") == [f"endpoint {name} could not be done: {CAUSE}" for name in ("os", "efs")]
    assert boxes(run)["Outcome os"] == ("–", f"could not be done: {CAUSE}")
    assert "Other stages" not in boxes(run)


def test_a_comparison_of_masks_that_failed_is_told() -> None:
    run = Run(Path("run"), cohort=cohort_of("A", "auto"), failures=failures(("cohort", "compare")))
    assert texts(run, "agreement") == [f"Could not be done: {CAUSE}"]
    assert tile(run, "Dice of the model") == [f"could not be done: {CAUSE}"]
    assert f"1 failure at compare: {CAUSE}" in boxes(run)["Masks"]


def test_failures_of_single_cases_do_not_stand_for_the_stage() -> None:
    run = Run(
        Path("run"), cohort=cohort_of("A", "B"), failures=failures(("P1", "compare"), ("P1", "extract"))
    )
    assert texts(run, "agreement") == texts(run, "reproducibility") == []
    assert tile(run, "stable features") == ["not part of this run"]
    assert "Features" not in boxes(run)


def test_an_extraction_that_failed_leaves_no_reproducibility() -> None:
    run = Run(Path("run"), cohort=cohort_of("A", "B"), failures=failures(("cohort", "extract")))
    assert boxes(run)["Features"] == ("–", f"could not be done: {CAUSE}")
    assert texts(run, "reproducibility") == ["Could not be done: there are no features."]
    assert tile(run, "stable features") == ["could not be done: there are no features."]


def test_reproducibility_that_failed_is_told() -> None:
    failed = failures(("readers", "reproducibility"), ("auto_vs_readers", "reproducibility"))
    run = Run(Path("run"), cohort=cohort_of("A", "B", "auto"), failures=failed)
    assert texts(run, "reproducibility") == [f"Could not be done: {CAUSE}"]
    assert tile(run, "stable features") == [f"could not be done: {CAUSE}"]


def test_one_comparison_that_failed_is_told_beside_the_other() -> None:
    tables = {"baseline_DWI": {"readers": icc_table()}}
    cases = ("auto_vs_readers_baseline_DWI", "readers_baseline_T2w")
    run = Run(
        Path("run"),
        cohort=cohort_of("A", "B", "auto"),
        reproducibility=tables,
        failures=failures(*((case, "reproducibility") for case in cases)),
    )
    told = texts(run, "reproducibility")
    assert f"With the model as a rater: could not be done: {CAUSE}" in told
    assert told[told.index("baseline_T2w") + 1] == f"Between readers: could not be done: {CAUSE}"
    first, second = tile(run, "stable features")
    assert first == (
        "baseline_DWI; between readers, 0 undefined. From 9 subjects (caution: fewer than 30 subjects; "
        "other subjects or readers would give other features); with the model as a rater: could not be done"
    )
    assert second == "baseline_T2w; could not be done"


@pytest.mark.parametrize("reader", ["A", "auto"])
def test_masks_of_one_reader_can_not_be_compared(reader: str) -> None:
    run = Run(Path("run"), cohort=cohort_of(reader))
    assert texts(run, "agreement") == texts(run, "reproducibility") == ["Needs the masks of two readers."]
    assert tile(run, "stable features") == ["needs the masks of two readers"]


def test_one_reader_and_the_model_lack_a_second_reader_only_between_readers() -> None:
    tables = {"": {"auto_vs_readers": icc_table()}}
    run = Run(Path("run"), cohort=cohort_of("A", "auto"), reproducibility=tables)
    assert "Between readers: needs the masks of two readers." in texts(run, "reproducibility")
    without = Run(Path("run"), cohort=cohort_of("A", "B"), reproducibility={"": {"readers": icc_table()}})
    told = "With the model as a rater: needs masks of the model (auto) and of a reader."
    assert told in texts(without, "reproducibility")
