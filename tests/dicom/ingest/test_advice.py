"""What is said of a cohort that would give wrong features without a decision."""

from pathlib import Path

import pytest

from nbradiomics.dicom.ingest.advice import advice_on
from tests.dicom.ingest.test_ingest import run
from tests.support.dicom_series import make_structure_set, write, write_series


@pytest.mark.parametrize("mixed", [False, True])
def test_several_regions_and_kinds_of_images_are_told(tmp_path: Path, mixed: bool) -> None:
    images = write_series(tmp_path / "in", "T2")
    names = ("GTV", "CTV") if mixed else ("GTV",)
    write(make_structure_set(images, names), tmp_path / "in" / "rs")
    if mixed:
        write_series(tmp_path / "in" / "ct", "CT", modality="CT")
    done = run(tmp_path)
    told = " ".join(advice_on(done.cohort.table, done.acquisition))
    assert ("2 sequences (CT, MR)" in told) == mixed
    assert ("1 scan with several regions" in told) == mixed
