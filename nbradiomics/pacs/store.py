"""Store DICOM objects in a PACS: what is there is not sent again, and the server's answers are checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbradiomics.dicom.headers import read_header, read_whole
from nbradiomics.errors import InputError
from nbradiomics.execution.batch import Failure, guarded
from nbradiomics.execution.progress import Progress, quiet
from nbradiomics.files.regular_file import is_regular
from nbradiomics.pacs.answers import is_uid
from nbradiomics.pacs.client import Instance, PacsClient
from nbradiomics.pacs.guard import without_identifiers
from nbradiomics.pacs.server import Server
from nbradiomics.pacs.threads import Threads
from nbradiomics.pacs.transfer import Transfer, require_jobs

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

STAGE = "store"
#: Failure Reasons of the DICOM standard (PS3.18, Store Instances Response; PS3.4, Storage Service Class).
_REASONS = {
    0x0110: "it could not process it",
    0x0122: "it does not accept objects of this kind",
    0x0124: "it does not allow you to store it",
    0xA700: "it has no room",
    0xC122: "it does not accept its transfer syntax",
}
_MISMATCH = {0xA9: "it does not match the standard of its kind", 0xC0: "it could not understand it"}


@dataclass(frozen=True)
class _File:
    """A file to send; its name in failures is not its path, which may contain the name of a patient."""

    path: Path
    label: str


@dataclass
class StoreResult(Transfer):
    """Result of `store_to_pacs`: a `Transfer`.

    `expected` is the number of instances in the folder; the content of those that were `present` was not
    compared.

    Attributes
    ----------
    stored
        Number of the expected instances that the server lists at the end.
    """

    stored: int = 0

    @property
    def sentence(self) -> str:
        """The count in one sentence."""
        return self.counted("stored", self.stored)


def store_to_pacs(
    folder: str | Path,
    url: str | Server,
    *,
    jobs: int = 2,
    progress: Progress = quiet,
    client: PacsClient | None = None,
) -> StoreResult:
    """Store the DICOM objects of a folder and its subfolders on a DICOMweb server.

    Instances are sent one by one; those whose UID the server lists are not sent again, so that the same call
    continues after any stop. At the end the server is asked what it has.

    Parameters
    ----------
    folder
        Folder with DICOM files, such as that of `export-dicom`. Other files are left out, and counted.
    url
        Root of DICOMweb, or a `Server`. Credentials are those of `credentials_for`.
    jobs
        Transfers at the same time; each holds one instance in memory, a few times.
    progress
        Progress display; a step is an instance.
    client
        The client to use instead of a new one.

    Raises
    ------
    InputError
        When the folder has no DICOM files, or the server cannot be reached or refuses the user.

    Examples
    --------
    >>> stored = store_to_pacs("segmentations", pacs)
    >>> stored.expected, len(stored.failures)
    (3, 0)
    """
    folder, server = Path(folder), url if isinstance(url, Server) else Server(url)
    require_jobs(jobs)
    files, others, copies = _instances_in(folder)
    client = client or PacsClient(server)
    client.require_answer()
    result = StoreResult(expected=len(files))
    if others:
        result.notes.append(f"{others} file(s) of {folder} are not DICOM instances, and were not sent.")
    if copies:
        result.notes.append(f"{copies} file(s) of {folder} are instances that another file holds too.")
    with client:
        _store_all(client, files, jobs, progress, result)
    result.note_end(client.retries)
    return result


def _store_all(
    client: PacsClient, files: dict[Instance, _File], jobs: int, progress: Progress, result: StoreResult
) -> None:
    """Send what the server does not list, and ask it again."""
    before = _on_server(client, list(files))
    result.present = len(before)
    missing = [instance for instance in files if instance not in before]
    with progress(STAGE, len(missing)) as advance:
        result.count(_send(client, {one: files[one] for one in missing}, jobs), advance)
    _check(client, files, result)


def _instances_in(folder: Path) -> tuple[dict[Instance, _File], int, int]:
    """DICOM instances in a folder; numbers of other files, and of second files of an instance."""
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder.", "Give the folder with the DICOM files.")
    files: dict[Instance, _File] = {}
    others = copies = 0
    for path in sorted(path for path in folder.rglob("*") if is_regular(path)):
        instance = _instance_of(path)
        if instance is None:
            others += 1
        elif instance in files:
            copies += 1
        else:
            files[instance] = _File(path, f"DICOM file {len(files) + 1} in the order of the paths")
    if not files:
        raise InputError(f"{folder} has no DICOM files.", "Give the folder with the DICOM files.")
    return files, others, copies


def _instance_of(path: Path) -> Instance | None:
    """UIDs of a DICOM file; ``None`` for any other file."""
    try:
        header = read_header(path)
        names = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
        uids = [str(header.get(name, "")).strip() for name in names]
    except Exception:  # pydicom raises exceptions of many classes for files that are not DICOM
        return None
    return Instance(*uids) if all(map(is_uid, uids)) else None


def _on_server(client: PacsClient, instances: Sequence[Instance]) -> set[Instance]:
    """Which of some instances the server lists."""
    by_series: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for instance in instances:
        by_series[instance.study, instance.series].add(instance.sop)
    found = set()
    for (study, series), sops in by_series.items():
        with without_identifiers():
            listed = client.instances(study, series)
        found |= {Instance(study, series, sop) for sop in sops.intersection(listed)}
    return found


def _send(client: PacsClient, files: dict[Instance, _File], jobs: int) -> Iterator[object]:
    """Send instances; yield once for each, with its failure if it has one."""
    cases = {file.label: (client, instance, file.path) for instance, file in files.items()}
    for _, outcome in Threads(jobs, client.retries.stop).outcomes(_store, cases, STAGE):
        yield outcome


def _store(client: PacsClient, instance: Instance, path: Path) -> None:
    """Store one file.

    Raises
    ------
    InputError
        When the server did not take it.
    """
    with without_identifiers():
        _require_taken(client.store(read_whole(path)), instance)


def _require_taken(answer: Dataset, instance: Instance) -> None:
    """Raise `InputError` for an answer that says that the instance was not stored."""
    failed = answer.get("FailedSOPSequence") or []
    for item in failed:
        if str(item.get("ReferencedSOPInstanceUID", instance.sop)) == instance.sop:
            raise InputError(
                f"The server did not take it: {_reason(item.get('FailureReason'))}.",
                "Ask who runs the server, with this reason.",
            )


def _reason(code: Any) -> str:
    """A Failure Reason in words."""
    if not isinstance(code, int):
        return "it gives no reason"
    text = _REASONS.get(code) or _MISMATCH.get(code >> 8) or "its reason is not one of the standard"
    return f"{text} (reason {code:04X})"


def _check(client: PacsClient, files: dict[Instance, _File], result: StoreResult) -> None:
    """Ask the server what it has now; what it took but does not list is a failure."""
    after = guarded(_on_server, STAGE, "count at the end", (client, list(files)))
    if isinstance(after, Failure):
        result.stored = result.present
        result.failures.append(after)
        return
    result.stored = len(after)
    failed = {failure.case for failure in result.failures}
    for instance, file in files.items():
        if instance not in after and file.label not in failed:
            cause = "The server did not refuse it, and does not list it."
            result.failures.append(
                Failure(file.label, STAGE, cause, "Run the command again in some minutes.")
            )
