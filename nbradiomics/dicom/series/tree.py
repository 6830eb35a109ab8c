"""Walk a folder of DICOM files, whatever they are called, and make a light record of each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict

from nbradiomics.dicom.discreet import discreet
from nbradiomics.dicom.headers import is_bare, read_header
from nbradiomics.dicom.series.reading import instance_of, is_instance
from nbradiomics.dicom.series.records import Frame, Instance, Place
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.files.regular_file import open_regular
from nbradiomics.images.io import file_hash

#: Files of one unit of work.
_CHUNK = 100
_ZIPPED = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")
_DICOMDIR = "1.2.840.10008.1.3.10"

#: Kinds of files that are no instances.
OTHER, INDEX, ZIPPED, UNREADABLE = "not DICOM", "DICOMDIR", "archives", "unreadable"


@dataclass(repr=False)
class Tree:
    """What a folder contains.

    Attributes
    ----------
    instances
        Records in the order of their paths.
    counts
        Number of other files by kind: `OTHER`, `INDEX`, `ZIPPED`, `UNREADABLE`.
    problems
        Path and reason for archives and for files and folders that could not be read. Paths may name persons.
    """

    instances: list[Instance] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)


class _Scanned(TypedDict):
    instances: list[Instance]
    others: list[tuple[str, str, str]]


def read_tree(folder: Path, *, skip: Path | None, execution: Execution, digests: bool = True) -> Tree:
    """Read the headers of all DICOM files in a folder and its subfolders.

    Parameters
    ----------
    folder
        The folder. Links to files and folders are followed, each folder once.
    skip
        A folder in it that is left out, such as the output.
    execution
        Processes and progress display.
    digests
        Whether the SHA-256 of each file is computed: then every file is read completely.

    Raises
    ------
    InputError
        When it is not a folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder.", "Give the folder with the DICOM files.")
    tree = Tree()
    paths = sorted(_paths(folder, skip, tree))
    chunks = {str(start): (paths[start : start + _CHUNK], digests) for start in range(0, len(paths), _CHUNK)}
    batch = execution.map(_scan, chunks, stage="read_headers")
    known: dict[Any, Any] = {}
    for name in list(batch.results):
        scanned = batch.results.pop(name)
        tree.instances += [_interned(one, known) for one in scanned["instances"]]
        for path, kind, reason in scanned["others"]:
            tree.counts[kind] += 1
            if reason:
                tree.problems.append((path, reason))
    for failure in batch.failures:  # a worker that was killed
        lost = chunks[failure.case][0]
        tree.counts[UNREADABLE] += len(lost)
        tree.problems += [(path, "the process that read it died") for path in lost]
    return tree


def _paths(folder: Path, skip: Path | None, tree: Tree) -> Iterator[str]:
    """Paths of all files; folders that cannot be listed are problems of the tree."""

    def lost(error: OSError) -> None:
        tree.counts[UNREADABLE] += 1
        tree.problems.append((str(error.filename), f"the folder cannot be listed: {error.strerror}"))

    left_out = os.path.realpath(skip) if skip is not None else None
    seen: set[tuple[int, int]] = set()
    for place, folders, files in os.walk(folder, followlinks=True, onerror=lost):
        status = Path(place).stat()
        if (status.st_dev, status.st_ino) in seen or os.path.realpath(place) == left_out:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        yield from (f"{place}{os.sep}{name}" for name in files)


def _scan(paths: list[str], digests: bool) -> _Scanned:
    """Make the records of some files; one that cannot be read is among the others, with the reason."""
    found: _Scanned = {"instances": [], "others": []}
    known: dict[Any, Any] = {}
    for path in paths:
        try:
            with discreet():
                one = _record(Path(path), digests=digests)
        except Exception as error:  # pydicom raises many kinds; the message may quote the file
            reason = f"it cannot be read ({type(error).__name__})"
            found["others"].append((path, UNREADABLE, reason))
            continue
        if isinstance(one, Instance):
            found["instances"].append(_interned(one, known))
        else:
            reason = "it is an archive; unpack it first" if one == ZIPPED else ""
            found["others"].append((path, one, reason))
    return found


def _record(path: Path, *, digests: bool) -> Instance | str:
    with open_regular(path) as file:
        start = file.read(132)
    if start.startswith(_ZIPPED):
        return ZIPPED
    marked = start[128:132] == b"DICM"
    if not marked and not is_bare(start):
        return OTHER
    data = read_header(path)
    if str(data.get("SOPClassUID") or data.file_meta.get("MediaStorageSOPClassUID")) == _DICOMDIR:
        return INDEX
    if not is_instance(data):
        if marked:
            raise InputError("the file names no instance.")
        return OTHER
    return instance_of(data, str(path), file_hash(path) if digests else "")


def _interned(one: Instance, known: dict[Any, Any]) -> Instance:
    """The record with parts of earlier records that are equal to its own, which saves most of the memory."""

    def shared(part: Any) -> Any:
        return known.setdefault(part, part)

    frames = []
    for number, place, acquired in ((frame.number, frame.place, frame.acquired) for frame in one.frames):
        lighter = Place(place.position, shared(place.orientation), shared(place.spacing))
        kinds = acquired._replace(image_type=shared(acquired.image_type), time=shared(acquired.time))
        frames.append(Frame(number, lighter, shared(kinds)))
    return replace(one, header=shared(one.header), frames=tuple(frames))
