"""An audit by another version of the package: other words are open, other numbers are not."""

from importlib.metadata import version

import pytest

from nbradiomics.evidence.audit.finding import Finding
from nbradiomics.evidence.facts import Evidence
from nbradiomics.workflows.audit.versions import by_version
from tests.support.evidence import changed, rich_evidence

FOUND = [
    Finding("report", "broken", "after 'a' it says 'b'", "report.html"),
    Finding("performance", "broken", "value is 1, computed again 2", "performance.csv"),
    Finding("hash", "holds", "3 files are unchanged."),
]


def of_version(made: str) -> Evidence:
    evidence = changed(rich_evidence(), "versions", {"nbradiomics": made})
    return evidence.model_copy(update={"nbradiomics": made})


def test_the_same_version_changes_nothing() -> None:
    assert list(by_version(FOUND, of_version(version("nbradiomics")))) == FOUND


@pytest.mark.parametrize("made", ["0.0.1", "99.0"])
def test_another_version_is_named_and_its_words_are_open(made: str) -> None:
    told, words, number, hashes = by_version(FOUND, of_version(made))
    assert told.verdict == "open"
    assert made in told.text
    assert (words.verdict, number, hashes) == ("open", FOUND[1], FOUND[2])
    assert FOUND[0].text in words.text


def test_a_version_that_the_run_does_not_state_is_broken() -> None:
    evidence = of_version(version("nbradiomics")).model_copy(update={"nbradiomics": "0.0.1"})
    assert next(iter(by_version(FOUND, evidence))).verdict == "broken"
