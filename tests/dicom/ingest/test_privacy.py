"""Nothing that is written or printed holds a name, an identifier, a date or any other text of the files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from nbradiomics.dicom.ingest import conversion
from tests.support.dicom_series import PET, make_structure_set, pet_drug, write, write_series
from tests.support.helpers import call
from tests.support.planted_texts import identifiers, patterns, plant, require_clean, written


def _weightless(data: Dataset, number: int) -> None:
    """Planted, without a weight for an SUV."""
    plant(data, number)
    del data.PatientWeight


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Series that are converted, that fail and that are left out, all of them full of texts."""
    folder = tmp_path_factory.mktemp("in") / "QXZVKJ Doe^Jane 23.5.1977"
    images = write_series(folder / "QXZVKJ a", "QXZVKJ T2", slices=3, patient="QXZVKJ1", change=plant)
    write_series(folder / "QXZVKJ b", "QXZVKJ CT", slices=3, patient="QXZVKJ1", modality="CT", change=plant)
    pet = {**PET, "RadiopharmaceuticalInformationSequence": pet_drug()}
    write_series(
        folder / "QXZVKJ c", "QXZVKJ PET", slices=3, patient="QXZVKJ1", modality="PT", change=plant, **pet
    )
    write_series(
        folder / "QXZVKJ d",
        "QXZVKJ PET 2",
        slices=3,
        patient="QXZVKJ2",
        modality="PT",
        change=_weightless,
        **pet,
    )
    write_series(folder / "QXZVKJ e", "QXZVKJ broken", patient="QXZVKJ3", slices=[0, 1, 3], change=plant)
    write_series(
        folder / "QXZVKJ f",
        "QXZVKJ odd",
        slices=2,
        patient="QXZVKJ5",
        Modality="QXZVKJMODALITY",
        change=plant,
    )
    write_series(folder / "QXZVKJ g", "QXZVKJ one", slices=1, patient="QXZVKJ5", change=plant)
    cut = write_series(folder / "QXZVKJ h", "QXZVKJ cut", slices=3, patient="QXZVKJ4", change=plant)
    cut[2].write_bytes(cut[2].read_bytes()[:-20])
    contours = make_structure_set(images, ["GTV QXZVKJ", "QXZVKJ"], series="QXZVKJ contours")
    plant(contours)
    for number, region in enumerate(contours.StructureSetROISequence):
        region.ROIName = f"QXZVKJ {number}"
    contours.RTROIObservationsSequence[1].RTROIInterpretedType = "ORGAN"
    write(contours, folder / "QXZVKJ masks.dcm")
    lost = make_structure_set(cut[:2], series="QXZVKJ lost")
    lost.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[
        0
    ].SeriesInstanceUID = "1.2.77.5.23.1977"
    write(lost, folder / "QXZVKJ lost.dcm")
    (folder / "QXZVKJ.zip").write_bytes(b"PK\x03\x04QXZVKJ")
    (folder / "QXZVKJ damaged").write_bytes(b"\0" * 128 + b"DICM" + b"QXZVKJ" * 100)
    return folder


@pytest.mark.parametrize("rules", [False, True])
def test_nothing_of_the_files_is_written_or_printed(
    planted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], *, rules: bool
) -> None:
    out, options = tmp_path / "out", []
    if rules:
        file = tmp_path / "rules.yaml"
        file.write_text(
            "sequences:\n  A: {description: QXZVKJ}\n  B: {modality: CT}\n  C: {modality: PT}\n"
            "sites: {QXZVKJ: Hospital}\nmasks: {others: number}\n",
            encoding="utf-8",
        )
        options = ["--rules", file]
    assert call("ingest", planted, "--out", out, "--key", tmp_path / "key", "--jobs", 1, *options) == 0
    output = "".join(capfd.readouterr())
    assert "failure" in output
    require_clean(out, output, patterns(identifiers(planted)))
    names = {name for name, _ in written(out)}
    assert {"cohort.csv", "acquisition.csv", "not_chosen.csv", "failures.csv"} <= names
    if not rules:
        assert sum(name.startswith("images/") and name.endswith(".gz") for name in names) == 4
        assert any(name.startswith("masks/") for name in names)


def test_an_unexpected_error_tells_nothing_of_the_files(
    planted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(plan: Any) -> Any:
        try:
            raise KeyError(plan.header.patient)
        except KeyError as error:
            raise ValueError(f"{plan.header.description} {plan.sources[0].instance.path}") from error

    monkeypatch.setattr(conversion, "make_volume", broken)
    out = tmp_path / "out"
    assert call("ingest", planted, "--out", out, "--key", tmp_path / "key", "--jobs", 1) == 1
    output = "".join(capfd.readouterr())
    assert "unexpected error (ValueError)" in output
    assert "make_volume" in (out / "failures.log").read_text()
    require_clean(out, output, patterns(identifiers(planted)))


def test_the_list_shows_texts_on_the_terminal_and_writes_nothing(
    planted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("ingest", planted, "--list", "--key", tmp_path / "key", "--jobs", 1) == 0
    output, notes = capfd.readouterr()
    assert "they may name persons" in notes
    assert "description" in output
    assert "QXZVKJ damaged: it cannot be read" in output
    assert re.search(r"RTSTRUCT  drawn on \w{12}  .*\n +region-\w{6} = '", output)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
