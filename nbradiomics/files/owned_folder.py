"""Whose results a folder holds: one rule for every command that writes into a folder.

A folder of results carries a mark that says what made them. The same maker continues in it. Another one is
refused, unless it is asked to replace what is there: then every file that was written there is removed first.
A folder that holds anything else is never written into, and a file that none of our commands wrote is never
removed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import write_text
from nbradiomics.files.folder_in_use import is_sign
from nbradiomics.files.regular_file import read_own_json

#: The mark, in the folder itself.
MARK = ".nbradiomics"
#: What systems and programs leave in any folder; it is neither in the way nor removed.
_LITTER = {
    ".ds_store",
    "thumbs.db",
    "desktop.ini",
    ".directory",
    ".gitkeep",
    ".gitignore",
    "nbradiomics-error.log",
}
#: What `atomic.whole` leaves when it is killed.
_TEMPORARY = re.compile(r"\.[0-9a-f]{32}-.+")
_SHOWN = 4

#: Whether a file is one that our commands write, by its path in the folder and the names of the scans.
IsOwn = Callable[[PurePosixPath, Collection[str]], bool]


@dataclass(frozen=True)
class Owner:
    """What made the results of a folder.

    Attributes
    ----------
    kind
        ``study``, ``reader study``, ...
    name
        What the user calls it.
    source
        Absolute path of the file that asks for it.
    cohort
        Absolute path of the table that it is about.
    content
        Digests of the files that it is about.
    """

    kind: str
    name: str
    source: str
    cohort: str
    content: frozenset[str] = frozenset()

    def is_same(self, other: Owner) -> bool:
        """Whether both are one, which may have been renamed, or moved, or given more cases since."""
        asked = self.source == other.source or self.name == other.name
        about = self.cohort == other.cohort or not self.content.isdisjoint(other.content)
        return self.kind == other.kind and asked and about

    def __str__(self) -> str:
        named = f"{self.kind} {self.name!r}" if self.name else self.kind
        return f"{named} ({self.source})" if self.source else named


@dataclass(frozen=True)
class Mark:
    """What a folder says of itself: its owner, the names of its scans, and whether it is being emptied."""

    owner: Owner
    names: frozenset[str] = frozenset()
    removing: bool = False

    def write(self, folder: Path) -> None:
        """Write the mark into its folder, which is made."""
        content = {
            **asdict(self),
            "names": sorted(self.names),
            "owner": {**asdict(self.owner), "content": sorted(self.owner.content)},
        }
        write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", folder / MARK)


def read_mark(folder: Path) -> Mark | None:
    """Mark of a folder; ``None`` where there is none that can be read."""
    try:
        found = read_own_json(folder / MARK)
        owner = Owner(**{**found["owner"], "content": frozenset(found["owner"]["content"])})
        return Mark(owner, frozenset(found["names"]), bool(found["removing"]))
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
    """Take a folder for the results of `owner`, and mark it.

    Parameters
    ----------
    folder
        A new or an empty folder, or one with results of the same owner, which stay.
    owner
        Who asks for it.
    is_own
        Which files the commands that write into such a folder make.
    names
        Names of the scans whose files will be written; those of earlier calls stay in the mark.
    earlier
        Recognises results of a release that wrote no mark.
    replacing
        Whether results of another owner may be removed. A kill in between does no harm: the next call,
        whoever makes it, completes the removal.
    anew
        Take the results for another owner's, whatever the mark says.

    Raises
    ------
    InputError
        When the folder holds files that no command wrote, or results of another owner that may not be
        removed.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; a folder was expected.", "Choose a new folder.")
    mark = read_mark(folder) or earlier(folder)
    if mark is None:
        _require_nothing(folder, foreign_files(folder))
        Mark(owner, frozenset(names)).write(folder)
        return
    if mark.owner.is_same(owner) and not (mark.removing or (anew and replacing)):
        kept = replace(owner, content=owner.content or mark.owner.content)
        Mark(kept, mark.names | set(names)).write(folder)
        return
    if not (mark.removing or replacing):
        raise InputError(
            f"{folder} holds the results of the {mark.owner}; the {owner} was asked for.",
            "Choose a new folder, or have the earlier results removed first (--replace, replace=True).",
        )
    _empty(folder, mark, is_own)
    Mark(owner, frozenset(names)).write(folder)


def foreign_files(
    folder: Path, is_own: IsOwn = lambda _path, _names: False, names: Collection[str] = ()
) -> Iterator[str]:
    """Files in a folder, by their paths in it, that are neither our own nor what systems leave anywhere."""
    return (str(path) for path in _files(folder) if not is_own(path, names) and not is_temporary(path))


def is_temporary(path: PurePosixPath) -> bool:
    """Whether a file is one that a killed command had not finished writing."""
    return bool(_TEMPORARY.fullmatch(path.name))


def remove_files(folder: Path, chosen: Callable[[PurePosixPath], bool]) -> None:
    """Remove files that are chosen by their path in the folder, and the folders in it that become empty."""
    removed = [path for path in _files(folder) if chosen(path)]
    for path in removed:
        (folder / path).unlink()
    parents = {parent for path in removed for parent in path.parents} - {PurePosixPath(".")}
    for parent in sorted(parents, key=lambda each: len(each.parts), reverse=True):
        if not any((folder / parent).iterdir()):
            (folder / parent).rmdir()


def _empty(folder: Path, mark: Mark, is_own: IsOwn) -> None:
    """Remove all that was written; the mark says so until nothing is left."""
    found = _listed(foreign_files(folder, is_own, mark.names))
    if found:
        raise InputError(
            f"{folder} holds {found}, and no run wrote that.",
            "Move these files elsewhere first: only what a run wrote is replaced.",
        )
    replace(mark, removing=True).write(folder)
    remove_files(folder, lambda path: is_own(path, mark.names) or is_temporary(path))


def _require_nothing(folder: Path, foreign: Iterator[str]) -> None:
    found = _listed(foreign)
    if found:
        raise InputError(
            f"{folder} holds {found}, and is not the folder of an earlier run.",
            "Choose a new folder: results are not mixed with other files.",
        )


def _listed(paths: Iterator[str]) -> str:
    shown = list(islice(paths, _SHOWN))
    return ", ".join(shown) + (", ..." if len(shown) == _SHOWN and next(paths, None) else "")


def _files(folder: Path) -> Iterator[PurePosixPath]:
    """Every file and link in a folder but for the mark and litter, by its path in it; no link is followed."""

    def refuse(error: OSError) -> None:
        raise error

    if not folder.is_dir():
        return
    for place, folders, files in os.walk(folder, onerror=refuse):
        folders.sort()
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in sorted([*files, *links]):
            path = PurePosixPath(Path(place, name).relative_to(folder).as_posix())
            litter = name.lower() in _LITTER or name.startswith("._") or is_sign(name)
            if not litter and str(path) != MARK:
                yield path
