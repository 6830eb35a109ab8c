"""External validations in the report: a part of their endpoint, never taken for its cross-validation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from nbradiomics.report.build import make_page
from nbradiomics.report.content import Facts, Flow, Heading, Table, Text
from nbradiomics.report.run_files import Run, read_run
from tests.support.run_tables import part_of, write_outcome_files

ANSWER = {"Does it work?": "The combined model ranked new subjects with a Harrell's C of 0.61."}
COLUMNS = ["case", "stage", "cause", "hint"]


@pytest.fixture
def external(tmp_path: Path) -> Path:
    """A run with an endpoint that was cross-validated, and validated on one of two external cohorts."""
    place = tmp_path / "outcome/os/validation/north"
    write_outcome_files(tmp_path / "outcome/os")
    write_outcome_files(place)
    edited = pd.read_csv(place / "performance.csv").replace({"value": {0.7349: 0.611}})
    edited.to_csv(place / "performance.csv", index=False)
    summary = {"validation": "external", "time": "os_days", "event": "os_event", "subjects": 25, "events": 9}
    summary |= {"answers": ANSWER, "sentences": ["Judged on 25 external subjects."]}
    (place / "summary.json").write_text(json.dumps(summary))
    failure = [("os validated on south", "outcome", "too few events.", "Add subjects.")]
    pd.DataFrame(failure, columns=COLUMNS).to_csv(tmp_path / "failures.csv", index=False)
    return tmp_path


def blocks_of(run: Run, name: str) -> tuple[object, ...]:
    return next(section.blocks for section in make_page(run).sections if section.name == name)


def facts(run: Run) -> dict[str, tuple[str, str]]:
    box = make_page(run).facts
    assert isinstance(box, Facts)
    return {fact.label: (fact.value.replace("\u00a0", " "), fact.detail) for fact in box.items}


def test_validations_follow_the_cross_validation_of_their_endpoint(external: Path) -> None:
    blocks = blocks_of(read_run(external), "outcome")
    assert [block.text for block in blocks if isinstance(block, Heading)] == [
        "Endpoint os: cross-validation within this cohort",
        "Endpoint os: external validation on north",
        "Endpoint os: external validation on south",
    ]
    assert blocks[-1] == Text("Could not be done: too few events.", tone="warning")


def test_the_answers_of_a_validation_come_first(external: Path) -> None:
    blocks = blocks_of(read_run(external), "outcome")
    place = next(place for place, one in enumerate(blocks) if getattr(one, "text", "").endswith("on north"))
    assert isinstance(blocks[place + 1], Text)
    assert "judged on those of north" in blocks[place + 1].text
    assert isinstance(blocks[place + 2], Table)
    assert blocks[place + 2].rows == tuple(ANSWER.items())


def test_no_number_of_a_validation_is_called_cross_validated(external: Path) -> None:
    page = part_of(external, "outcome")
    inside, north, south = re.split(r"<h3>Endpoint os: external validation", page)
    assert "cross-validated risk" in inside
    assert "0.73" in inside
    assert "0.61" not in inside
    assert "0.73" not in north.replace(ANSWER["Does it work?"], "")
    assert "No result of this part is cross-validated" in north
    assert "cross-validated" not in north.replace("No result of this part is cross-validated", "")
    assert "os on north: combined model" in north
    assert "<table" not in south


def test_a_validation_without_a_summary_is_still_external(external: Path) -> None:
    (external / "outcome/os/validation/north/summary.json").unlink()
    (endpoint,) = read_run(external).endpoints
    assert endpoint.validations["north"].is_external
    assert not endpoint.is_external


def test_the_key_figures_name_the_external_cohort(external: Path) -> None:
    found = facts(read_run(external))
    assert found["C-index, combined"][0].startswith("0.73")
    value, detail = found["C-index on north, combined"]
    assert value.startswith("0.61")
    assert detail.replace("\u00a0", " ").startswith("endpoint os, external validation; clinical 0.65")
    assert found["external, south"] == ("–", "endpoint os could not be done: too few events.")


def test_a_cross_validation_that_failed_does_not_hide_the_validation(external: Path) -> None:
    for file in (external / "outcome/os").iterdir():
        if file.is_file():
            file.unlink()
    failure = [("os", "outcome", "too few events for 5 folds.", "Add subjects.")]
    pd.DataFrame(failure, columns=COLUMNS).to_csv(external / "failures.csv", index=False)
    run = read_run(external)
    blocks = blocks_of(run, "outcome")
    assert [getattr(block, "text", "") for block in blocks[1:4]] == [
        "Endpoint os: cross-validation within this cohort",
        "Could not be done: too few events for 5 folds.",
        "Endpoint os: external validation on north",
    ]
    (flow,) = (block for block in blocks_of(run, "flow") if isinstance(block, Flow))
    assert [(step.title, step.number) for step in flow.steps] == [("Outcome os", "–")]
    found = facts(run)
    assert found["C-index"][1] == "endpoint os could not be done: too few events for 5 folds."
    assert "C-index, combined" not in found
    assert "C-index on north, combined" in found
