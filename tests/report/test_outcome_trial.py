"""What report and paper say of a trial: the verdict first, then picture and table."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from nbradiomics.outcome import OutcomeResult, OutcomeSettings, evaluate_outcome, try_outcome, write_outcome
from nbradiomics.outcome.trial.verdict import WARNING
from nbradiomics.report.content import Details, Heading, Picture, Table, Text
from nbradiomics.report.paper.files import is_paper_file
from nbradiomics.report.paper.methods.story import Story
from nbradiomics.report.paper.methods.trial import trial
from nbradiomics.report.run_files import Endpoint, read_endpoint
from nbradiomics.report.sections.outcome_short import short_facts
from nbradiomics.report.sections.outcome_trial import trial_blocks
from tests.support.trial_tables import trial_tables

QUICK = OutcomeSettings(folds=2, repeats=1, penalizer=0.1, l1_ratio=0.0, refits=0, bootstraps=0)


@pytest.fixture(scope="module")
def result() -> OutcomeResult:
    features, controls, clinical = trial_tables(0)
    found = evaluate_outcome(features, clinical, time="months", event="dead", reader="A", settings=QUICK)
    result = try_outcome(found, controls)
    assert result.trial is not None
    # Intervals take long: these are set, to look at what is shown of them.
    result.trial.loc[1, ["cost_low", "cost_high", "margin"]] = [-0.2, 0.3, 0.05]
    result.trial.loc[1, "decision"] = "not decided"
    return result


@pytest.fixture
def endpoint(result: OutcomeResult, tmp_path: Path) -> Endpoint:
    write_outcome(result, tmp_path)
    endpoint = read_endpoint(tmp_path)
    assert endpoint is not None
    return endpoint


def test_the_verdict_is_first_then_picture_and_numbers(endpoint: Endpoint) -> None:
    heading, verdict, picture, details = trial_blocks(endpoint)
    assert isinstance(heading, Heading)
    assert isinstance(verdict, Text)
    assert verdict.tone == "answer"
    assert verdict.text == endpoint.summary["answers"]["What does the model know?"]
    assert isinstance(picture, Picture)
    assert picture.alt.startswith("C-index of the radiomic model by its features: real features 0.")
    assert "Permuted outcome: mean of 10 permutations" in picture.caption[-1]
    assert isinstance(details, Details)
    (table, *_) = details.blocks
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == [
        "real features",
        "shuffled voxels",
        "volume alone",
        "shape alone",
        "permuted outcome",
    ]
    assert table.rows[1][1] == "not decided"
    assert table.rows[1][4].endswith("[-0.20, 0.30]")
    assert table.rows[0][4] == ""


def test_without_a_trial_there_is_nothing() -> None:
    assert trial_blocks(Endpoint("os", summary={"answers": {}})) == []


def test_the_methods_name_what_was_done(endpoint: Endpoint) -> None:
    text = " ".join(trial(Story(endpoint, {})))
    assert (
        "to the volume alone, the shape alone and features of negative controls (Welch et al. 2019): images"
        in text
    )
    assert "the voxels of the region were shuffled" in text
    assert "repeated with 10 permuted outcomes" in text
    assert "below 0.05" in text


def test_the_verdict_is_a_key_figure_and_a_leak_takes_its_place(endpoint: Endpoint) -> None:
    (fact,) = short_facts(endpoint)
    assert fact.value == "No verdict"
    assert "without an interval that includes the fitting" in fact.detail
    trial = endpoint.summary["trial"]
    trial["verdict"] = "What the model knows is no texture (costs 0.01 of C), and more than volume: shape."
    (fact,) = short_facts(endpoint)
    assert fact.value == "What the model knows is no texture"
    assert "shape" in fact.detail
    trial["sentences"] = [f"{WARNING}: with permuted outcomes C is 0.9."]
    (fact,) = short_facts(endpoint)
    assert fact.value == "No verdict"
    assert WARNING in fact.detail


def test_a_missing_interval_is_not_written_as_limits(endpoint: Endpoint) -> None:
    details = trial_blocks(endpoint)[-1]
    assert isinstance(details, Details)
    table = details.blocks[0]
    assert isinstance(table, Table)
    assert not any("[–" in cell for row in table.rows for cell in row)


def test_its_files_for_a_paper_are_ours_and_are_replaced_with_the_results(endpoint: Endpoint) -> None:
    _, _, picture, details = trial_blocks(endpoint)
    assert isinstance(picture, Picture)
    assert isinstance(details, Details)
    (table, *_) = details.blocks
    assert isinstance(table, Table)
    assert is_paper_file(PurePosixPath(f"paper/figures/{picture.name}.svg"))
    assert is_paper_file(PurePosixPath(f"paper/tables/{table.name}.csv"))
