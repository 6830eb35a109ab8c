"""Extract files from a zip archive that may be malicious.

``zipfile`` itself keeps extraction inside the folder. Everything else that a normal archive of a model does
not contain is refused here, before anything is written.
"""

from __future__ import annotations

import re
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TypeVar

from nbradiomics.errors import InputError, ModelError
from nbradiomics.execution.progress import Progress, quiet
from nbradiomics.files.regular_file import require_regular

MOST_MEMBERS = 10_000
GIB = 1024**3
_CHUNK = 1024**2
_AGAIN = "Get the archive again from its original source."
_DISTRUST = "nnU-Net's export does not write such archives; use it only if you know who made it."
#: Exceptions of zipfile for a damaged archive.
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError, OSError)
_KINDS = {zipfile.ZIP_STORED: "stored", zipfile.ZIP_DEFLATED: "deflated"}

Result = TypeVar("Result")

#: Files of an archive by their paths in it; folders are left out.
Members = Mapping[PurePosixPath, zipfile.ZipInfo]


@contextmanager
def open_archive(path: Path) -> Iterator[tuple[zipfile.ZipFile, Members]]:
    """Open an archive, and yield it with its files.

    Raises
    ------
    ModelError
        When it is damaged or encrypted, has too many members, or has a member whose name leads out of the
        archive, that is not a plain file or folder, or whose name equals another on some file systems.
    """
    try:
        require_regular(path)
        archive = zipfile.ZipFile(path)
    except InputError as error:
        raise ModelError(error.problem, error.remedy) from error
    except DAMAGE as error:
        raise ModelError(f"{path} cannot be read as a zip archive: {error}.", _AGAIN) from error
    with archive:
        yield archive, _members(archive, path)


def _members(archive: zipfile.ZipFile, path: Path) -> Members:
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS:
        raise ModelError(
            f"{path} has {len(infos):,} members; at most {MOST_MEMBERS:,} were expected.", _DISTRUST
        )
    files: dict[PurePosixPath, zipfile.ZipInfo] = {}
    folders: set[PurePosixPath] = set()
    for info in infos:
        inside = _safe_path(info, path)
        _require_plain(info, path)
        if not info.is_dir():
            if inside in files:
                raise ModelError(f"{path} contains {str(inside)!r} twice.", _DISTRUST)
            files[inside] = info
        folders |= set(inside.parents) | ({inside} if info.is_dir() else set())
    _require_distinct([*files, *folders], path)
    return files


def _require_plain(info: zipfile.ZipInfo, path: Path) -> None:
    name = f"{path}: member {info.orig_filename!r}"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if info.is_dir() else stat.S_IFREG):
        raise ModelError(f"{name} is a link or another special file.", _DISTRUST)
    if info.flag_bits & 0x41:
        raise ModelError(f"{name} is encrypted.", "Unpack the archive yourself and use its folder.")
    if info.compress_type not in _KINDS:
        raise ModelError(
            f"{name} is compressed by method {info.compress_type}; stored or deflated was expected.",
            "Unpack the archive yourself and use its folder.",
        )


def _safe_path(info: zipfile.ZipInfo, path: Path) -> PurePosixPath:
    name = info.orig_filename  # zipfile itself changes names that it does not allow
    parts = PurePosixPath(name).parts
    bad = re.search(r"[\\:\x00-\x1f\x7f]", name)  # Windows: separator, drives, streams; control characters
    if bad or not (parts or name.endswith("/")) or name.startswith("/") or ".." in parts:
        raise ModelError(f"{path}: member {name!r} is not a safe file name.", _DISTRUST)
    return PurePosixPath(name)


def _require_distinct(paths: list[PurePosixPath], path: Path) -> None:
    """Refuse names that differ only in case, in the encoding of accents or in final dots or blanks."""
    seen: dict[tuple[str, ...], PurePosixPath] = {}
    for inside in paths:
        key = tuple(unicodedata.normalize("NFC", part).casefold().rstrip(". ") for part in inside.parts)
        other = seen.setdefault(key, inside)
        if other is not inside:
            raise ModelError(
                f"{path}: members {str(other)!r} and {str(inside)!r} would be the same file on some file "
                "systems.",
                _DISTRUST,
            )


def extract(
    archive: zipfile.ZipFile,
    wanted: Mapping[PurePosixPath, zipfile.ZipInfo],
    into: Path,
    *,
    max_bytes: int = 20 * GIB,
    progress: Progress = quiet,
) -> None:
    """Write files of an archive into a folder.

    Parameters
    ----------
    archive
        From `open_archive`.
    wanted
        Members by the path that each is written to, relative to `into`.
    into
        An empty folder of the caller, who removes it if this function fails.
    max_bytes
        Most bytes that may be extracted in total.
    progress
        Progress display, in MiB.

    Raises
    ------
    ModelError
        When a member is damaged, or more is extracted than allowed, regardless of the sizes that the archive
        declares.
    InputError
        When the disk has not enough space.
    """
    path = Path(str(archive.filename))
    declared = sum(info.file_size for info in wanted.values())
    require_below(declared, max_bytes, path)
    require_space(into, declared)
    written = 0
    with progress("unpack", sum(-(-info.file_size // _CHUNK) for info in wanted.values())) as advance:
        for inside, info in wanted.items():
            target = into / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "xb") as file:
                for chunk in _chunks(archive, info, path):
                    written += len(chunk)
                    require_below(written, max_bytes, path)
                    file.write(chunk)
                    advance()


def require_below(size: int, most: int, path: Path) -> None:
    """Raise `ModelError` if a model is larger than allowed."""
    if size > most:
        raise ModelError(
            f"{path} contains a model of more than {most / GIB:g} GiB.",
            "If you know who made it, allow more: --max-gb.",
        )


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> Iterator[bytes]:
    """Yield the content of a member; its checksum is verified at the end."""
    with _guarded(lambda: archive.open(info), info, path) as member:
        while chunk := _guarded(lambda: member.read(_CHUNK), info, path):
            yield chunk


def _guarded(read: Callable[[], Result], info: zipfile.ZipInfo, path: Path) -> Result:
    try:
        return read()
    except (*DAMAGE, RuntimeError) as error:
        raise ModelError(f"{path}: member {info.filename!r} is damaged: {error}", _AGAIN) from error


def require_space(folder: Path, size: int) -> None:
    """Raise `InputError` unless the disk of a folder has this many free bytes."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise InputError(
            f"{folder}: {size / GIB:.1f} GiB are needed and {free / GIB:.1f} GiB are free.",
            "Free some space, or choose another folder for models: --models DIR.",
        )
