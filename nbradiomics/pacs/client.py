"""Requests to a DICOMweb server: search, retrieve and store, asked again if needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Self, TypeVar

import requests
from dicomweb_client.uri import URI
from dicomweb_client.web import DICOMwebClient

from nbradiomics.pacs.answers import INSTANCE, SERIES, STUDY, Answer, count, value
from nbradiomics.pacs.multipart import write_instance
from nbradiomics.pacs.paging import PAGE, Page, all_answers
from nbradiomics.pacs.refusals import explained, not_dicomweb
from nbradiomics.pacs.retries import Retries
from nbradiomics.pacs.server import Server
from nbradiomics.pacs.session import make_session
from nbradiomics.system.quiet import quiet

Result = TypeVar("Result")

#: Seconds to wait for a connection, and for the next bytes of an answer.
_TIMEOUT = (10, 120)
_CHUNK = 256 << 10
_ANY_SYNTAX = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
#: Elements that a server need not return unless it is asked.
_STUDY_FIELDS = ("StudyDate", "StudyDescription", "PatientID", "NumberOfStudyRelatedSeries")
_SERIES_FIELDS = ("SeriesDescription", "NumberOfSeriesRelatedInstances", "Modality", "SeriesNumber")
_NUMBER_OF_INSTANCES = "00201209"


@dataclass(frozen=True)
class Instance:
    """UIDs of an instance."""

    study: str
    series: str
    sop: str


@dataclass
class PacsClient:
    """Requests to one server; several threads may use it at the same time.

    ``with client: ...`` closes its connections at the end; it can be used again.

    Attributes
    ----------
    server
        The server.
    retries
        How often a request is repeated.
    page
        Answers of a search that are asked for at once.
    """

    server: Server
    retries: Retries = field(default_factory=Retries)
    page: int = PAGE
    _local: threading.local = field(default_factory=threading.local, repr=False)
    _sessions: list[requests.Session] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self._web()  # what is wrong with the credentials is told at once

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions:
            session.close()

    def require_answer(self) -> None:
        """Raise `InputError` unless the server answers as DICOMweb does; a dead server is not waited for."""
        with PacsClient(self.server, Retries(attempts=1)) as once:
            once._search(lambda web: web.search_for_studies(limit=1))

    def studies(self, filters: Mapping[str, str]) -> dict[str, Answer]:
        """Search for studies; see `all_answers`.

        Parameters
        ----------
        filters
            Values to match by DICOM keyword. A server may ignore some.
        """

        def ask(limit: int, offset: int) -> Page:
            return self._search(
                lambda web: web.search_for_studies(
                    search_filters=dict(filters), limit=limit, offset=offset, fields=_STUDY_FIELDS
                )
            )

        return all_answers(ask, STUDY, size=self.page)

    def series(self, study: str, expected: int | None = None) -> dict[str, Answer]:
        """List the series of a study; see `all_answers`."""

        def ask(limit: int, offset: int) -> Page:
            return self._search(
                lambda web: web.search_for_series(study, limit=limit, offset=offset, fields=_SERIES_FIELDS)
            )

        return all_answers(ask, SERIES, size=self.page, expected=expected)

    def instances(self, study: str, series: str, expected: int | None = None) -> list[str]:
        """List the SOP Instance UIDs of a series; see `all_answers`."""

        def ask(limit: int, offset: int) -> Page:
            return self._search(
                lambda web: web.search_for_instances(study, series, limit=limit, offset=offset)
            )

        return list(all_answers(ask, INSTANCE, size=self.page, expected=expected))

    def number_of_instances(self, study: str, series: str) -> int | None:
        """Number of instances of a series by the server's own count; ``None`` if it does not say."""
        page = self._search(
            lambda web: web.search_for_series(
                study, search_filters={"SeriesInstanceUID": series}, fields=_SERIES_FIELDS
            )
        )
        mine = [answer for answer in page.answers if value(answer, SERIES) == series]
        return count(mine[0], _NUMBER_OF_INSTANCES) if mine else 0

    def retrieve(self, instance: Instance, file: BinaryIO, check: Callable[[], None]) -> None:
        """Write an instance, in the transfer syntax in which it is stored, to a file.

        Parameters
        ----------
        instance
            The instance.
        file
            Opened for writing.
        check
            Called when all is written; after a `PassingError` the instance is retrieved again.
        """
        url = str(URI(self.server.url, instance.study, instance.series, instance.sop, permissive=True))

        def transfer() -> None:
            file.seek(0)
            file.truncate()
            session = self._session()
            with (
                explained(self.server),
                session.get(url, headers=_ANY_SYNTAX, stream=True, timeout=_TIMEOUT) as response,
            ):
                response.raise_for_status()
                kind = response.headers.get("Content-Type", "")
                write_instance(map(self.retries.unless_stopped, response.iter_content(_CHUNK)), kind, file)
            file.flush()
            check()

        self.retries.ask(transfer, "retrieve")

    def store(self, dataset: Any) -> Any:
        """Store one data set; return the answer of the server as a data set, empty if it says nothing.

        A server that refuses the instance with the status 409 says why in the same form.
        """

        def transfer() -> Any:
            import pydicom

            with explained(self.server), quiet():
                try:
                    return self._web().store_instances([dataset])
                except requests.HTTPError as error:
                    if error.response is None or error.response.status_code != 409:
                        raise
                    answer = error.response.json()
                    return pydicom.Dataset.from_json(answer[0] if isinstance(answer, list) else answer)

        return self.retries.ask(transfer, "store")

    def _search(self, request: Callable[[DICOMwebClient], list[Any]]) -> Page:
        def search() -> Page:
            web = self._web()
            self._local.warned = False
            with explained(self.server):
                answers = request(web)
            if not isinstance(answers, list) or not all(isinstance(one, dict) for one in answers):
                raise not_dicomweb(self.server)
            return Page(answers, self._local.warned)

        return self.retries.ask(search, "search")

    def _session(self) -> requests.Session:
        self._web()
        session: requests.Session = self._local.session
        return session

    def _web(self) -> DICOMwebClient:
        """Client of this thread: a session is not made for several."""
        if not hasattr(self._local, "web"):
            self._local.session = make_session(self.server)
            self._sessions.append(self._local.session)
            self._local.session.hooks["response"].append(self._listen)
            web = DICOMwebClient(
                self.server.url, session=self._local.session, permissive_uid=True, timeout=_TIMEOUT
            )
            web.set_http_retry_params(retry=False)  # it would also repeat what is refused, without saying so
            web.host = self.server.place  # with the port, and for addresses of IPv6
            self._local.web = web
        found: DICOMwebClient = self._local.web
        return found

    def _listen(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Notice the warning 299, by which a server says that there are more answers."""
        self._local.warned = response.headers.get("Warning", "").startswith("299")
