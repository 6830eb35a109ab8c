"""What is said of a cohort that would give wrong features without a decision."""

from pathlib import Path

import pandas as pd
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


@pytest.mark.parametrize("known", [False, True])
def test_numbered_readers_are_told_once_and_how_to_name_them(tmp_path: Path, known: bool) -> None:
    for patient in ("P1", "P2"):
        images = write_series(tmp_path / "in" / patient, "T2", patient=patient)
        persons = {"OperatorsName": "Jones^Ann"} if known else {}
        write(make_structure_set(images, **persons), tmp_path / "in" / patient / "rs")
    done = run(tmp_path)
    told = [one for one in advice_on(done.cohort.table, done.acquisition) if "unknown readers" in one]
    assert bool(told) != known
    if told:
        (advice,) = told
        assert "2 scans with masks of unknown readers (reader-1)" in advice
        assert "masks: readers:" in advice


def test_units_that_differ_within_a_sequence_are_told() -> None:
    """Diffusion coefficients of two vendors may differ by a factor of a thousand."""
    columns = {"subject": ["a", "b", "c"], "timepoint": "t1", "sequence": "ADC"}
    acquisition = pd.DataFrame({**columns, "units": ["mm2/s", "1e-6 mm2/s", ""]})
    cohort = pd.DataFrame({**columns, "mask": "", "reader": "", "roi": ""})
    (advice,) = advice_on(cohort, acquisition)
    assert "ADC do not all have one unit (1e-6 mm2/s: 1, mm2/s: 1, not stated: 1)" in advice
    assert not list(advice_on(cohort, acquisition.assign(units="mm2/s")))
