"""Query, fetch and store with a real PACS."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pydicom
import pytest

from nbradiomics.pacs.client import PacsClient
from nbradiomics.pacs.credentials import PASSWORD as PASSWORD_NAME, USER as USER_NAME
from nbradiomics.pacs.fetch import fetch_from_pacs
from nbradiomics.pacs.query import SeriesQuery, query_pacs
from nbradiomics.pacs.retries import Retries
from nbradiomics.pacs.server import Server
from nbradiomics.pacs.store import store_to_pacs
from tests.support.dicom_studies import as_file, cohort, equal, identifiers, mr_slice, series_of
from tests.support.orthanc import PASSWORD, USER, Orthanc, running_orthanc

pytestmark = pytest.mark.orthanc
SINCE = SeriesQuery(date_from="2020-01-01")


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    with running_orthanc(tmp_path_factory.mktemp("orthanc")) as server:
        yield server


@pytest.fixture(autouse=True)
def _user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(USER_NAME, USER)
    monkeypatch.setenv(PASSWORD_NAME, PASSWORD)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "nbradiomics", "pacs", *map(str, arguments)]


def run(*arguments: object) -> str:
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def require_equal(folder: Path, datasets: Sequence[pydicom.Dataset]) -> None:
    """The folder holds these instances, and no other file."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            one = pydicom.dcmread(path)
            found[str(one.SOPInstanceUID)] = one
    assert found.keys() == {str(dataset.SOPInstanceUID) for dataset in datasets}
    assert all(equal(dataset, found[str(dataset.SOPInstanceUID)]) for dataset in datasets)


def test_a_cohort_is_stored_queried_and_fetched(orthanc: Orthanc, tmp_path: Path) -> None:
    datasets = cohort(3, slices=5)
    (tmp_path / "objects").mkdir()
    for number, dataset in enumerate(datasets):
        (tmp_path / "objects" / f"{number}.dcm").write_bytes(as_file(dataset))
    shown = [run("store", tmp_path / "objects", orthanc.url)]
    assert "stored 30 of 30 instances, 0 failure(s)" in shown[0]
    shown.append(run("store", tmp_path / "objects", orthanc.url))
    assert "stored 30 of 30 instances (30 were there), 0 failure(s)" in shown[1]
    (tmp_path / "patients.csv").write_text("patient_id\nPAT001\nPAT003\nPAT404\n")
    shown.append(
        run("query", orthanc.url, "--patients", tmp_path / "patients.csv", "--description", "T2*",
            "--modality", "MR", "--out", tmp_path / "list.csv")
    )  # fmt: skip
    assert "2 series of 2 studies and 2 patients, 10 instances" in shown[2]
    assert "1 of 3 patients have no such series" in shown[2]
    assert list(pd.read_csv(tmp_path / "list.not_found.csv")["patient_id"]) == ["PAT404"]
    shown.append(run("fetch", tmp_path / "list.csv", "--out", tmp_path / "dicom"))
    assert "fetched 10 of 10 instances, 0 failure(s)" in shown[3]
    wanted = [one for one in datasets if one.PatientID != "PAT002" and one.SeriesDescription == "T2w tra"]
    require_equal(tmp_path / "dicom", wanted)
    text = "".join(shown) + " ".join(str(path) for path in (tmp_path / "dicom").rglob("*"))
    assert not [one for one in identifiers(datasets) if one in text]
    assert PASSWORD not in text


def test_a_fetch_that_is_killed_continues(orthanc: Orthanc, tmp_path: Path) -> None:
    datasets = series_of("KILLED", 30, 1, 120, size=256)
    orthanc.upload(datasets)
    query_pacs(orthanc.url, SINCE, patients=["KILLED"]).write(tmp_path / "list.csv")
    out, kills = tmp_path / "dicom", 0
    for some in (20, 60, 100):
        process = subprocess.Popen(
            command("fetch", tmp_path / "list.csv", "--out", out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and len(list(out.rglob("*.dcm"))) < some:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.dcm") if path.name[0] != "."}
    assert kills
    assert len(before) < 120
    shown = run("fetch", tmp_path / "list.csv", "--out", out)
    assert f"fetched 120 of 120 instances ({len(before)} were there), 0 failure(s)" in shown
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())
    require_equal(out, datasets)


def test_a_server_that_starts_again_in_the_middle_loses_nothing(orthanc: Orthanc, tmp_path: Path) -> None:
    datasets = series_of("RESTART", 31, 1, 150, size=256)
    orthanc.upload(datasets)
    query_pacs(orthanc.url, SINCE, patients=["RESTART"]).write(tmp_path / "list.csv")
    out = tmp_path / "dicom"

    client = PacsClient(Server(orthanc.url), Retries(first_wait=0.2))
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(fetch_from_pacs, tmp_path / "list.csv", out, client=client)
        while len(list(out.rglob("*.dcm"))) < 30 and not fetching.done():
            time.sleep(0.002)
        orthanc.kill()
        time.sleep(0.5)
        orthanc.start()
        result = fetching.result()
    assert (result.sentence, result.failures) == ("fetched 150 of 150 instances", [])
    require_equal(out, datasets)


def peak_mb(*arguments: object) -> float:
    """Largest memory of a command in MB. That of `resource` would be at least the memory of this process."""
    code = (
        "import sys, nbradiomics.cli as cli\nfrom pathlib import Path\n"
        "try:\n    cli.main(sys.argv[1:])\n"
        "except SystemExit as stop:\n    assert not stop.code, stop.code\n"
        "print('peak', Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "pacs", *map(str, arguments)],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    return int(done.stdout.split("peak")[1]) / 1024


def test_memory_does_not_grow_with_the_series(orthanc: Orthanc, tmp_path: Path) -> None:
    """A series of 300 MB, and one instance of 120 MB, against a series of 1 MB."""
    orthanc.upload(series_of("SMALL", 40, 1, 2, size=512))
    orthanc.upload(series_of("LARGE", 41, 1, 75, size=1448))
    orthanc.upload([mr_slice("FRAMES", 42, 1, 1, size=1024, frames=60)])
    peaks = {}
    for patient in ("SMALL", "LARGE", "FRAMES"):
        query_pacs(orthanc.url, SINCE, patients=[patient]).write(tmp_path / f"{patient}.csv")
        out = tmp_path / patient
        peaks[patient] = peak_mb("fetch", tmp_path / f"{patient}.csv", "--out", out)
        size = sum(path.stat().st_size for path in out.rglob("*.dcm"))
        assert size > {"SMALL": 1e6, "LARGE": 300e6, "FRAMES": 120e6}[patient]
    assert max(peaks.values()) < peaks["SMALL"] + 20, peaks


def test_a_server_with_a_limit_is_searched_in_parts(tmp_path: Path) -> None:
    datasets = [mr_slice(f"P{n:02d}", n, 1, 1, day=f"202101{1 + n % 9:02d}") for n in range(1, 21)]
    with running_orthanc(tmp_path, LimitFindResults=6) as server:
        server.upload(datasets)
        result = query_pacs(server.url, SINCE)
    assert len(result.table) == 20


def test_an_object_that_is_no_image_is_stored_and_fetched(orthanc: Orthanc, tmp_path: Path) -> None:
    report = mr_slice("REPORT", 50, 1, 1)
    for name in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit"):
        del report[name]
    report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.33"
    report.Modality = "SR"
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "report.dcm").write_bytes(as_file(report))
    assert store_to_pacs(tmp_path / "objects", orthanc.url).sentence == "stored 1 of 1 instances"
    query_pacs(orthanc.url, SeriesQuery(modality=["SR"]), patients=["REPORT"]).write(tmp_path / "list.csv")
    assert fetch_from_pacs(tmp_path / "list.csv", tmp_path / "dicom").intact == 1
    require_equal(tmp_path / "dicom", [report])


def test_the_server_ends_with_the_test_process(tmp_path: Path) -> None:
    """Nothing of ours stays behind, even if the tests are killed."""
    code = (
        "import sys, time\nfrom pathlib import Path\n"
        "from tests.support.orthanc import running_orthanc\n"
        "with running_orthanc(Path(sys.argv[1])) as server:\n"
        "    print(server.process.pid, flush=True)\n    time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        server = int(process.stdout.readline())
    process.kill()
    process.wait()
    until = time.monotonic() + 120
    while is_running(server) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(server)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
