"""From a hospital's export to a report and back: nothing that is written holds a text of the files."""

from __future__ import annotations

import base64
import gzip
import logging
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydicom
import pytest
from pydicom.dataset import Dataset

from tests.support.dicom_series import PET, make_structure_set, pet_drug, write, write_series
from tests.support.helpers import call
from tests.support.planted_texts import BIRTH, MARK, PERSON, identifiers, patterns, plant, require_clean

PATIENTS = 12
UID = "1.2.826.0.1.3680043.8.498.77"
_STUDY = """\
name: From a hospital
cohort: data/cohort.csv
extract: {params: params.yaml}
readers: {}
outcome:
  clinical: clinical.csv
  endpoints: [{name: os, time: days, event: died}]
  reader: A
  covariates: [age]
  folds: 2
  repeats: 2
  bootstraps: 100
  refits: 0
"""
_PARAMS = "featureClass: {firstorder: [Mean, Range], shape: [MeshVolume, Sphericity]}\n"
_RULES = f"""\
sequences:
  T2w: {{modality: MR, description: tumour}}
  PET: {{modality: PT, optional: true}}
sites: {{"{MARK}.*": Hospital}}
masks:
  regions: [{{roi: tumour, names: ["GTV*"]}}]
  readers: [{{reader: A, label: "*first"}}, {{reader: B, label: "*second"}}]
"""


#: Series that become no image, with what is wrong with them.
_BROKEN: dict[str, dict[str, Any]] = {
    "tracer": {"modality": "PT", **PET},
    "gap": {"slices": [0, 1, 3]},
    "mode": {"Modality": f"{MARK}MODE"},
    "burned": {"BurnedInAnnotation": "YES"},
    "cut": {},
    "syntax": {},
}


def _export(folder: Path) -> None:
    """A hospital's export: images with masks of two readers, and series that fail in many ways."""
    for number in range(PATIENTS):
        place, change = folder / f"{MARK} MÜLLER^JÜRGEN {number} 23.5.1977", _few if number else _all
        options = {"patient": f"PAT{number:02d}{MARK}", "shape": (24, 24), "change": change}
        images = write_series(place, f"{MARK} tumour", slices=6, **options)
        for reader, slices in (("first", images[:5]), ("second", images[1:6])):
            contours = make_structure_set(slices, ["GTV Smith"], series=f"{reader} {number}")
            change(contours, 0)
            contours.StructureSetLabel, contours.StructureSetROISequence[0].ROIName = reader, f"GTV {MARK}"
            write(contours, place / f"{MARK} {reader}.dcm")
    pet = {**PET, "RadiopharmaceuticalInformationSequence": pet_drug(), "patient": f"PAT00{MARK}"}
    write_series(folder / "pet", f"{MARK} PET", slices=3, modality="PT", change=_all, **pet)
    for number, (name, options) in enumerate(_BROKEN.items()):
        more = {"slices": 3, "change": _all, "patient": f"P{number}{MARK}", **options}
        files = write_series(folder / name, f"{MARK} tumour {name}", **more)
        if name == "cut":
            files[2].write_bytes(files[2].read_bytes()[:-20])
        if name == "syntax":
            _mislabel(files)
    (folder / f"{MARK}.zip").write_bytes(b"PK\x03\x04" + MARK.encode())
    (folder / f"{MARK} damaged").write_bytes(b"\0" * 128 + b"DICM" + MARK.encode() * 100)
    (folder / f"{MARK} lost").symlink_to(folder / f"{MARK} nowhere")


def _all(data: Dataset, number: int) -> None:
    """A text in every element."""
    description = data.SeriesDescription
    plant(data, number)
    data.SeriesDescription = description
    _few(data, number)


def _few(data: Dataset, _number: int) -> None:
    """Texts that the tables could quote."""
    data.PatientName, data.PatientBirthDate = f"{MARK}MÜLLER^JÜRGEN", BIRTH
    data.SpecificCharacterSet = "ISO_IR 100"
    data.OperatorsName, data.AccessionNumber = f"{MARK}MÜLLER^JÜRGEN", MARK
    data.ConvolutionKernel, data.ManufacturerModelName = f"B_{MARK}_A", f"Aera {MARK}"
    data.Manufacturer, data.InstitutionName = f"SIEMENS {MARK}", f"{MARK} Hospital"


def _mislabel(files: list[Path]) -> None:
    """State a compression that the pixels do not have."""
    for path in files:
        data = pydicom.dcmread(path)
        data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.90"
        content = pydicom.encaps.encapsulate([data.PixelData])
        data.PixelData = content
        data["PixelData"].is_undefined_length = True
        pydicom.dcmwrite(path, data, enforce_file_format=True)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("in") / f"{MARK} DOE^JOHN_19700101"
    _export(folder)
    return folder


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """All log records of a program that listens to everything, and attached itself to pydicom too."""
    lines: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    listener, root, own = Listener(), logging.getLogger(), logging.getLogger("pydicom")
    before = root.level, own.level
    for logger in (root, own):
        logger.addHandler(listener)
        logger.setLevel(logging.DEBUG)
    yield lines
    for logger, level in zip((root, own), before, strict=True):
        logger.removeHandler(listener)
        logger.setLevel(level)


@pytest.mark.slow
def test_nothing_of_an_export_is_in_a_study_made_from_it(
    export: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    logged: list[str],
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    key = tmp_path / "safe" / "key"
    (tmp_path / "rules.yaml").write_text(_RULES, encoding="utf-8")
    rules = ("--rules", tmp_path / "rules.yaml")
    assert call("ingest", export, "--out", "plain", "--key", key, "--jobs", 1) == 0
    assert call("ingest", export, "--out", "data", "--key", key, *rules, "--jobs", 2) == 0
    assert call("ingest", export, "--out", "data", "--key", key, *rules, "--jobs", 1) == 0
    _write_study(work)
    assert call("check", "study.yaml") == 0
    assert call("run", "study.yaml", "--out", "results", "--jobs", 2) == 0
    assert call("report", "results", "--export", "paper") == 0
    assert call("status", "results") == 0
    assert call("status", "results", "--verify", "--json") == 0
    sources = ("--source", export, "--key", key, "--series", "data/acquisition.csv")
    assert call("export-dicom", "results", *sources, "--out", "objects") == 0
    output = "".join(capfd.readouterr()) + "\n".join(logged)

    unwanted = patterns(identifiers(export))
    number = require_clean(work, output, unwanted, but=r"^objects/[^/]+\.dcm$")
    assert number > 200
    assert len(pd.read_csv(work / "data" / "cohort.csv")) >= 2 * PATIENTS
    causes = " ".join(pd.read_csv(work / "data" / "failures.csv")["cause"])
    for cause in (
        "burned",
        "RadionuclideTotalDose",
        "archive",
        "slice of a stack",
        "transfer syntax",
        "damaged",
    ):
        assert cause in causes, causes
    objects = list((work / "objects").glob("*.dcm"))
    assert len(objects) == 4 * PATIENTS
    # They are filed with their source: that is what they are for.
    assert {str(pydicom.dcmread(one).PatientID) for one in objects} == {
        f"PAT{number:02d}{MARK}" for number in range(PATIENTS)
    }


def _parquet(text: str) -> bytes:
    file = BytesIO()
    pd.DataFrame({"case": [text] * 9}).to_parquet(file)
    return file.getvalue()


def _zip(text: str) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", text * 9)
    return file.getvalue()


@pytest.mark.parametrize("text", [MARK, PERSON, BIRTH, "1977-05-23", "2020-03-01", UID, PERSON.lower()])
@pytest.mark.parametrize(
    "hidden",
    [
        lambda text: f"x{text}x".encode(),
        lambda text: text.encode("latin-1"),
        lambda text: text.encode("utf-16"),
        lambda text: f"1,{text}".encode().hex().encode(),
        lambda text: gzip.compress(text.encode() * 9),
        _parquet,
        _zip,
    ],
)
def test_the_search_finds_what_is_hidden(text: str, hidden: Callable[[str], bytes], tmp_path: Path) -> None:
    unwanted = patterns({UID, "20200301"})
    (tmp_path / "file").write_bytes(b"nothing")
    require_clean(tmp_path, "nothing", unwanted)
    (tmp_path / "file").write_bytes(hidden(text))
    with pytest.raises(AssertionError, match="file"):
        require_clean(tmp_path, "", unwanted)


@pytest.mark.parametrize("text", [PERSON, UID])
@pytest.mark.parametrize("before", ["0", "01", "012"])
def test_the_search_finds_names_in_base64_and_in_file_names(text: str, before: str, tmp_path: Path) -> None:
    unwanted = patterns({UID})
    (tmp_path / "file").write_bytes(base64.b64encode(f"{before}{text}, and more".encode()))
    with pytest.raises(AssertionError, match="file"):
        require_clean(tmp_path, "", unwanted)
    (tmp_path / "file").rename(tmp_path / f"{before}{text}")
    with pytest.raises(AssertionError, match=before):
        require_clean(tmp_path, "", unwanted)


def _write_study(work: Path) -> None:
    subjects = sorted(
        set(pd.read_csv(work / "data" / "cohort.csv", dtype=str).query("roi == 'tumour'")["subject"])
    )
    assert len(subjects) == PATIENTS
    rng = np.random.default_rng(0)
    clinical = pd.DataFrame({
        "subject": subjects,
        "days": rng.integers(100, 900, PATIENTS),
        "died": [1, 1, 0] * (PATIENTS // 3),
        "age": rng.integers(1, 99, PATIENTS),
    })  # fmt: skip
    clinical.to_csv(work / "clinical.csv", index=False)
    (work / "params.yaml").write_text(_PARAMS)
    (work / "study.yaml").write_text(_STUDY)
