"""The section "From a PACS to a report" of the README, as a new user types it, against a real PACS."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest

from nbradiomics.pacs.credentials import PASSWORD as PASSWORD_NAME, USER as USER_NAME
from tests.support.dicom_series import make_slice, make_structure_set
from tests.support.orthanc import PASSWORD, USER, Orthanc, running_orthanc
from tests.support.paths import ROOT

pytestmark = pytest.mark.orthanc
_RULES = 'sequences:\n  T2w: {description: t2}\nmasks:\n  regions: [{roi: tumour, names: ["GTV*"]}]\n'
_STUDY = "name: From a PACS\ncohort: data/cohort.csv\nextract: {params: params.yaml}\n"
_PARAMS = "imageType: {Original: {}}\nfeatureClass: {shape: [MeshVolume], firstorder: [Mean]}\n"
PATIENTS = 3


def commands() -> str:
    """The commands of the section."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## From a PACS to a report")[1]
    found = re.search(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def fill(server: Orthanc, folder: Path) -> None:
    """Images with a structure set of each patient."""
    for number in range(1, PATIENTS + 1):
        day = f"2021030{number}"
        slices = [
            make_slice("t2 tse", place, patient=f"PAT{number}", shape=(24, 24), StudyDate=day)
            for place in range(8)
        ]
        paths = [folder / f"{number}-{place}.dcm" for place in range(len(slices))]
        for path, one in zip(paths, slices, strict=True):
            one.save_as(path, enforce_file_format=True)
        server.upload([*slices, make_structure_set(paths, StudyDate=day)])


def test_the_commands_of_the_readme_lead_to_a_report_and_back(tmp_path: Path) -> None:
    work, source = tmp_path / "work", tmp_path / "source"
    work.mkdir()
    source.mkdir()
    for name, text in (("rules", _RULES), ("study", _STUDY), ("params", _PARAMS)):
        (work / f"{name}.yaml").write_text(text)
    with running_orthanc(tmp_path / "orthanc") as server:
        fill(server, source)
        rows = [f"PAT{one},{one},M,{900 * one},1" for one in range(1, PATIENTS + 1)]
        (work / "hospital.csv").write_text("\n".join(["mrn,age,stage,os_days,os_event", *rows]))
        before = server.number_of_instances()
        typed = commands().replace("https://pacs.example.org/dicom-web", server.url)
        done = subprocess.run(
            ["sh", "-e", "-c", f'nbradiomics() {{ "{sys.executable}" -m nbradiomics "$@"; }}\n{typed}'],
            cwd=work,
            env={**os.environ, "HOME": str(tmp_path), USER_NAME: USER, PASSWORD_NAME: PASSWORD,
                 "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        # A segmentation and a report of each patient came back to the archive.
        assert server.number_of_instances() == before + 2 * PATIENTS
    assert (work / "results" / "report.html").is_file()
    assert "fetched 27 of 27 instances, 0 failure(s)" in done.stdout
    assert "stored 6 of 6 instances, 0 failure(s)" in done.stdout
    assert f"{PATIENTS} patients, {PATIENTS} with images" in done.stdout
    objects = [pydicom.dcmread(path) for path in (work / "objects").glob("*.dcm")]
    assert sorted({str(one.PatientID) for one in objects}) == ["PAT1", "PAT2", "PAT3"]
    shown = (
        done.stdout
        + done.stderr
        + "".join(
            path.read_text(errors="replace")
            for folder in ("data", "results")
            for path in (work / folder).rglob("*")
            if path.suffix in (".csv", ".json", ".html", ".log")
        )
    )
    assert not re.search(r"PAT\d|Doe\^Jane|20100102|2021030\d", shown)
