"""Single parts of the room: addresses, multipart responses, complete files, pages, retries, lists."""

from __future__ import annotations

import copy
import stat
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pandas as pd
import pydicom
import pytest
import requests
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import ComprehensiveSRStorage, ImplicitVRLittleEndian, RLELossless

from nbradiomics.errors import InputError
from nbradiomics.pacs.credentials import PASSWORD, TOKEN, USER, credentials_for
from nbradiomics.pacs.intact import is_intact, require_intact
from nbradiomics.pacs.listing import read_fetch_list
from nbradiomics.pacs.multipart import write_instance
from nbradiomics.pacs.names import Names
from nbradiomics.pacs.paging import Page, all_answers
from nbradiomics.pacs.patients import read_patients
from nbradiomics.pacs.private import private_folder, require_outside_results, write_private_table
from nbradiomics.pacs.refusals import CutOffError, DeniedError, PassingError, explained, status_error
from nbradiomics.pacs.retries import Retries
from nbradiomics.pacs.server import Server, masked
from nbradiomics.pacs.session import make_session
from nbradiomics.pacs.study_search import find_studies
from tests.support.dicom_studies import PREFIX, as_file, mr_slice

SERVER = Server("https://pacs.example.org/dicom-web/")


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (TOKEN, USER, PASSWORD):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))


@pytest.mark.parametrize(
    "url",
    ["pacs.example.org", "ftp://pacs.example.org/x", "https://", "https://a:b@pacs.example.org/rs", "http://[::1",
     "https://pacs.example.org:port/rs", "https://pacs.example.org/rs?PatientID=Smith", "https://user@h/rs#x"],
)  # fmt: skip
def test_what_is_no_root_is_refused_without_secrets(url: str) -> None:
    with pytest.raises(InputError) as refused:
        Server(url)
    assert "a:b" not in str(refused.value)
    assert "user@" not in str(refused.value)
    assert "Smith" not in str(refused.value)


def test_an_address_is_masked() -> None:
    assert masked("https://me:secret@pacs.example.org:8443/rs?x=1") == "https://***@pacs.example.org:8443/rs"


@pytest.mark.parametrize(
    ("url", "local"),
    [("http://127.0.0.1:8042/x", True), ("http://[::1]:8042/x", True), ("http://localhost/x", True),
     ("http://10.0.0.1/x", False), ("http://localhost.evil.org/x", False),
     ("http://127.0.0.1.evil.org/", False)],
)  # fmt: skip
def test_only_this_machine_is_local(url: str, local: bool) -> None:
    assert Server(url).is_local is local


def test_credentials_are_not_sent_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, "abc")
    with pytest.raises(InputError, match="not encrypted"):
        credentials_for(Server("http://pacs.example.org/rs"))
    assert credentials_for(Server("http://pacs.example.org/rs", allow_http=True)) is not None
    assert credentials_for(Server("http://127.0.0.1/rs")) is not None
    monkeypatch.delenv(TOKEN)
    assert credentials_for(Server("http://pacs.example.org/rs")) is None


@pytest.mark.parametrize(
    "given", [{USER: "me"}, {PASSWORD: "x"}, {TOKEN: "t", USER: "me", PASSWORD: "x"}, {TOKEN: "a secret\nb"}]
)
def test_incomplete_credentials_are_refused(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(InputError) as refused:
        credentials_for(SERVER)
    assert "secret" not in str(refused.value)


def header(server: Server) -> str:
    auth = credentials_for(server)
    assert auth is not None
    return str(auth(requests.Request("GET", server.url).prepare()).headers["Authorization"])


def test_credentials_come_from_environment_or_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(USER, "müller")
    monkeypatch.setenv(PASSWORD, "päss")
    assert header(SERVER) == "Basic bcO8bGxlcjpww6Rzcw=="  # UTF-8
    file = tmp_path / "auth"
    file.write_text("machine pacs.example.org login me password secret\n")
    file.chmod(0o644)
    with pytest.raises(InputError, match="other users"):
        credentials_for(Server(SERVER.url, auth_file=file))
    file.chmod(0o600)
    assert header(Server(SERVER.url, auth_file=file)) == requests.auth._basic_auth_str("me", "secret")
    with pytest.raises(InputError, match="has no user and password for other"):
        credentials_for(Server("https://other.example.org/rs", auth_file=file))
    monkeypatch.delenv(USER)
    monkeypatch.delenv(PASSWORD)
    monkeypatch.setenv("NETRC", str(file))
    assert header(SERVER) == requests.auth._basic_auth_str("me", "secret")
    assert credentials_for(Server("https://other.example.org/rs")) is None
    monkeypatch.setenv(TOKEN, " t.o-k ")
    assert header(SERVER) == "Bearer t.o-k"
    assert "t.o-k" not in repr(credentials_for(SERVER))


def body(content: bytes, boundary: bytes = b"B", parts: int = 1) -> bytes:
    part = b"--" + boundary + b"\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n"
    return part * parts + b"--" + boundary + b"--\r\n"


def pieces(text: bytes, size: int) -> list[bytes]:
    return [text[place : place + size] for place in range(0, len(text), size)]


@given(st.binary(max_size=60), st.integers(1, 80), st.booleans())
def test_a_part_is_written_as_it_was_sent(content: bytes, size: int, quoted: bool) -> None:
    boundary = '"B-B"' if quoted else "B-B"
    kind = f"multipart/related; type=application/dicom; boundary={boundary}"
    file = BytesIO()
    write_instance(pieces(body(content, b"B-B"), size), kind, file)
    assert file.getvalue() == content


@given(st.binary(max_size=60), st.integers(1, 80), st.data())
def test_a_response_that_is_cut_off_is_noticed(content: bytes, size: int, data: st.DataObject) -> None:
    whole = body(content, b"B-B")
    end = whole.rindex(b"--B-B") + len(b"--B-B")
    kept = data.draw(st.integers(0, end - 1))
    with pytest.raises(CutOffError):
        write_instance(pieces(whole[:kept], size), "multipart/related; boundary=B-B", BytesIO())


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_other_responses_are_refused(size: int) -> None:
    with pytest.raises(InputError, match="several instances"):
        write_instance(pieces(body(b"abc", parts=2), size), "multipart/related; boundary=B", BytesIO())
    with pytest.raises(InputError, match="text/html"):
        write_instance([b"<html>"], "text/html", BytesIO())
    with pytest.raises(InputError, match="cannot be read"):
        write_instance(pieces(b"x" * 200_000, 10_000), "multipart/related; boundary=B", BytesIO())
    with pytest.raises(InputError, match="DICOM"):
        write_instance([b"x"], "", BytesIO())
    plain = BytesIO()
    write_instance([b"ab", b"c"], "application/dicom", plain)
    assert plain.getvalue() == b"abc"


def report(*, undefined: bool, implicit: bool) -> Dataset:
    """An object without pixels that ends with nested sequences."""
    dataset = mr_slice("P", 1, 1, 1, size=4)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = ComprehensiveSRStorage
    del dataset.PixelData, dataset.Rows, dataset.Columns
    inner = Dataset()
    inner.CodeValue, inner.CodeMeaning = "1", "meaning"
    item = Dataset()
    item.ConceptNameCodeSequence = [inner, inner]
    dataset.ContentSequence = [item, item]
    if undefined:
        for one in (item["ConceptNameCodeSequence"], dataset["ContentSequence"]):
            one.is_undefined_length = True
    if implicit:
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return dataset


def between_elements(dataset: Dataset) -> set[int]:
    """Where an element of an object without pixels ends: nobody can tell a file that is cut off there."""
    if "PixelData" in dataset:
        return set()
    tags = [element.tag for element in dataset if element.tag > 0x00080018]
    ends = set()
    for place in range(len(tags)):
        part = copy.deepcopy(dataset)
        for tag in tags[place:]:
            del part[tag]
        ends.add(len(as_file(part)))
    return ends


def encapsulated() -> Dataset:
    dataset = mr_slice("P", 1, 1, 1, size=4, frames=2)
    dataset.file_meta.TransferSyntaxUID = RLELossless
    dataset.PixelData = encapsulate([b"abcd" * 5, b"efgh" * 4])
    dataset["PixelData"].is_undefined_length = True
    return dataset


@pytest.mark.parametrize(
    "dataset",
    [mr_slice("P", 1, 1, 1, size=4), mr_slice("P", 1, 1, 1, size=128), encapsulated()]
    + [report(undefined=a, implicit=b) for a in (False, True) for b in (False, True)],
    ids=["image", "large", "encapsulated", "defined", "defined implicit", "undefined", "undefined implicit"],
)
def test_a_file_that_is_cut_off_anywhere_is_noticed(dataset: Dataset, tmp_path: Path) -> None:
    content, file = as_file(dataset), tmp_path / "a.dcm"
    assert pydicom.dcmread(BytesIO(content)).SOPInstanceUID == dataset.SOPInstanceUID
    ends = {*range(0, len(content), 997), *range(max(0, len(content) - 400), len(content))}
    taken = []
    for end in sorted(ends | {len(content)}):
        file.write_bytes(content[:end])
        if is_intact(file, str(dataset.SOPInstanceUID)):
            taken.append(end)
    assert set(taken) - between_elements(dataset) == {len(content)}
    file.write_bytes(content + b"\0")
    assert not is_intact(file, str(dataset.SOPInstanceUID))


def test_another_instance_or_no_dicom_is_refused_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "a.dcm"
    file.write_bytes(as_file(mr_slice("Smith", 1, 1, 1)))
    with pytest.raises(InputError, match="another instance") as refused:
        require_intact(file, f"{PREFIX}.9")
    assert PREFIX not in str(refused.value)
    file.write_text("<html>Smith</html>")
    with pytest.raises(InputError, match="not DICOM") as refused:
        require_intact(file, f"{PREFIX}.9")
    assert "Smith" not in str(refused.value)
    assert not is_intact(tmp_path / "none.dcm", PREFIX)


def answers(numbers: range | list[int]) -> list[dict[str, object]]:
    return [{"0020000D": {"vr": "UI", "Value": [f"1.{number}"]}} for number in numbers]


@given(st.integers(0, 40), st.integers(1, 12), st.integers(1, 12))
def test_all_pages_are_read_whatever_the_limit_of_the_server(total: int, size: int, cap: int) -> None:
    def ask(limit: int, offset: int) -> Page:
        return Page(answers(range(total)[offset : offset + min(limit, cap)]))

    assert len(all_answers(ask, "0020000D", size=size)) == total


def test_a_server_that_repeats_a_page_or_has_more_is_told() -> None:
    with pytest.raises(InputError, match="gives 5 results"):
        all_answers(lambda _limit, _offset: Page(answers(range(5))), "0020000D", size=5)
    assert len(all_answers(lambda _limit, _offset: Page(answers(range(4))), "0020000D", size=5)) == 4

    def warns(_limit: int, offset: int) -> Page:
        return Page(answers(range(3))[offset:], more=True)

    with pytest.raises(InputError, match="gives 3 results"):
        all_answers(warns, "0020000D", size=5)
    with pytest.raises(InputError, match="valid UID"):
        all_answers(lambda _l, _o: Page([{"0020000D": {"Value": ["1/../2"]}}]), "0020000D")


@given(st.lists(st.integers(0, 30), max_size=40), st.integers(2, 12), st.booleans())
def test_studies_held_back_are_found_or_told(days: list[int], cap: int, newest_first: bool) -> None:
    """A server that gives at most `cap` studies in all, and says nothing."""
    start = date(2021, 1, 1)
    held = sorted(((start + timedelta(day), number) for number, day in enumerate(days)), reverse=newest_first)

    def search(first: date | None, last: date | None) -> dict[str, dict[str, object]]:
        fit = [one for one in held if (first is None or first <= one[0]) and (last is None or one[0] <= last)]
        return {f"1.{n}": {"00080020": {"Value": [f"{day:%Y%m%d}"]}} for day, n in fit[:cap]}

    found = find_studies(search, None, None)
    most_of_a_day = max((days.count(day) for day in days), default=0)
    if most_of_a_day <= cap:
        assert len(found.answers) == len(days)
        assert bool(found.most) == (len(days) > cap)
    elif len(set(days)) > 1:  # of a single day, no other search can tell
        assert found.full_days


def test_transient_errors_are_tried_again_and_others_not() -> None:
    retries, tries = Retries(attempts=3, first_wait=0), []

    def fails_twice() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise PassingError("busy")
        return "done"

    assert retries.ask(fails_twice, "search") == "done"

    def refuses() -> None:
        tries.append(1)
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        retries.ask(refuses, "search")
    assert len(tries) == 4


def test_a_server_that_is_gone_or_refuses_the_user_is_left_alone() -> None:
    retries, tries = Retries(attempts=3, first_wait=0), []

    def gone() -> None:
        tries.append(1)
        raise PassingError("gone")

    for _ in range(20):
        with pytest.raises(InputError, match="gone"):
            retries.ask(gone, "search")
    assert len(tries) == 3 + 9  # three times, then once each, then no more

    retries, tries = Retries(attempts=3, first_wait=0), []

    def denies() -> None:
        tries.append(1)
        raise DeniedError("denied")

    for _ in range(5):
        with pytest.raises(InputError, match="denied"):
            retries.ask(denies, "search")
    assert len(tries) == 1


def test_the_server_says_how_long_to_wait() -> None:
    response = requests.Response()
    response.status_code, response.headers["Retry-After"] = 503, "7"
    error = status_error(SERVER, response)
    assert isinstance(error, PassingError)
    assert Retries()._seconds(0, error) == 7
    assert Retries()._seconds(9, PassingError("x")) == 30


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503])
def test_errors_of_the_server_show_no_identifier(status: int) -> None:
    response = requests.Response()
    response.status_code, response.url = status, f"{SERVER.url}/studies/{PREFIX}?PatientID=Smith"
    with pytest.raises(InputError) as refused, explained(SERVER):
        response.raise_for_status()
    assert PREFIX not in f"{refused.value}{refused.value.__cause__}"
    assert "Smith" not in str(refused.value)
    assert refused.value.remedy


def test_a_table_with_identifiers_is_private(tmp_path: Path) -> None:
    file = tmp_path / "new" / "list.csv"
    write_private_table(pd.DataFrame({"patient_id": ["=1+1", "007"]}), file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert private_folder(tmp_path / "dicom")
    assert stat.S_IMODE((tmp_path / "dicom").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["list.csv"]
    with pytest.raises(InputError, match="is a file"):
        private_folder(file)


@pytest.mark.parametrize("mark", [".nbradiomics", "provenance.json", "acquisition.csv"])
def test_it_is_not_written_into_results(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).write_text("{}")
    with pytest.raises(InputError, match="without identifiers"):
        require_outside_results(tmp_path / "sub" / "list.csv")


def test_a_list_is_read_back_and_checked(tmp_path: Path) -> None:
    row = {"patient_id": "=P", "study_date": "2021-01-01", "modality": "MR", "instances": 3,
           "study_uid": "1.2", "series_uid": "1.2.3", "server": "https://pacs.example.org/rs/"}  # fmt: skip
    file = tmp_path / "list.csv"

    def written(*rows: dict[str, object]) -> Path:
        write_private_table(pd.DataFrame(list(rows), columns=list(row)), file)
        return file

    (one,) = read_fetch_list(written(row))
    assert (one.line, one.series, one.instances, one.server) == (2, "1.2.3", 3, "https://pacs.example.org/rs")
    assert read_fetch_list(written({**row, "instances": None}))[0].instances is None
    file.write_text("study_uid,series_uid,server\n1.2,1.2.3,https://pacs.example.org/rs\n")
    assert read_fetch_list(file)[0].instances is None  # a list of another program
    for wrong, match in (
        ([row, row], "twice"),
        ([row, {**row, "series_uid": "1.4", "server": "https://other/rs"}], "several servers"),
        ([], "no series"),
        ([{**row, "series_uid": "../x"}], "line 2: a UID"),
        ([{**row, "study_uid": ""}], "line 2: a UID"),
    ):
        with pytest.raises(InputError, match=match):
            read_fetch_list(written(*wrong))


def test_patients_are_read_as_written(tmp_path: Path) -> None:
    file = tmp_path / "patients.csv"
    file.write_text("patient_id,age\n007,1\n,2\n007,3\nNA,4\n")
    assert read_patients(file) == (["007", "NA"], 1)
    file.write_text("mrn\n12\n")
    assert read_patients(file) == (["12"], 0)
    file.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no column patient_id"):
        read_patients(file)
    assert read_patients(file, "b") == (["2"], 0)


def test_a_file_without_certificates_is_told(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    with pytest.raises(InputError, match="no certificate in PEM format"):
        make_session(Server("https://pacs.example.org/rs", ca_file=file))


def test_names_do_not_show_uids(tmp_path: Path) -> None:
    names = Names()
    folder = names.series(tmp_path, f"{PREFIX}.1")
    file = names.instance(folder, f"{PREFIX}.1.1")
    assert folder != names.series(tmp_path, f"{PREFIX}.2")
    assert file == Names().instance(folder, f"{PREFIX}.1.1")
    assert PREFIX not in str(file)
