"""Faults that a real server makes only sometimes, made by a small server in a thread."""

from __future__ import annotations

import logging
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pydicom
import pytest

from nbradiomics.errors import InputError
from nbradiomics.execution.error_log import ERROR_LOG
from nbradiomics.execution.failures import failure_table
from nbradiomics.pacs.client import PacsClient
from nbradiomics.pacs.credentials import PASSWORD, TOKEN, USER
from nbradiomics.pacs.fetch import FetchResult, fetch_from_pacs
from nbradiomics.pacs.query import SeriesQuery, query_pacs
from nbradiomics.pacs.retries import Retries
from nbradiomics.pacs.schema import FETCH_LIST, NOT_FOUND
from nbradiomics.pacs.server import Server
from nbradiomics.pacs.store import store_to_pacs
from tests.support.dicom_studies import PREFIX, as_file, cohort, equal, mr_slice, series_of
from tests.support.dicomweb_server import FakePacs, Handler, asks_for_password, serving
from tests.support.helpers import call

DATASETS = cohort(3, slices=4)
WIDE = SeriesQuery(date_from="2000-01-01")


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (TOKEN, USER, PASSWORD):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))


@pytest.fixture
def pacs() -> Iterator[FakePacs]:
    with serving(FakePacs(list(DATASETS))) as running:
        yield running


def client_of(pacs: FakePacs, **options: Any) -> PacsClient:
    """A client that does not wait long."""
    return PacsClient(Server(pacs.url), Retries(attempts=4, first_wait=0.01), **options)


def listed(pacs: FakePacs, folder: Path, query: SeriesQuery = WIDE) -> Path:
    fault, pacs.fault = pacs.fault, lambda _: False
    query_pacs(pacs.url, query, client=client_of(pacs)).write(folder / "list.csv")
    pacs.fault = fault
    return folder / "list.csv"


def fetched(pacs: FakePacs, folder: Path, **options: Any) -> FetchResult:
    return fetch_from_pacs(folder / "list.csv", folder / "dicom", client=client_of(pacs), **options)


def files(folder: Path) -> dict[str, pydicom.Dataset]:
    read = [pydicom.dcmread(path) for path in (folder / "dicom").rglob("*.dcm")]
    return {str(dataset.SOPInstanceUID): dataset for dataset in read}


def require_all(folder: Path) -> None:
    """All instances are there, and nothing else."""
    found = files(folder)
    assert found.keys() == {str(dataset.SOPInstanceUID) for dataset in DATASETS}
    assert all(equal(dataset, found[str(dataset.SOPInstanceUID)]) for dataset in DATASETS)
    paths = [path for path in (folder / "dicom").rglob("*") if path.is_file()]
    assert len(paths) == len(DATASETS)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in paths)


def is_instance(handler: Handler) -> bool:
    return handler.path.count("/") > 6 and "?" not in handler.path


def first_time(act: Callable[[Handler], None]) -> Callable[[Handler], bool]:
    """A fault of the first request for each instance."""

    def fault(handler: Handler) -> bool:
        if not is_instance(handler) or handler.pacs.seen[handler.path] > 1:
            return False
        act(handler)
        return True

    return fault


def busy(handler: Handler) -> None:
    handler.reply(503, b"", "text/plain", Retry_After="0")


def reset_in_the_middle(handler: Handler) -> None:
    handler.send_instance(as_file(DATASETS[0]), most=500, close=True)


def cut_off(handler: Handler) -> None:
    handler.send_instance(as_file(DATASETS[0]), most=700)


@pytest.mark.parametrize("act", [busy, Handler.reset, reset_in_the_middle, cut_off])
def test_passing_faults_lose_nothing(pacs: FakePacs, tmp_path: Path, act: Callable[[Handler], None]) -> None:
    listed(pacs, tmp_path)
    pacs.fault = first_time(act)
    result = fetched(pacs, tmp_path, jobs=3)
    assert (result.intact, result.expected, result.present, result.failures) == (24, 24, 0, [])
    require_all(tmp_path)


def bad_once(uids: set[str], act: Callable[[Handler], None]) -> Callable[[Handler], bool]:
    """A fault of all requests for some instances."""

    def fault(handler: Handler) -> bool:
        if not is_instance(handler) or handler.path.rpartition("/")[2] not in uids:
            return False
        act(handler)
        return True

    return fault


def page(handler: Handler) -> None:
    handler.reply(200, b"<html>Log in</html>", "text/html")


def another(handler: Handler) -> None:
    handler.send_instance(as_file(DATASETS[0]))


def broken(handler: Handler) -> None:
    handler.send_instance(b"PAT002 is not DICOM")


@pytest.mark.parametrize(
    ("act", "cause"),
    [(page, "text/html"), (another, "another instance"), (broken, "not DICOM"), (cut_off, "ended before"),
     (busy, "503"), (lambda handler: handler.reply(404, b"", "text/plain"), "404")],
)  # fmt: skip
def test_lasting_faults_are_failures_of_one_instance(
    pacs: FakePacs, tmp_path: Path, act: Callable[[Handler], None], cause: str
) -> None:
    listed(pacs, tmp_path)
    bad = {str(DATASETS[9].SOPInstanceUID), str(DATASETS[20].SOPInstanceUID)}
    pacs.fault = bad_once(bad, act)
    result = fetched(pacs, tmp_path)
    assert result.sentence == "fetched 22 of 24 instances"
    assert all(cause in failure.cause for failure in result.failures)
    assert {failure.case for failure in result.failures} == {
        "line 4 of the list, instance 2 of 4",
        "line 7 of the list, instance 1 of 4",
    }
    assert files(tmp_path).keys() == {str(one.SOPInstanceUID) for one in DATASETS} - bad
    written = failure_table(result.failures).to_csv() + "".join(one.details for one in result.failures)
    assert PREFIX not in written
    assert "PAT0" not in written
    pacs.fault = lambda _: False
    again = fetched(pacs, tmp_path)
    assert again.sentence == "fetched 24 of 24 instances (22 were there)"
    require_all(tmp_path)


def test_a_damaged_file_is_fetched_again(pacs: FakePacs, tmp_path: Path) -> None:
    listed(pacs, tmp_path)
    fetched(pacs, tmp_path)
    paths = sorted((tmp_path / "dicom").rglob("*.dcm"))
    paths[0].write_bytes(paths[0].read_bytes()[:-1])
    paths[1].write_bytes(paths[2].read_bytes())
    left = paths[0].parent / f".{'0' * 32}-{paths[0].name}"  # what a killed fetch leaves
    left.write_bytes(b"x")
    pacs.seen.clear()
    assert fetched(pacs, tmp_path).sentence == "fetched 24 of 24 instances (22 were there)"
    assert sum("/instances/" in path for path in pacs.seen) == 2
    require_all(tmp_path)


def test_a_server_that_lists_fewer_than_it_counts_is_told(pacs: FakePacs, tmp_path: Path) -> None:
    listed(pacs, tmp_path)
    pacs.limit = 3
    result = fetched(pacs, tmp_path)
    assert result.intact == 18
    assert {failure.cause for failure in result.failures} == {"The server counts 4 instances, and lists 3."}


def test_what_changed_since_the_query_is_told(pacs: FakePacs, tmp_path: Path) -> None:
    listed(pacs, tmp_path)
    fetched(pacs, tmp_path)
    gone = {str(DATASETS[0].SeriesInstanceUID)}
    pacs.datasets = [one for one in DATASETS if str(one.SeriesInstanceUID) not in gone][1:]
    result = fetched(pacs, tmp_path)
    assert result.sentence == "fetched 19 of 23 instances (19 were there)"
    assert [failure.case for failure in result.failures] == ["line 2 of the list"]
    assert any("1 file(s) in its folder are not on the server" in note for note in result.notes)
    assert any("lists 3 instances; at the query it counted 4" in note for note in result.notes)


def test_a_server_that_goes_away_ends_the_fetch_soon(pacs: FakePacs, tmp_path: Path) -> None:
    listed(pacs, tmp_path)
    pacs.fault = lambda handler: is_instance(handler) and not handler.reset()
    result = fetched(pacs, tmp_path, jobs=2)
    assert result.sentence == "fetched 0 of 24 instances"
    named = {failure.case.split(",")[0] for failure in result.failures}
    assert named == {f"line {line} of the list" for line in range(2, 8)}
    assert sum(number for path, number in pacs.seen.items() if path.count("/") > 6) < 24


@pytest.mark.parametrize("limit", [4, 7])
def test_a_query_that_is_capped_silently_is_completed(limit: int) -> None:
    datasets = [mr_slice(f"P{n}", n, 1, 1, day=f"2021{1 + n // 4:02d}{1 + n % 4:02d}") for n in range(20)]
    with serving(FakePacs(datasets, limit=limit)) as pacs:
        result = query_pacs(pacs.url, WIDE, client=client_of(pacs))
    assert len(result.table) == 20
    assert any(f"at most about {limit} studies" in note for note in result.notes)
    assert not any("incomplete" in note for note in result.notes)


def test_a_day_that_may_be_incomplete_is_told() -> None:
    datasets = [mr_slice(f"P{n}", n, 1, 1, day="20210101" if n < 6 else "20210102") for n in range(10)]
    with serving(FakePacs(datasets, limit=5)) as pacs:
        result = query_pacs(pacs.url, WIDE, client=client_of(pacs))
    assert len(result.table) == 9
    assert any("may be incomplete: 1 day(s)" in note for note in result.notes)


@pytest.mark.parametrize("ignores_offset", [False, True])
def test_pages_are_put_together(pacs: FakePacs, ignores_offset: bool) -> None:
    pacs.ignores_offset = ignores_offset
    if ignores_offset:
        with pytest.raises(InputError, match="has more"):
            query_pacs(pacs.url, WIDE, client=client_of(pacs, page=2))
    else:
        assert len(query_pacs(pacs.url, WIDE, client=client_of(pacs, page=2)).table) == 6


def test_filters_hold_whatever_the_server_ignores(
    pacs: FakePacs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Handler, "search", _without_filters(Handler.search))
    query = SeriesQuery(date_from="2021-03-02", description=["T2*", "none"], modality=["MR"])
    result = query_pacs(pacs.url, query, client=client_of(pacs))
    assert list(result.table["patient_id"]) == ["PAT002", "PAT003"]
    assert any("1 study(ies) that the server returned do not fit" in note for note in result.notes)
    assert any("2 other series" in note for note in result.notes)
    one = query_pacs(pacs.url, SeriesQuery(modality=["CT"]), patients=["PAT002", "X"], client=client_of(pacs))
    one.write(tmp_path / "list.csv")
    result.write(tmp_path / "other.csv")
    pd.testing.assert_frame_equal(FETCH_LIST.read(tmp_path / "other.csv"), result.table)
    pd.testing.assert_frame_equal(NOT_FOUND.read(tmp_path / "list.not_found.csv"), one.not_found)
    assert one.table.empty
    assert one.not_found.to_numpy().tolist() == [["PAT002", 1], ["X", 0]]


def _without_filters(search: Callable[..., None]) -> Callable[..., None]:
    def everything(handler: Handler, found: Any, key: str, query: dict[str, list[str]]) -> None:
        pages = {name: value for name, value in query.items() if name in ("limit", "offset")}
        search(handler, found, key, pages)

    return everything


def test_studies_without_a_date_are_counted(pacs: FakePacs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "search", _without_filters(Handler.search))
    pacs.datasets += series_of("PAT009", 9, 1, 2, day="")
    result = query_pacs(pacs.url, WIDE, client=client_of(pacs))
    assert result.studies == 3
    assert "1 study(ies) without a date are left out." in result.notes


@pytest.mark.parametrize(
    ("query", "match"),
    [({}, "everything"), ({"date_from": "2021-02-01", "date_to": "2021-01-01"}, "is after"),
     ({"date_from": "soon"}, "date_from")],
)  # fmt: skip
def test_a_query_that_makes_no_sense_is_refused(query: dict[str, str], match: str) -> None:
    with pytest.raises(InputError, match=match):
        query_pacs("http://127.0.0.1:9/x", SeriesQuery(**query))


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b'"x"', b""])
def test_a_page_for_people_is_no_dicomweb(pacs: FakePacs, body: bytes) -> None:
    pacs.fault = lambda handler: not handler.reply(200, body, "text/html")
    if body:
        with pytest.raises(InputError, match="is not the root of a DICOMweb service"):
            query_pacs(pacs.url, WIDE, client=client_of(pacs))
    else:
        assert query_pacs(pacs.url, WIDE, client=client_of(pacs)).table.empty


def test_credentials_do_not_follow_a_redirect(pacs: FakePacs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, "secret-token")
    with serving(FakePacs([])) as other:
        pacs.fault = lambda handler: (
            not handler.reply(
                302, b"", "text/plain", Location=other.url + handler.path.removeprefix("/dicom-web")
            )
        )
        with pytest.raises(InputError, match=r"redirects to http://127\.0\.0\.1") as refused:
            query_pacs(pacs.url, WIDE, patients=["PAT001"], client=client_of(pacs))
        assert not other.seen
    assert "secret-token" not in str(refused.value)
    assert "PAT001" not in str(refused.value)


def test_a_redirect_within_the_server_is_followed(pacs: FakePacs) -> None:
    def moved(handler: Handler) -> bool:
        if handler.path.startswith("/dicom-web/"):
            return False
        new = handler.path.replace("/old/", "/dicom-web/")
        return not handler.reply(301, b"", "text/plain", Location=new)

    pacs.fault = moved
    url = pacs.url.replace("/dicom-web", "/old")
    assert len(query_pacs(url, WIDE).table) == 6


def test_a_wrong_password_is_sent_once(
    pacs: FakePacs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed(pacs, tmp_path)
    monkeypatch.setenv(USER, "me")
    monkeypatch.setenv(PASSWORD, "wrong")
    pacs.fault = asks_for_password("me", "right")
    pacs.seen.clear()
    with pytest.raises(InputError, match=r"\(401\)") as refused:
        fetched(pacs, tmp_path)
    assert sum(pacs.seen.values()) == 1
    assert "wrong" not in str(refused.value)
    monkeypatch.setenv(PASSWORD, "right")
    assert fetched(pacs, tmp_path).intact == 24


def stored(pacs: FakePacs, folder: Path, reply: Callable[[Handler], None] | None = None) -> Any:
    """Store three instances; `reply` answers, and by default the server takes them."""
    (folder / "objects").mkdir()
    for number, dataset in enumerate(series_of("NEW", 70, 1, 3)):
        (folder / "objects" / f"Smith{number}.dcm").write_bytes(as_file(dataset))

    def fault(handler: Handler) -> bool:
        if handler.command != "POST":
            return False
        if reply is not None:
            reply(handler)
            return True
        pacs.datasets = [*pacs.datasets, *series_of("NEW", 70, 1, 3)]
        return False

    pacs.fault = fault
    return store_to_pacs(folder / "objects", pacs.url, jobs=1, client=client_of(pacs))


def refusal(status: int, code: int) -> Callable[[Handler], None]:
    def reply(handler: Handler) -> None:
        answer = pydicom.Dataset()
        item = pydicom.Dataset()
        item.FailureReason = code
        answer.FailedSOPSequence = [item]
        handler.reply(status, answer.to_json().encode(), "application/dicom+json")

    return reply


@pytest.mark.parametrize("status", [200, 202, 409])
def test_what_the_server_does_not_take_is_a_failure(pacs: FakePacs, tmp_path: Path, status: int) -> None:
    result = stored(pacs, tmp_path, refusal(status, 0xA700))
    assert result.sentence == "stored 0 of 3 instances"
    assert {failure.cause for failure in result.failures} == {
        "The server did not take it: it has no room (reason A700)."
    }
    written = failure_table(result.failures).to_csv()
    assert PREFIX not in written
    assert "Smith" not in written


def test_what_the_server_takes_without_keeping_it_is_a_failure(pacs: FakePacs, tmp_path: Path) -> None:
    result = stored(pacs, tmp_path, lambda handler: handler.reply(200, b"", "text/plain"))
    assert (result.stored, len(result.failures)) == (0, 3)
    assert all("does not list it" in failure.cause for failure in result.failures)


def test_what_is_there_is_not_sent_again(pacs: FakePacs, tmp_path: Path) -> None:
    first = stored(pacs, tmp_path)
    assert (first.sentence, first.failures) == ("stored 3 of 3 instances", [])
    pacs.seen.clear()
    (tmp_path / "objects" / "notes.txt").write_text("x")
    (tmp_path / "objects" / "copy.dcm").write_bytes((tmp_path / "objects" / "Smith1.dcm").read_bytes())
    again = store_to_pacs(tmp_path / "objects", pacs.url, client=client_of(pacs))
    assert again.sentence == "stored 3 of 3 instances (3 were there)"
    assert len(again.notes) == 2
    assert "/dicom-web/studies" not in [path for path, n in pacs.seen.items() if n and path.endswith("POST")]


def test_a_folder_without_dicom_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(InputError):
            store_to_pacs(folder, "http://127.0.0.1:9/x")


def test_libraries_log_no_identifiers(
    pacs: FakePacs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3.connectionpool", "dicomweb_client.web"):  # as a program may set them up one by one
        caplog.set_level(logging.DEBUG, name)
    listed(pacs, tmp_path)
    fetched(pacs, tmp_path)
    assert PREFIX not in caplog.text
    assert "PAT0" not in caplog.text


def test_two_fetches_into_a_folder_and_results_are_refused(pacs: FakePacs, tmp_path: Path) -> None:
    listed(pacs, tmp_path)
    (tmp_path / "dicom").mkdir(mode=0o755)
    assert any("Other users may open" in note for note in fetched(pacs, tmp_path).notes)
    (tmp_path / "dicom" / "acquisition.csv").write_text("")
    with pytest.raises(InputError, match="without identifiers"):
        fetched(pacs, tmp_path)


def test_an_unexpected_error_of_a_query_says_nothing_of_a_patient(
    pacs: FakePacs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise KeyError(f"PAT{1:03}")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nbradiomics.pacs.query.study_day", broken)
    assert call("pacs", "query", pacs.url, "--from", "2000-01-01", "--out", tmp_path / "list.csv") == 1
    shown = "".join(capsys.readouterr()) + (tmp_path / ERROR_LOG).read_text()
    assert "in broken" in shown
    assert "PAT0" not in shown
