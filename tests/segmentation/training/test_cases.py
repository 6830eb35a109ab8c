"""The cases of a training: which scans and masks, and what is wrong with their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.cohort import Cohort, load_cohort
from nbradiomics.errors import InputError
from nbradiomics.images.io import read_image
from nbradiomics.segmentation.model_files.card import image_fingerprint
from nbradiomics.segmentation.training.cases import (
    channel_files,
    channels_of,
    examine_cases,
    find_cases,
    origins,
)
from tests.support.helpers import make_image, write_cohort
from tests.support.training_phantoms import SHAPE, SPACING, phantom_cohort, write_phantom

# --- which cases ------------------------------------------------------------------------------------


def cohort_of(folder: Path, rows: list[str], header: str) -> Cohort:
    return load_cohort(write_cohort(folder, rows, header))


def test_all_timepoints_of_one_sequence_and_the_first_reading(tmp_path):
    rows = [
        "p1,baseline,T2w,a.nii,R,a2.nii,2",
        "p1,baseline,T2w,a.nii,R,a1.nii,1",
        "p1,later,T2w,b.nii,R,b.nii,1",
        "p1,later,T1w,c.nii,R,c.nii,1",
        "p2,baseline,T2w,d.nii,other,d.nii,1",
        "p3,baseline,T2w,e.nii,,,1",
    ]
    cohort = cohort_of(tmp_path, rows, "subject,timepoint,sequence,image,reader,mask,reading")
    cases = find_cases(cohort, reader="R", sequence="T2w")
    assert list(cases) == ["p1/baseline/T2w", "p1/later/T2w"]
    assert cases["p1/baseline/T2w"].masks[0].path.name == "a1.nii"
    with pytest.raises(InputError, match="several sequences: T1w, T2w"):
        find_cases(cohort, reader="R")
    with pytest.raises(InputError, match="no mask on a sequence 'DWI'"):
        find_cases(cohort, reader="R", sequence="DWI")
    with pytest.raises(InputError, match=r"no reader 'Q'.*Its readers: R, other"):
        find_cases(cohort, reader="Q")


def test_lesions_are_united_and_cannot_be_told_apart(tmp_path):
    rows = ["p1,a.nii,R,l1.nii,first", "p1,a.nii,R,l2.nii,second"]
    cohort = cohort_of(tmp_path, rows, "subject,image,reader,mask,roi")
    (case,) = find_cases(cohort, reader="R").values()
    assert [mask.path.name for mask in case.masks] == ["l1.nii", "l2.nii"]
    for rule in ("largest", "roi"):
        with pytest.raises(InputError, match="needs separate lesions"):
            find_cases(cohort, reader="R", lesions=rule)


def test_a_model_does_not_learn_from_a_model(tmp_path):
    cohort = cohort_of(tmp_path, ["p1,a.nii,R,m.nii", "p1,a.nii,auto,n.nii"], "subject,image,reader,mask")
    assert [case.reader for case in find_cases(cohort, reader="R").values()] == ["R"]
    with pytest.raises(InputError, match="must not be trained on masks of a model"):
        find_cases(cohort, reader="auto")


def test_a_site_named_in_any_row_of_an_image_counts(tmp_path):
    rows = ["p1,a.nii,R,m.nii,", "p1,a.nii,Q,n.nii,north", "p2,b.nii,R,o.nii,"]
    cohort = cohort_of(tmp_path, rows, "subject,image,reader,mask,site")
    found = origins(find_cases(cohort, reader="R"), cohort)
    assert [tuple(origin) for origin in found.values()] == [("p1", "north"), ("p2", "")]


@pytest.mark.parametrize(("sequence", "name"), [("T2w", "T2w"), ("unspecified", "MR")])
def test_an_image_without_a_name_is_called_after_its_sequence(tmp_path, sequence, name):
    cohort = cohort_of(tmp_path, [f"p1,{sequence},a.nii,R,m.nii"], "subject,sequence,image,reader,mask")
    assert channels_of(find_cases(cohort, reader="R")) == (name,)


def test_channels_are_those_that_most_cases_have_and_found_by_name(tmp_path):
    rows = []
    for subject, names in (("p1", ["T2w", "ADC"]), ("p2", ["T2w", "ADC"]), ("p3", ["adc", "T2w"])):
        rows += [f"{subject},{names[0]},{subject}a.nii,R,m.nii", f"{subject},{names[1]},{subject}b.nii,,"]
    rows += ["p4,T2w,p4a.nii,R,m.nii"]
    cases = find_cases(cohort_of(tmp_path, rows, "subject,channel,image,reader,mask"), reader="R")
    channels = channels_of(cases)
    assert channels == ("T2w", "ADC")
    files = [path.name for path in channel_files(cases["p3/baseline/unspecified"], channels)]
    assert files == ["p3b.nii", "p3a.nii"]
    with pytest.raises(InputError, match=r"p4.* has the channels T2w; T2w, ADC were expected"):
        channel_files(cases["p4/baseline/unspecified"], channels)


# --- their files ------------------------------------------------------------------------------------


def test_one_bad_case_is_told_and_the_others_go_on(tmp_path):
    cohort = phantom_cohort(tmp_path, 7)
    image = sitk.GetArrayFromImage(read_image(tmp_path / "s0t0.nii.gz"))

    def spoil(name: str, array: np.ndarray, spacing: tuple[float, float, float] = SPACING) -> None:
        sitk.WriteImage(make_image(array, spacing), str(tmp_path / f"{name}.nii.gz"))

    spoil("s0t0", np.where(image > 190, np.nan, image).astype(np.float32))
    spoil("s1t0", np.zeros(SHAPE, np.float32))
    spoil("s2t0_A", np.ones(SHAPE, np.uint8))
    spoil("s3t0_A", np.ones(SHAPE, np.uint8), (1.0, 1.0, 3.0))
    spoil("s4t0_A", np.zeros(SHAPE, np.uint8))
    (tmp_path / "s5t0.nii.gz").unlink()
    batch = examine_cases(find_cases(cohort, reader="A"), ("T2w",))
    causes = {failure.case.split("/")[0]: failure.cause for failure in batch.failures}
    assert set(causes) == {"s0", "s1", "s2", "s3", "s5"}
    assert "not finite" in causes["s0"]
    assert "value 0 everywhere" in causes["s1"]
    assert "covers the whole image" in causes["s2"]
    assert "different grids" in causes["s3"]
    assert "does not exist" in causes["s5"]
    assert {failure.stage for failure in batch.failures} == {"examine"}
    found = {name.split("/")[0]: examined for name, examined in batch.results.items()}
    assert found["s4"].empty
    assert not found["s6"].empty
    assert found["s6"].fingerprints == (image_fingerprint(tmp_path / "s6t0.nii.gz"),)


def test_channels_must_lie_on_one_grid(tmp_path):
    write_phantom(tmp_path, "a")
    sitk.WriteImage(make_image(np.random.default_rng(0).normal(size=SHAPE), (1, 1, 3)), tmp_path / "b.nii.gz")
    rows = ["p,T2w,a.nii.gz,A,a_A.nii.gz", "p,ADC,b.nii.gz,,"]
    cases = find_cases(cohort_of(tmp_path, rows, "subject,channel,image,reader,mask"), reader="A")
    (failure,) = examine_cases(cases, ("T2w", "ADC")).failures
    assert "b.nii.gz have different grids: spacing" in failure.cause
