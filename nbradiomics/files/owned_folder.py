"""The owner of the results in a folder: one rule for every command that writes into a folder.

A folder of results contains a mark that names their owner. The same owner continues in it. Another owner is
refused, unless it is told to replace the results: then every file that was written there is removed first.
Nothing is written into a folder with other files, and a file that none of the commands wrote is never
removed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import is_temporary, write_text
from nbradiomics.files.folder_in_use import is_sign, others_in
from nbradiomics.files.regular_file import GONE, read_own_json

#: The mark, in the folder itself.
MARK = ".nbradiomics"
#: Files that systems and programs leave in any folder; they are ignored and never removed.
_LITTER = {
    ".ds_store",
    "thumbs.db",
    "desktop.ini",
    ".directory",
    ".gitkeep",
    ".gitignore",
    "nbradiomics-error.log",
}
#: A file that was removed while a program of this machine had it open, on a network file system.
_SILLY = re.compile(r"\.nfs[0-9a-fA-F]{8,}")
_SHOWN = 4

#: Whether a file was written by the commands, by its path in the folder and the names of the scans.
IsOwn = Callable[[PurePosixPath, Collection[str]], bool]


@dataclass(frozen=True)
class Owner:
    """The study, reader study or command that made the results of a folder.

    Attributes
    ----------
    kind
        ``study``, ``reader study``, ...
    name
        Its name for the user.
    source
        Absolute path of the file that defines it.
    cohort
        Absolute path of its cohort table.
    content
        Digests of its input files.
    """

    kind: str
    name: str
    source: str
    cohort: str
    content: frozenset[str] = frozenset()

    def is_same(self, other: Owner) -> bool:
        """Whether both are the same owner, which may meanwhile be renamed, moved or given more cases."""
        same_name = self.source == other.source or self.name == other.name
        same_data = self.cohort == other.cohort or not self.content.isdisjoint(other.content)
        return self.kind == other.kind and same_name and same_data

    def __str__(self) -> str:
        text = f"{self.kind} {self.name!r}" if self.name else self.kind
        return f"{text} ({self.source})" if self.source else text


@dataclass(frozen=True)
class Mark:
    """Mark of a folder: its owner, the names of its scans, and whether it is being emptied."""

    owner: Owner
    names: frozenset[str] = frozenset()
    removing: bool = False

    def write(self, folder: Path) -> None:
        """Write the mark into its folder, which is created if missing."""
        content = {
            **asdict(self),
            "names": sorted(self.names),
            "owner": {**asdict(self.owner), "content": sorted(self.owner.content)},
        }
        write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", folder / MARK)


def read_mark(folder: Path) -> Mark | None:
    """Read the mark of a folder; ``None`` if there is no readable mark."""
    try:
        content = read_own_json(folder / MARK)
        owner = Owner(**{**content["owner"], "content": frozenset(content["owner"]["content"])})
        return Mark(owner, frozenset(content["names"]), bool(content["removing"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def claim(
    folder: Path,
    owner: Owner,
    is_own: IsOwn,
    *,
    names: Iterable[str] = (),
    earlier: Callable[[Path], Mark | None] = lambda _folder: None,
    replacing: bool = False,
    anew: bool = False,
) -> None:
    """Reserve a folder for the results of `owner`, and mark it.

    Parameters
    ----------
    folder
        A new or empty folder, or one with results of the same owner, which are kept.
    owner
        Owner of the new results.
    is_own
        Whether a file was written by the commands that write into such a folder.
    names
        Names of the scans whose files will be written; the mark keeps the names of earlier calls.
    earlier
        Recognises results of a release that wrote no mark.
    replacing
        Whether results of another owner may be removed. If the process is killed during this, the next call
        by any owner completes the removal.
    anew
        Treat the results as another owner's, whatever the mark says.

    Raises
    ------
    InputError
        When the folder contains files that no command wrote, or results of another owner that may not be
        removed.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; a folder was expected.", "Choose a new folder.")
    mark = read_mark(folder) or earlier(folder)
    if mark is None:
        filled = next(foreign_files(folder), None) is not None
        # The mark again: another process that began at the same moment has marked the folder before it wrote.
        mark = read_mark(folder) if filled else None
    if mark is None:
        _require_none(folder, foreign_files(folder))
        Mark(owner, frozenset(names)).write(folder)
        return
    if mark.owner.is_same(owner) and not (mark.removing or (anew and replacing)):
        updated = replace(owner, content=owner.content or mark.owner.content)
        Mark(updated, mark.names | set(names)).write(folder)
        return
    # A command that was refused after it had claimed the folder left a mark alone.
    filled = next(_files(folder), None) is not None
    if filled and not (mark.removing or replacing):
        earlier_owner, new_owner = _told_apart(mark.owner, owner)
        raise InputError(
            f"{folder} contains the results of the {earlier_owner}; the {new_owner} was requested.",
            "Choose a new folder, or remove the earlier results first (--replace, replace=True).",
        )
    _empty(folder, mark, is_own)
    Mark(owner, frozenset(names)).write(folder)


def _told_apart(first: Owner, second: Owner) -> tuple[str, str]:
    """Name two owners; one study file with two cohorts has two owners."""
    names = str(first), str(second)
    if names[0] != names[1]:
        return names
    return f"{first} with the cohort {first.cohort}", f"{second} with the cohort {second.cohort}"


def foreign_files(
    folder: Path, is_own: IsOwn = lambda _path, _names: False, names: Collection[str] = ()
) -> Iterator[str]:
    """Paths of files in a folder that neither the commands wrote nor systems leave in any folder."""
    return (str(path) for path in _files(folder) if not is_own(path, names) and not is_temporary(path))


def leftovers(folder: Path) -> Callable[[PurePosixPath], bool]:
    """Return whether a file in a claimed folder was left unfinished by a command that was killed.

    While others work in the folder, on whatever machine, no file counts as left: it may be theirs. Neither
    does one that was changed since this run claimed the folder, by the clock of the disk: its writer may have
    begun since.
    """
    alone, claimed = not others_in(folder), (folder / MARK).stat().st_mtime

    def is_left(path: PurePosixPath) -> bool:
        try:
            return alone and is_temporary(path) and (folder / path).stat().st_mtime < claimed
        except OSError:
            return False

    return is_left


def remove_files(folder: Path, is_chosen: Callable[[PurePosixPath], bool]) -> None:
    """Remove files chosen by their path in the folder, and its subfolders that become empty."""
    removed = [path for path in _files(folder) if is_chosen(path)]
    for path in removed:
        (folder / path).unlink(missing_ok=True)
    parents = {parent for path in removed for parent in path.parents} - {PurePosixPath(".")}
    for parent in sorted(parents, key=lambda each: len(each.parts), reverse=True):
        with suppress(OSError):  # it is not empty, or another run removed it
            (folder / parent).rmdir()


def _empty(folder: Path, mark: Mark, is_own: IsOwn) -> None:
    """Remove all files that the commands wrote; the mark records the removal until it is complete."""
    foreign = _listed(foreign_files(folder, is_own, mark.names))
    if foreign:
        raise InputError(
            f"{folder} contains {foreign}, which no run wrote.",
            "Move these files elsewhere first: only files that a run wrote are replaced.",
        )
    replace(mark, removing=True).write(folder)
    remove_files(folder, lambda path: is_own(path, mark.names) or is_temporary(path))


def _require_none(folder: Path, foreign: Iterator[str]) -> None:
    listed = _listed(foreign)
    if listed:
        raise InputError(
            f"{folder} contains {listed}, and is not the folder of an earlier run.",
            "Choose a new folder: results are not mixed with other files.",
        )


def _listed(paths: Iterator[str]) -> str:
    shown = list(islice(paths, _SHOWN))
    return ", ".join(shown) + (", ..." if len(shown) == _SHOWN and next(paths, None) else "")


def _files(folder: Path) -> Iterator[PurePosixPath]:
    """Paths of all files and links in a folder, except the mark and litter; links are not followed."""

    def refuse(error: OSError) -> None:
        if error.errno not in GONE:  # otherwise another run removed the folder meanwhile
            raise error

    if not folder.is_dir():
        return
    for place, folders, files in os.walk(folder, onerror=refuse):
        folders.sort()
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in sorted([*files, *links]):
            path = PurePosixPath(Path(place, name).relative_to(folder).as_posix())
            litter = name.lower() in _LITTER or name.startswith("._") or is_sign(name)
            if not (litter or _SILLY.fullmatch(name)) and str(path) != MARK:
                yield path
