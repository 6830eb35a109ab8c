"""Fetch series from a PACS: instance by instance, continued after any stop, and counted at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from nbradiomics.dicom.pseudonyms import load_pseudonyms
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure, guarded
from nbradiomics.execution.progress import Progress, quiet
from nbradiomics.files.atomic import is_temporary
from nbradiomics.files.folder_in_use import working_in
from nbradiomics.pacs.client import Instance, PacsClient
from nbradiomics.pacs.guard import without_identifiers
from nbradiomics.pacs.intact import is_intact, require_intact
from nbradiomics.pacs.listing import ListedSeries, read_fetch_list
from nbradiomics.pacs.names import Names
from nbradiomics.pacs.private import private_file, private_folder, require_outside_results
from nbradiomics.pacs.server import Server
from nbradiomics.pacs.threads import Threads
from nbradiomics.pacs.transfer import Transfer, require_jobs

STAGE = "fetch"


@dataclass
class FetchResult(Transfer):
    """Result of `fetch_from_pacs`: a `Transfer`.

    `expected` is the number of instances of all series, as the server lists them; of a series that could not
    be listed, the number in the fetch list. Those that are `present` are complete.

    Attributes
    ----------
    intact
        Number of the expected instances that are in the folder at the end.
    """

    intact: int = 0

    @property
    def sentence(self) -> str:
        """The count in one sentence."""
        return self.counted("fetched", self.intact)


@dataclass(frozen=True)
class _Fetching:
    """What each transfer needs."""

    client: PacsClient
    out: Path
    names: Names
    threads: Threads


def fetch_from_pacs(
    fetch_list: str | Path,
    out: str | Path,
    *,
    server: Server | None = None,
    key: str | Path | None = None,
    jobs: int = 4,
    progress: Progress = quiet,
    client: PacsClient | None = None,
) -> FetchResult:
    """Fetch series into a folder; what is there and complete is not fetched again.

    Each file is written under a temporary name, checked, and put on the disk before it takes its name. The
    files identify patients: only the owner may open the folder.

    Parameters
    ----------
    fetch_list
        Table of `query_pacs`, or a part of it.
    out
        Folder with a folder for each series. Two fetches into the same folder at once are refused.
    server
        How the server of the list is reached; by default without special options.
    key
        Key file of an ingest: files and folders are named by its pseudonyms, otherwise by hashes of the UIDs.
    jobs
        Transfers at the same time.
    progress
        Progress display; a step is an instance.
    client
        The client to use instead of a new one.

    Returns
    -------
    FetchResult
        Counted by a look at the folder at the end; each instance or series that is missing is a failure.

    Raises
    ------
    InputError
        When the server cannot be reached or refuses the user, the list cannot be used, or the folder is used
        by another fetch or belongs to the results of a run.

    Examples
    --------
    >>> found = query_pacs(pacs, SeriesQuery(date_from="2021-01-01", description=["t2*"]))
    >>> _ = found.write(Path("../private/list.csv"))
    >>> fetched = fetch_from_pacs("../private/list.csv", "../private/dicom")
    >>> fetched.intact, fetched.expected
    (9, 9)
    """
    out, rows = Path(out), read_fetch_list(Path(fetch_list))
    server = server or Server(rows[0].server)
    if server.url != rows[0].server:
        raise InputError(f"The list is of another server than {server.url}.", "Make a list by pacs query.")
    require_jobs(jobs)
    require_outside_results(out)
    names = Names(load_pseudonyms(Path(key), out)) if key else Names()
    client = client or PacsClient(server)
    client.require_answer()
    result = FetchResult(notes=list(names.pseudonyms.notes))
    if not private_folder(out):
        result.notes.append(f"Other users may open {out}, and its files identify patients: chmod 700 {out}")
    fetching = _Fetching(client, out, names, Threads(jobs, client.retries.stop))
    total = sum(row.instances or 0 for row in rows)
    alone = working_in(out, "fetch from a PACS", "fetch", alone=True)
    with alone, client, progress(STAGE, total) as advance:
        for row in rows:
            result.count(_fetch_series(fetching, row, result), advance)
    result.note_end(client.retries)
    return result


def _fetch_series(fetching: _Fetching, row: ListedSeries, result: FetchResult) -> Iterator[object]:
    """Fetch what is missing of a series; yield once for each instance, with its failure if it has one."""
    listed = guarded(_list_instances, STAGE, row.label, (fetching.client, row))
    if isinstance(listed, Failure):
        result.expected += row.instances or 0
        yield listed
        return
    sops, problem = listed
    if problem is not None:
        result.failures.append(problem)
    folder = fetching.names.series(fetching.out, row.series)
    private_folder(folder)
    _remove_temporary(folder)
    files = {sop: fetching.names.instance(folder, sop) for sop in sops}
    missing = [sop for sop in sops if not is_intact(files[sop], sop)]
    result.present += len(sops) - len(missing)
    yield from range(len(sops) - len(missing))
    places = {sop: f"{row.label}, instance {place} of {len(sops)}" for place, sop in enumerate(sops, start=1)}
    cases = {
        places[sop]: (fetching.client, Instance(row.study, row.series, sop), files[sop]) for sop in missing
    }
    for _, outcome in fetching.threads.outcomes(_fetch_instance, cases, STAGE):
        yield outcome
    _count(row, folder, set(files.values()), result)


def _count(row: ListedSeries, folder: Path, files: set[Path], result: FetchResult) -> None:
    """Count what is in the folder of a series now, and tell what differs from the list."""
    result.expected += len(files)
    there = {path for path in folder.iterdir() if path.suffix == ".dcm"}
    result.intact += len(there & files)
    if others := there - files:
        result.notes.append(
            f"{row.label}: {len(others)} file(s) in its folder are not on the server; they stay."
        )
    if row.instances is not None and row.instances != len(files):
        result.notes.append(
            f"{row.label}: the server lists {len(files)} instances; at the query it counted {row.instances}."
        )


def _list_instances(client: PacsClient, row: ListedSeries) -> tuple[list[str], Failure | None]:
    """List the instances of a series; also a failure if the server lists fewer than it counts.

    Raises
    ------
    InputError
        When the server has no instance of the series.
    """
    with without_identifiers():
        number = client.number_of_instances(row.study, row.series)
        sops = client.instances(row.study, row.series, number)
    if not sops:
        raise InputError(
            "The server does not have this series any more.", "Make the list again by pacs query."
        )
    if number is None or len(sops) >= number:
        return sops, None
    cause = f"The server counts {number} instances, and lists {len(sops)}."
    return sops, Failure(row.label, STAGE, cause, "Ask who runs the server to raise its limit of results.")


def _fetch_instance(client: PacsClient, instance: Instance, path: Path) -> None:
    """Fetch an instance into its file; a file that is not complete does not take its place."""
    with without_identifiers(), private_file(path) as file:
        client.retrieve(instance, file, partial(require_intact, Path(file.name), instance.sop))


def _remove_temporary(folder: Path) -> None:
    """Remove what a fetch left that was killed."""
    for path in folder.iterdir():
        if is_temporary(PurePosixPath(path.name)):
            path.unlink(missing_ok=True)
