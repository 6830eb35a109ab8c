"""Units of images: mixed ones in a sequence, and diffusion coefficients in the wrong power of ten."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from nbradiomics.study.checks import check
from nbradiomics.study.checks.units import is_adc, likely_unit
from tests.support.helpers import ball, make_image, write_cohort

HEADER = "subject,sequence,image,reader,mask,unit"


def cohort_of(folder: Path, values: dict[str, tuple[float, str]], sequence: str = "ADC") -> Path:
    """Cohort of one image each: its median in the mask, and the stated unit."""
    rows = []
    for number, (subject, (median, unit)) in enumerate(values.items()):
        rng = np.random.default_rng(number)
        voxels = median * rng.uniform(0.8, 1.2, (10, 12, 14))
        voxels[:4] = 0  # background
        sitk.WriteImage(make_image(voxels.astype(np.float32)), str(folder / f"{subject}.nii.gz"))
        sitk.WriteImage(make_image(ball()), str(folder / f"{subject}_A.nii.gz"))
        rows.append(f"{subject},{sequence},{subject}.nii.gz,A,{subject}_A.nii.gz,{unit}")
    return write_cohort(folder, rows, HEADER)


def problems_of(cohort: Path) -> list[str]:
    table = check(cohort)
    assert set(table["severity"]) <= {"warning"}
    of_units = (table["column"] == "unit") | table["problem"].str.contains("diffusion coefficient")
    return table.loc[of_units, "problem"].tolist()


def test_one_unit_with_plausible_values_is_no_problem(tmp_path: Path) -> None:
    for unit, median in (("mm2/s", 1.1e-3), ("1e-6 mm2/s", 1100), ("µm²/s", 900), ("", 1.1e-3)):
        folder = tmp_path / f"{median:g}{len(unit)}"
        folder.mkdir()
        assert problems_of(cohort_of(folder, {"s0": (median, unit), "s1": (1.3 * median, unit)})) == []


def test_a_wrong_power_of_ten_is_named_with_the_unit_that_would_fit(tmp_path: Path) -> None:
    (found,) = problems_of(cohort_of(tmp_path, {"s0": (1100, "mm2/s"), "s1": (1.1e-3, "mm2/s")}))
    assert "s0.nii.gz" in found
    assert "plausible in 1e-6 mm2/s" in found
    assert "0.0002 to 0.0035" in found


def test_an_unstated_unit_is_guessed_by_the_size_of_the_values(tmp_path: Path) -> None:
    found = problems_of(cohort_of(tmp_path, {"s0": (1.1e-3, ""), "s1": (1200, ""), "s2": (1.2e-3, "")}))
    assert any("by the size of their values (mm2/s: 2, 1e-6 mm2/s: 1)" in text for text in found)
    assert any("s1.nii.gz" in text and "no unit is stated" in text for text in found)


def test_stated_units_of_a_sequence_must_agree(tmp_path: Path) -> None:
    values = {"s0": (1.1e-3, "mm2/s"), "s1": (1100.0, "1e-6 mm2/s"), "s2": (1.2e-3, "")}
    (found,) = problems_of(cohort_of(tmp_path, values))
    assert "(mm2/s: 1, 1e-6 mm2/s: 1, not stated: 1)" in found
    other = tmp_path / "pet"
    other.mkdir()
    (found,) = problems_of(cohort_of(other, {"s0": (4, "SUV"), "s1": (9000, "Bq/ml")}, "PET"))
    assert "SUV: 1, Bq/ml: 1" in found


def test_the_error_of_a_coefficient_is_not_one_although_it_has_its_unit(tmp_path: Path) -> None:
    values = {"s0": (0.05e-3, "mm2/s"), "s1": (0.1e-3, "mm2/s")}
    assert problems_of(cohort_of(tmp_path, values, "ADC_error")) == []
    other = tmp_path / "other"
    other.mkdir()
    assert len(problems_of(cohort_of(other, values, "DWI_map"))) == 2


def test_other_images_are_left_alone(tmp_path: Path) -> None:
    assert problems_of(cohort_of(tmp_path, {"s0": (120, ""), "s1": (4000, "")}, "T2w")) == []


def test_units_of_an_ingest_are_read_beside_its_table(tmp_path: Path) -> None:
    cohort = cohort_of(tmp_path, {"s0": (1.1e-3, ""), "s1": (1100, "")}, "map")
    text = cohort.read_text().replace(",unit", "").replace(".gz,\n", ".gz\n")
    cohort.write_text("\n".join(line.removesuffix(",") for line in text.splitlines()) + "\n")
    assert problems_of(cohort) == []
    lines = ["s0,baseline,map,s0.nii.gz,mm2/s", "s1,baseline,map,s1.nii.gz,1e-6 mm2/s"]
    table = "\n".join(["subject,timepoint,sequence,image,units", *lines]) + "\n"
    (tmp_path / "acquisition.csv").write_text(table)
    assert problems_of(cohort) == []  # a table of this name may be anybody's
    (tmp_path / "ingest.provenance.json").write_text("{}")
    (found,) = problems_of(cohort)
    assert "mm2/s: 1, 1e-6 mm2/s: 1" in found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ADC", True),
        ("dwi_adc_b800", True),
        ("Apparent Diffusion Coefficient", True),
        ("ADC_error", False),
        ("exp ADC", False),
        ("eADC", False),
        ("cadcam", False),
        ("", False),
    ],
)
def test_names_of_diffusion_maps(name: str, expected: bool) -> None:
    assert is_adc(name) is expected


@pytest.mark.parametrize(
    ("typical", "unit"),
    [(0.8e-3, "mm2/s"), (0.8, "1e-3 mm2/s"), (80, "1e-5 mm2/s"), (800, "1e-6 mm2/s"), (0.05, ""), (0, "")],
)
def test_likely_units(typical: float, unit: str) -> None:
    assert likely_unit(typical) == unit
