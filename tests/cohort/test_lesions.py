"""Several lesions of one subject become one row by a stated rule."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.agreement.cohort import compare_cohort
from nbradiomics.cohort import Case, load_cohort
from nbradiomics.cohort.case_region import read_case_region
from nbradiomics.cohort.lesions import apply_lesion_rule
from nbradiomics.errors import InputError
from tests.support.helpers import ball, write_cohort, write_scan

HEADER = "subject,image,reader,mask,roi"


def lesions(folder: Path, *, auto: bool = False) -> list[Case]:
    """Two readers; lesion `big` is larger by their mean, though B drew `small` larger."""
    masks = {
        "A_big": ball(radius=4, shift=2),
        "A_small": ball(radius=1.5, shift=-4),
        "B_big": ball(radius=2.5, shift=2),
        "B_small": ball(radius=2.6, shift=-4),
        "auto": ball(radius=4, shift=2),
    }
    files = write_scan(folder, "s1", masks)
    rows = [f"s1,{files['image']},{name[0]},{files[name]},{name[2:]}" for name in masks if name != "auto"]
    rows += [f"s1,{files['image']},auto,{files['auto']},tumour"] if auto else []
    return load_cohort(write_cohort(folder, rows, HEADER)).cases()


def voxels(case: Case) -> int:
    return int(sitk.GetArrayFromImage(read_case_region(case)).sum())


def test_union_unites_the_lesions_of_each_reader(tmp_path: Path) -> None:
    united = apply_lesion_rule(lesions(tmp_path), "union")
    assert [(case.reader, case.roi) for case in united] == [("A", "union"), ("B", "union")]
    together = np.maximum(ball(radius=4, shift=2), ball(radius=1.5, shift=-4))
    assert voxels(united[0]) == together.sum()


def test_largest_takes_the_same_lesion_for_every_reader(tmp_path: Path) -> None:
    largest = apply_lesion_rule(lesions(tmp_path), "largest")
    assert [(case.reader, case.roi) for case in largest] == [("A", "largest"), ("B", "largest")]
    assert [voxels(case) for case in largest] == [
        ball(radius=4, shift=2).sum(),
        ball(radius=2.5, shift=2).sum(),
    ]


def test_an_unreadable_lesion_is_never_passed_over_for_a_smaller_one(tmp_path: Path) -> None:
    cases = lesions(tmp_path)
    for reader in "AB":
        (tmp_path / f"s1_{reader}_big.nii.gz").write_bytes(b"no image")
    largest = apply_lesion_rule(cases, "largest")
    assert {case.masks[0].path.name for case in largest} == {"s1_A_big.nii.gz", "s1_B_big.nii.gz"}


def test_roi_keeps_a_row_each(tmp_path: Path) -> None:
    assert len(apply_lesion_rule(lesions(tmp_path), "roi")) == 4


def test_a_cohort_of_one_region_keeps_its_name(tmp_path: Path) -> None:
    files = write_scan(tmp_path, "s1", {"A": ball()})
    cases = load_cohort(write_cohort(tmp_path, [f"s1,{files['image']},A,{files['A']},node"], HEADER)).cases()
    assert [case.roi for case in apply_lesion_rule(cases, "union")] == ["node"]


def test_the_model_joins_the_union_and_is_refused_by_the_other_rules(tmp_path: Path) -> None:
    cases = lesions(tmp_path, auto=True)
    assert {case.roi for case in apply_lesion_rule(cases, "union")} == {"union"}
    for rule in ("largest", "roi"):
        with pytest.raises(InputError, match="needs separate lesions"):
            apply_lesion_rule(cases, rule)


def test_an_unknown_rule_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="union, largest, roi"):
        apply_lesion_rule(lesions(tmp_path), "biggest")


def test_the_model_s_mask_is_of_the_one_region_that_the_readers_drew(tmp_path: Path) -> None:
    masks = {"A": ball(), "auto": ball(shift=1)}
    files = write_scan(tmp_path, "s", masks)
    rows = [f"s,s.nii.gz,A,{files['A']},primary", f"s,s.nii.gz,auto,{files['auto']},tumour"]
    cohort = load_cohort(write_cohort(tmp_path, rows, "subject,image,reader,mask,roi"))
    assert {case.roi for case in apply_lesion_rule(cohort.cases())} == {"primary"}
    assert set(compare_cohort(cohort).table["pair"]) == {"auto"}
