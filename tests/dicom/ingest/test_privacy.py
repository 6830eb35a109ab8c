"""Nothing that is written or printed holds a name, an identifier, a date or any other text of the files."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from nbradiomics.dicom.ingest import conversion
from nbradiomics.system.quiet import quiet
from tests.support.dicom_series import PET, make_structure_set, pet_drug, write, write_series
from tests.support.helpers import call

#: Kinds of elements that hold text, and the planted text: a mark and the tag, unless the kind has a form.
_TEXT = ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT")
_DATES = {"DA": "19770523", "DT": "19770523031415.926535", "TM": "031415.926535", "AS": "047Y"}
_MARKS = re.compile(rb"(?i)qxz|19770523|1977-05-23|031415|03:14:15|5\.23\.1977|047y")
#: Without these values a file is no slice of a series.
_NEEDED = {
    "Modality",
    "ImageType",
    "PhotometricInterpretation",
    "StudyDate",
    "SeriesDate",
    "SeriesTime",
    "AcquisitionDate",
    "AcquisitionTime",
    "Units",
    "DecayCorrection",
    "CorrectedImage",
    "SUVType",
    "ROIGenerationAlgorithm",
    "RTROIInterpretedType",
    "ContourGeometricType",
    "PixelPresentation",
    "LossyImageCompression",
    "SpecificCharacterSet",
    "RadiopharmaceuticalStartTime",
    "RadiopharmaceuticalStartDateTime",
}


def _texts(*, nested: bool) -> Dataset:
    """A text in every text element of the dictionary, and in sequences with the same elements."""
    data = Dataset()
    for tag, (kind, *_) in DicomDictionary.items():
        name = keyword_for_tag(tag)
        if name in _NEEDED or not name or tag < 0x00080000:
            continue
        if kind in _TEXT:
            data.add_new(tag, kind, f"QXZ{tag:08X}")
        elif kind in _DATES:
            data.add_new(tag, kind, _DATES[kind])
        elif kind == "UI":
            data.add_new(tag, kind, f"1.2.77.5.23.1977.{tag}")
    for owner in (0x0009, 0x0019, 0x0029, 0x0043, 0x2001, 0x2005, 0x7053):
        data.private_block(owner, "QXZ OWNER", create=True).add_new(0x10, "LO", "QXZPRIVATE")
    for name in ("RequestAttributesSequence", "OtherPatientIDsSequence") if nested else ():
        setattr(data, name, Items([_texts(nested=False)]))
    return data


with quiet():
    _WHOLE, _INNER = _texts(nested=True), _texts(nested=False)


def plant(data: Dataset, texts: Dataset) -> None:
    """Write texts into a dataset, except over its UIDs."""
    for element in texts:
        if element.VR != "UI" or element.tag not in data:
            data[element.tag] = element


def _planted(data: Dataset, number: int = 0) -> None:
    plant(data, _INNER if number else _WHOLE)
    for name in ("ImageType", "CorrectedImage"):
        if name in data:
            setattr(data, name, [*data[name].value, "QXZVALUE"])
    for item in (
        *data.get("RadiopharmaceuticalInformationSequence", ()),
        *data.get("StructureSetROISequence", ()),
    ):
        plant(item, _INNER)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Series that are converted, that fail and that are left out, all of them full of texts."""
    folder = tmp_path_factory.mktemp("in") / "QXZ Doe^Jane 23.5.1977"
    images = write_series(folder / "QXZ a", "QXZ T2", slices=3, patient="QXZ1", change=_planted)
    write_series(folder / "QXZ b", "QXZ CT", slices=3, patient="QXZ1", modality="CT", change=_planted)
    pet = {**PET, "RadiopharmaceuticalInformationSequence": pet_drug()}
    write_series(folder / "QXZ c", "QXZ PET", slices=3, patient="QXZ1", modality="PT", change=_planted, **pet)
    refused = {**pet, "PatientWeight": None}
    write_series(
        folder / "QXZ d", "QXZ PET 2", slices=3, patient="QXZ2", modality="PT", change=_planted, **refused
    )
    write_series(folder / "QXZ e", "QXZ broken", patient="QXZ3", slices=[0, 1, 3], change=_planted)
    write_series(folder / "QXZ f", "QXZ odd", slices=2, Modality="QXZMODALITY", change=_planted)
    write_series(folder / "QXZ g", "QXZ one", slices=1, change=_planted)
    cut = write_series(folder / "QXZ h", "QXZ cut", slices=3, patient="QXZ4", change=_planted)
    cut[2].write_bytes(cut[2].read_bytes()[:-20])
    contours = make_structure_set(images, ["GTV QXZ", "QXZ"], series="QXZ contours")
    _planted(contours)
    for number, region in enumerate(contours.StructureSetROISequence):
        region.ROIName = f"QXZ {number}"
    contours.RTROIObservationsSequence[1].RTROIInterpretedType = "ORGAN"
    write(contours, folder / "QXZ masks.dcm")
    lost = make_structure_set(cut[:2], series="QXZ lost")
    lost.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[
        0
    ].SeriesInstanceUID = "1.2.77.5.23.1977"
    write(lost, folder / "QXZ lost.dcm")
    (folder / "QXZ.zip").write_bytes(b"PK\x03\x04QXZ")
    (folder / "QXZ damaged").write_bytes(b"\0" * 128 + b"DICM" + b"QXZ" * 100)
    return folder


def written(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of every file, also within gzip."""
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        yield str(path.relative_to(folder)), content
        if content[:2] == b"\x1f\x8b":
            yield f"{path.name} unpacked", gzip.decompress(content)


def require_clean(out: Path, output: str, identifiers: set[bytes]) -> None:
    for name, content in [("output", output.encode()), *written(out)]:
        assert not _MARKS.search(name.encode()), name
        found = _MARKS.search(content)
        assert not found, (
            f"{name}: {content[max(0, found.start() - 80) : found.end() + 40]!r}" if found else ""
        )
        assert not any(one in content for one in identifiers), name


def identifiers(folder: Path) -> set[bytes]:
    """UIDs and dates of all files; they are not planted, since a series needs them."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            with quiet():
                data = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            names = (
                "StudyInstanceUID",
                "SeriesInstanceUID",
                "SOPInstanceUID",
                "FrameOfReferenceUID",
                "StudyDate",
            )
            found |= {str(data.get(name)).encode() for name in names if data.get(name)}
    assert len(found) > 20
    return found


@pytest.mark.parametrize("rules", [False, True])
def test_nothing_of_the_files_is_written_or_printed(
    planted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], *, rules: bool
) -> None:
    out, options = tmp_path / "out", []
    if rules:
        file = tmp_path / "rules.yaml"
        file.write_text(
            "sequences:\n  A: {description: QXZ}\n  B: {modality: CT}\n  C: {modality: PT}\n"
            "sites: {QXZ: Hospital}\nmasks: {others: number}\n",
            encoding="utf-8",
        )
        options = ["--rules", file]
    code = call("ingest", planted, "--out", out, "--key", tmp_path / "key", "--jobs", 1, *options)
    output = "".join(capfd.readouterr())
    assert (code == 0) != rules  # by these rules every series matches several times
    assert "failure" in output
    require_clean(out, output, identifiers(planted))
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
    require_clean(out, output, identifiers(planted))


def test_the_list_shows_texts_on_the_terminal_and_writes_nothing(
    planted: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("ingest", planted, "--list", "--key", tmp_path / "key", "--jobs", 1) == 0
    output, notes = capfd.readouterr()
    assert "they may name persons" in notes
    assert "description" in output
    assert "QXZ damaged: it cannot be read" in output
    assert re.search(r"RTSTRUCT  drawn on \w{12}  .*\n +region-\w{6} = '", output)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
