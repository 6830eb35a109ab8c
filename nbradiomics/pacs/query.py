"""Find the series that a study needs, and list what would be fetched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

import pandas as pd
from pydantic import Field

from nbradiomics.errors import InputError
from nbradiomics.execution.progress import Progress, quiet
from nbradiomics.pacs.answers import SERIES, STUDY, Answer, count, uid, value
from nbradiomics.pacs.client import PacsClient
from nbradiomics.pacs.guard import without_identifiers
from nbradiomics.pacs.private import require_outside_results, write_private_table
from nbradiomics.pacs.schema import FETCH_LIST, NOT_FOUND
from nbradiomics.pacs.server import Server
from nbradiomics.pacs.study_search import StudiesFound, find_studies, study_day
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Names

_PATIENT, _MODALITY, _STUDY_TEXT, _SERIES_TEXT = "00100020", "00080060", "00081030", "0008103E"
_NUMBER, _INSTANCES, _SERIES_OF_STUDY = "00200011", "00201209", "00201206"


class SeriesQuery(Settings):
    """Which series are searched for; a series must meet all that is given."""

    date_from: date | None = Field(default=None, description="First day of the study (YYYY-MM-DD).")
    date_to: date | None = Field(default=None, description="Last day of the study (YYYY-MM-DD).")
    modality: Names = Field(default=(), description="Modalities, such as MR or RTSTRUCT; default: all.")
    description: Names = Field(
        default=(),
        description="Patterns for the description of the series, with * and ?, whatever the capitals; one of "
        "them must fit.",
    )


@dataclass
class QueryResult:
    """Result of `query_pacs`.

    Attributes
    ----------
    table
        `FETCH_LIST`: series that would be fetched. It holds identifiers of patients.
    not_found
        `NOT_FOUND`: patients without such a series, if patients were asked for.
    studies
        Number of studies that fit.
    notes
        What the user should know, without identifiers.
    """

    table: pd.DataFrame
    not_found: pd.DataFrame
    studies: int
    notes: list[str] = field(default_factory=list)

    def write(self, path: Path) -> Path | None:
        """Write both tables so that only their owner can read them; return the path of the second, if any.

        Raises
        ------
        InputError
            When the path is inside the results of a run or an ingest, or does not end in ``.csv``.
        """
        require_place_of_list(path)
        other = path.with_name(f"{path.stem}.not_found.csv")
        write_private_table(self.table, path)
        if self.not_found.empty:
            other.unlink(missing_ok=True)
            return None
        write_private_table(self.not_found, other)
        return other


def require_place_of_list(path: Path) -> None:
    """Refuse a place where a list with identifiers must not be written."""
    if path.suffix != ".csv":
        raise InputError(f"{path} does not end in .csv.", "Change the ending of the name.")
    require_outside_results(path)


def query_pacs(
    url: str | Server,
    query: SeriesQuery,
    *,
    patients: Sequence[str] = (),
    progress: Progress = quiet,
    client: PacsClient | None = None,
) -> QueryResult:
    """Find series on a DICOMweb server, and list what would be fetched.

    What a server returns is compared with the query again, because a server may ignore a filter. A server
    that returns only some of the studies is noticed by searching parts of the time.

    Parameters
    ----------
    url
        Root of DICOMweb, or a `Server`. Credentials are those of `credentials_for`.
    query
        Which series.
    patients
        Patient IDs; each is searched for. Without them, `query` must have a date.
    progress
        Progress display; a step is a search or a study.
    client
        The client to use instead of a new one.

    Raises
    ------
    InputError
        When the server cannot be reached, refuses the user, is not a DICOMweb server, or has more results
        than it gives.
    """
    server = url if isinstance(url, Server) else Server(url)
    if not patients and query.date_from is None and query.date_to is None:
        raise InputError(
            "The query asks for everything that the server has.", "Give --from, --to or --patients."
        )
    if query.date_from and query.date_to and query.date_from > query.date_to:
        raise InputError(
            f"The first day, {query.date_from}, is after the last, {query.date_to}.", "Correct --from, --to."
        )
    client = client or PacsClient(server)
    client.require_answer()
    wanted = list(dict.fromkeys(patient.strip() for patient in patients if patient.strip()))
    with client, without_identifiers():
        searches = _search_all(client, query, wanted, progress)
        studies = {study: one for found in searches for study, one in found.answers.items()}
        fitting = {study: one for study, one in studies.items() if _fits(one, query, set(wanted))}
        rows = list(_series_of(client, fitting, progress))
    chosen = [row for row in rows if _is_asked_for(row, query)]
    table = FETCH_LIST.table({**row, "server": server.url} for row in chosen)
    table = table.sort_values(["patient_id", "study_date", "study_uid", "series_number"], ignore_index=True)
    notes = [*_capped(searches), *_left_out(studies, fitting, query), *_not_chosen(len(rows), len(chosen))]
    return QueryResult(table, _not_found(wanted, fitting, table), table["study_uid"].nunique(), notes)


def _search_all(
    client: PacsClient, query: SeriesQuery, patients: Sequence[str], progress: Progress
) -> list[StudiesFound]:
    """Search for each patient, or once for all."""
    found = []
    with progress("query", max(1, len(patients))) as advance:
        for patient in patients or [""]:
            search = partial(_search, client, patient)
            found.append(find_studies(search, query.date_from, query.date_to))
            advance()
    return found


def _search(client: PacsClient, patient: str, first: date | None, last: date | None) -> dict[str, Answer]:
    """Search for the studies of a patient, or of all, from a first to a last day."""
    filters = {"PatientID": patient} if patient else {}
    if first is not None or last is not None:
        filters["StudyDate"] = "-".join(f"{day:%Y%m%d}" if day else "" for day in (first, last))
    return client.studies(filters)


def _fits(study: Answer, query: SeriesQuery, patients: set[str]) -> bool:
    """Whether a study is in the time and of the patients that were asked for."""
    day = study_day(study)
    if day is None and (query.date_from or query.date_to):
        return False
    first, last = query.date_from or day, query.date_to or day
    in_time = day is None or first is None or last is None or first <= day <= last
    return in_time and (not patients or value(study, _PATIENT) in patients)


def _series_of(
    client: PacsClient, studies: dict[str, Answer], progress: Progress
) -> Iterator[dict[str, object]]:
    """Rows of `FETCH_LIST` for all series of the studies."""
    with progress("series", len(studies)) as advance:
        for study, entry in studies.items():
            day = study_day(entry)
            for one in client.series(study, count(entry, _SERIES_OF_STUDY)).values():
                yield {
                    "patient_id": value(entry, _PATIENT),
                    "study_date": day.isoformat() if day else "",
                    "modality": value(one, _MODALITY),
                    "study_description": value(entry, _STUDY_TEXT),
                    "series_number": value(one, _NUMBER),
                    "series_description": value(one, _SERIES_TEXT),
                    "instances": count(one, _INSTANCES),
                    "study_uid": uid(entry, STUDY),
                    "series_uid": uid(one, SERIES),
                }
            advance()


def _is_asked_for(row: dict[str, object], query: SeriesQuery) -> bool:
    """Whether modality and description of a series fit."""
    text = str(row["series_description"]).casefold()
    has_text = not query.description or any(fnmatchcase(text, one.casefold()) for one in query.description)
    return has_text and (not query.modality or row["modality"] in query.modality)


def _not_found(patients: Sequence[str], studies: dict[str, Answer], table: pd.DataFrame) -> pd.DataFrame:
    found = set(table["patient_id"])
    ids = [value(study, _PATIENT) for study in studies.values()]
    return NOT_FOUND.table((one, ids.count(one)) for one in patients if one not in found)


def _capped(searches: Sequence[StudiesFound]) -> Iterator[str]:
    most = max(found.most for found in searches)
    full = {day for found in searches for day in found.full_days}
    if most:
        yield (
            f"The server gives at most about {most} studies for a search, and does not say so; parts of "
            "the time were searched one by one."
        )
    if full:
        yield (
            f"The list may be incomplete: {len(full)} day(s) have as many studies as the server gives. "
            "Search for these patients by --patients, or ask for a higher limit of the server."
        )


def _left_out(studies: dict[str, Answer], fitting: dict[str, Answer], query: SeriesQuery) -> Iterator[str]:
    others = [one for study, one in studies.items() if study not in fitting]
    undated = sum(study_day(one) is None for one in others)
    if undated and (query.date_from or query.date_to):
        yield f"{undated} study(ies) without a date are left out."
    if number := len(others) - undated:
        yield f"{number} study(ies) that the server returned do not fit the query, and are left out."


def _not_chosen(all_series: int, chosen: int) -> Iterator[str]:
    if all_series > chosen:
        yield f"{all_series - chosen} other series of these studies do not fit modality and description."
