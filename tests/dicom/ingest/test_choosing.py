"""Rules: which series becomes which sequence, what decides between several, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbradiomics.dicom.ingest.choosing import Choice, choose
from nbradiomics.dicom.ingest.rules import IngestRules, load_rules
from nbradiomics.dicom.series.pixels import same_pixels
from nbradiomics.dicom.series.plans import Plan, plans_of
from nbradiomics.dicom.series.records import by_series
from nbradiomics.dicom.series.tree import read_tree
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from tests.support.dicom_series import CORONAL, write_series

SERIES: dict[str, dict[str, Any]] = {
    "T2 axial": {"SeriesNumber": 2, "SeriesTime": "100000"},
    "T2 axial repeated": {"SeriesNumber": 5, "SeriesTime": "102000", "slices": 7},
    "T2 coronal": {"SeriesNumber": 3, "orientation": CORONAL},
    "T1 pre": {"SeriesNumber": 4, "EchoTime": 8.0, "RepetitionTime": 500.0},
    "T1 post": {"SeriesNumber": 6, "EchoTime": 8.0, "RepetitionTime": 500.0, "ContrastBolusAgent": "Gd"},
    "ADC": {"SeriesNumber": 7, "ImageType": ["DERIVED", "PRIMARY", "ADC"]},
    "b50": {"SeriesNumber": 8, "DiffusionBValue": 50.0},
    "b800": {"SeriesNumber": 9, "DiffusionBValue": 800.0},
    "T2 broken": {"SeriesNumber": 10, "slices": [0, 1, 3, 4]},
}


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> list[Plan]:
    folder = tmp_path_factory.mktemp("series")
    for name, elements in SERIES.items():
        write_series(folder, name, **elements)
    tree = read_tree(folder, skip=None, execution=Execution())
    return [plan for one in by_series(tree.instances).values() for plan in plans_of(one, same_pixels)]


def chosen(plans: list[Plan], **sequences: dict[str, Any]) -> Choice:
    return choose(plans, IngestRules(sequences=sequences))  # type: ignore[arg-type]


def names(choice: Choice) -> dict[str, str]:
    return {sequence: plan.header.description for sequence, plan in choice.chosen.items()}


@pytest.mark.parametrize(
    ("rule", "series"),
    [
        ({"description": "^t2 COR"}, "T2 coronal"),
        ({"description": "t2", "plane": "coronal"}, "T2 coronal"),
        ({"description": "t2", "exclude": "repeated|coronal|broken"}, "T2 axial"),
        ({"tr": [None, 600], "contrast": True}, "T1 post"),
        ({"te": [5, 10], "contrast": False}, "T1 pre"),
        ({"te": 8, "exclude": "post"}, "T1 pre"),
        ({"image_type": "ADC"}, "ADC"),
        ({"b_value": [600, None]}, "b800"),
        ({"b_value": [0, 100], "modality": "mr"}, "b50"),
        ({"slices": [6, 8]}, "T2 axial repeated"),
        ({"description": "t2 axial", "prefer": ["most_slices"]}, "T2 axial repeated"),
        ({"description": "t2 axial", "prefer": ["earliest"]}, "T2 axial"),
        ({"description": "t2 axial", "prefer": ["original", "latest"]}, "T2 axial repeated"),
        ({"description": "t2 axial", "prefer": ["first_series"]}, "T2 axial"),
    ],
)
def test_a_rule_finds_its_series(plans: list[Plan], rule: dict[str, Any], series: str) -> None:
    choice = chosen(plans, S=rule)
    assert names(choice) == {"S": series}
    # Every volume is chosen, or left with a reason, or a failure.
    assert len(choice.left) + len(choice.failed) + 1 == len(plans)


def test_several_matches_are_a_failure_unless_something_decides(plans: list[Plan]) -> None:
    choice = chosen(plans, T2={"description": "t2 axial"})
    assert choice.chosen == {}
    assert [cause for *_, cause, _ in choice.failed] == ["2 volumes of the timepoint match the rule T2."] * 2
    undecided = chosen(plans, T2={"description": "t2 axial", "prefer": ["original"]})
    assert len(undecided.failed) == 2


def test_every_match_can_be_kept(plans: list[Plan]) -> None:
    choice = chosen(plans, T2={"description": "t2 axial", "keep_all": True})
    assert names(choice) == {"T2-1": "T2 axial", "T2-2": "T2 axial repeated"}


def test_a_series_that_two_rules_want_is_a_failure(plans: list[Plan]) -> None:
    choice = chosen(plans, A={"image_type": ["ADC"]}, B={"description": "adc"})
    assert choice.chosen == {}
    assert "it matches the rules A and B" in choice.failed[0][2]
    assert choice.missing == []


def test_a_broken_series_is_a_failure_only_if_it_is_wanted(plans: list[Plan]) -> None:
    ((sequence, plan, cause, _),) = chosen(plans, T2={"description": "broken"}).failed
    assert (sequence, plan.header.description) == ("T2", "T2 broken")
    assert "missing" in cause
    assert chosen(plans, ADC={"image_type": "ADC"}).failed == []


def test_a_sequence_without_a_series_is_told_unless_it_may_be_missing(plans: list[Plan]) -> None:
    choice = chosen(plans, PD={"description": "pd"}, FLAIR={"description": "flair", "optional": True})
    assert [name for name, *_ in choice.missing] == ["PD"]


def test_without_rules_names_come_from_coded_values(plans: list[Plan]) -> None:
    choice = choose(plans, IngestRules())
    assert set(names(choice)) == {"MR-1", "MR-2", "MR-3", "MR-4", "MR-5", "ADC", "DWI-b50", "DWI-b800"}
    assert len(choice.failed) == 1


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("sequences: {T2: {te: [100, 50]}}", "is above the second"),
        ("sequences: {T2: {description: '('}}", "not a regular expression"),
        ("sequences: {T2: {plane: oblique}}", "plane"),
        ("sequences: {'../x': {}}", "../x"),
        ("sequences: {T2: {preferred: [latest]}}", "preferred"),
        ("sites: {'(': A}", "not a regular expression"),
        ("- T2", "not a mapping"),
    ],
)
def test_rules_that_are_wrong_are_refused(tmp_path: Path, text: str, part: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as stop:
        load_rules(file)
    assert part in str(stop.value)
    assert "rules.yaml" in str(stop.value)
