"""Connected components as lesions: a row of features each, and never one reader's against another's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from nbradiomics.agreement.cohort import compare_cohort
from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.cohort.case_region import read_case_region, region_hashes
from nbradiomics.cohort.components import component_volumes, is_component, keep_component
from nbradiomics.cohort.lesions import measured_cases
from nbradiomics.errors import InputError
from nbradiomics.execution.workspace import Workspace
from nbradiomics.features.cohort import FeatureTable, extract_cohort
from nbradiomics.outcome.settings import OutcomeSettings
from nbradiomics.outcome.stability import find_rule
from nbradiomics.reproducibility import assess_reproducibility
from nbradiomics.segmentation.training.cases import find_cases
from nbradiomics.study.checks import check
from tests.support.helpers import ball, call, make_image, write_cohort, write_scan

VOLUME = {"featureClass": {"shape": ["VoxelVolume"]}}
LARGE, SMALL = int(ball(radius=3).sum()), int(ball(radius=2).sum())


def lesions(folder: Path, **masks: np.ndarray) -> Cohort:
    """One scan, drawn by the readers of `masks`; A has a large and a small lesion, and a speck."""
    shape = (10, 12, 30)
    drawn = ball(shape, radius=3, shift=8) + ball(shape, radius=2, shift=-2)
    drawn[1, 1:3, 1:3] = 1
    files = write_scan(folder, "s", masks or {"A": drawn})
    rows = [f"s,{files['image']},{name},{files[name]}" for name in files if name != "image"]
    return load_cohort(write_cohort(folder, rows))


def measured(cohort: Cohort, minimum: float | None = 0.03, **asked: object) -> FeatureTable:
    return extract_cohort(cohort, params=VOLUME, lesions="components", min_lesion_ml=minimum, **asked)


def rows(table: pd.DataFrame) -> list[list[object]]:
    found: list[list[object]] = table[["roi", "original_shape_VoxelVolume"]].to_numpy().tolist()
    return found


def test_each_component_above_the_volume_has_a_row_by_falling_volume(tmp_path: Path) -> None:
    found = measured(lesions(tmp_path))
    assert rows(found.table) == [["component-1", LARGE], ["component-2", SMALL]]
    (left,) = found.failures
    assert (
        "1 component(s) of this mask have no row: each is smaller than 0.03 ml (0.004 ml in total)"
        in left.cause
    )
    assert left.case == "s/baseline/unspecified/component-1/A/1"


def test_the_least_volume_is_a_tenth_of_a_millilitre_unless_given(tmp_path: Path) -> None:
    assert LARGE / 1000 >= 0.1
    found = measured(lesions(tmp_path), None)
    assert rows(found.table) == [["component-1", LARGE]]
    assert "2 component(s) of this mask have no row: each is smaller than 0.1 ml" in found.failures[0].cause
    assert rows(measured(lesions(tmp_path), SMALL / 1000).table) == [
        ["component-1", LARGE],
        ["component-2", SMALL],
    ]
    every = measured(lesions(tmp_path), 0)
    assert rows(every.table)[2] == ["component-3", 4]
    assert every.failures == []


def test_voxels_that_touch_at_a_corner_are_one_component() -> None:
    mask = np.zeros((4, 4, 4), np.uint8)
    mask[0, 0, 0] = mask[1, 1, 1] = mask[3, 3, 3] = 1
    assert component_volumes(make_image(mask, (10.0, 10.0, 10.0))) == [2.0, 1.0]


@settings(max_examples=50, deadline=None)
@given(arrays(np.uint8, (3, 4, 5), elements=st.integers(0, 1)))
def test_components_part_a_region(mask: np.ndarray) -> None:
    region = make_image(mask)
    found = component_volumes(region)
    assert found == sorted(found, reverse=True)
    parts = [keep_component(region, number, 0) for number in range(1, len(found) + 1)]
    total = sum((sitk.GetArrayFromImage(part) for part in parts), np.zeros_like(mask))
    assert np.array_equal(total, mask)
    assert [int(sitk.GetArrayFromImage(part).sum()) / 1000 for part in parts] == pytest.approx(found)


def test_a_mask_without_such_a_component_and_an_empty_or_damaged_one_keep_a_row(tmp_path: Path) -> None:
    cohort = lesions(tmp_path, A=ball(radius=2), B=ball() * 0, C=ball(), D=ball())
    (tmp_path / "s_D.nii.gz").write_bytes(b"no image")
    found = measured(cohort, 0.1)
    assert found.table["reader"].tolist() == ["A", "B", "C", "D"]
    assert found.table["original_shape_VoxelVolume"].notna().tolist() == [False, False, True, False]
    causes = [failure.cause for failure in found.failures]
    assert "no component of the mask has 0.1 ml; the largest has 0.032 ml" in causes[0]
    assert "the mask is empty" in causes[1]
    assert len(causes) == 3


def test_components_are_stored_apart(tmp_path: Path) -> None:
    cohort, workspace = lesions(tmp_path), Workspace(tmp_path / "work")
    first = measured(cohort, 0, workspace=workspace)
    assert rows(measured(cohort, 0, workspace=workspace).table) == rows(first.table)
    cases = measured_cases(cohort, "components", minimum_ml=0)
    assert len({str(region_hashes(case, 1)) for case in cases}) == 3
    # What is measured with a smaller least volume is not found with a larger one, which refuses it.
    (refused,) = measured(cohort, 10.0, workspace=workspace).failures
    assert "no component of the mask has 10 ml" in refused.cause
    assert [int(sitk.GetArrayFromImage(read_case_region(case)).sum()) for case in cases] == [LARGE, SMALL, 4]


def test_several_regions_keep_their_names(tmp_path: Path) -> None:
    files = write_scan(tmp_path, "s", {"liver": ball(), "lung": ball(shift=1)})
    lines = [f"s,s.nii.gz,A,{files[roi]},{roi}" for roi in ("liver", "lung")]
    cohort = load_cohort(write_cohort(tmp_path, lines, "subject,image,reader,mask,roi"))
    assert measured(cohort).table["roi"].tolist() == ["liver-component-1", "lung-component-1"]


@pytest.mark.parametrize("minimum", [-1.0, float("nan"), float("inf")])
def test_a_volume_that_is_none_is_refused(tmp_path: Path, minimum: float) -> None:
    with pytest.raises(InputError, match="0 or more was expected"):
        measured(lesions(tmp_path), minimum)


def test_a_least_volume_without_the_rule_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the rule for lesions is 'union'"):
        extract_cohort(lesions(tmp_path), params=VOLUME, min_lesion_ml=1)


def test_stages_that_compare_readers_or_train_refuse_the_rule(tmp_path: Path) -> None:
    cohort = lesions(tmp_path, A=ball(), B=ball(shift=1))
    for refused in (
        lambda: compare_cohort(cohort, lesions="components"),
        lambda: find_cases(cohort, reader="A", lesions="components"),
    ):
        with pytest.raises(InputError, match="for features only"):
            refused()


def test_readers_are_not_compared_on_components(tmp_path: Path) -> None:
    table = measured(lesions(tmp_path, A=ball(), B=ball(shift=1)), 0).table
    with pytest.raises(InputError, match="may not be component-1 of another"):
        assess_reproducibility(table)
    chosen = table[table["reader"] == "A"]
    names = ["original_shape_VoxelVolume"]
    rule = find_rule(table, chosen, names, stable=None, settings=OutcomeSettings())
    assert rule.kind == "none"
    assert "it is unknown which components of two readers' masks are the same lesion" in rule.text
    with pytest.raises(InputError, match="numbered by volume"):
        find_rule(table, chosen, names, stable=None, settings=OutcomeSettings(stability_readers=["A", "B"]))


@pytest.mark.parametrize(
    ("roi", "yes"),
    [("component-1", True), ("liver-component-12", True), ("component", False), ("mycomponent-1", False)],
)
def test_a_component_is_known_by_its_name(roi: str, yes: bool) -> None:
    assert is_component(roi) is yes


def test_the_command_takes_rule_and_volume(tmp_path: Path) -> None:
    lesions(tmp_path)
    (tmp_path / "p.yaml").write_text("featureClass: {shape: [VoxelVolume]}\n")
    asked = ["extract", tmp_path / "cohort.csv", "--params", tmp_path / "p.yaml", "--out", tmp_path / "o.csv"]
    assert call(*asked, "--lesions", "components", "--min-lesion-volume", 0.03, "--jobs", 1) == 0
    assert rows(pd.read_csv(tmp_path / "o.csv")) == [["component-1", LARGE], ["component-2", SMALL]]


@pytest.mark.parametrize(
    ("keys", "severity", "part"),
    [
        ("lesions: components", "warning", "whole masks are compared"),
        ("lesions: components\nlesion_min_ml: 0.5", "warning", "whole masks are compared"),
        ("lesion_min_ml: 0.5", "error", "the rule for lesions is 'union'"),
        ("lesions: components\nlesion_min_ml: -1", "error", "greater than or equal to 0"),
    ],
)
def test_the_study_file_says_it_too(tmp_path: Path, keys: str, severity: str, part: str) -> None:
    lesions(tmp_path, A=ball(), B=ball())
    (tmp_path / "study.yaml").write_text(f"cohort: cohort.csv\n{keys}\n")
    found = check(tmp_path / "study.yaml")
    assert part in found["problem"].iloc[0]
    assert found["severity"].iloc[0] == severity
