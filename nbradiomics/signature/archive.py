"""A file of models: a ZIP archive of JSON and arrays without code, the same bytes for the same content.

The archive is read by what it must be, not by what it says it is: the members have fixed names, are not
compressed, and must give back exactly the bytes of the file when they are written again. So a changed bit
anywhere is found, in the archive's own structure too. Whoever changes a file with care can write a valid one:
its SHA-256, which the pages show, tells two files apart.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import whole
from nbradiomics.files.regular_file import read_whole

#: Name and version of the format.
FORMAT, VERSION = "nbradiomics models", 1
_MANIFEST = "manifest.json"
#: ZIP has no time without a date; this is the first one that it can have.
_DATE = (1980, 1, 1, 0, 0, 0)
#: Largest number of bytes of a file, and of members.
_LARGEST, _MOST_MEMBERS = 512 << 20, 64


def write_archive(members: Mapping[str, bytes], path: Path) -> str:
    """Write members into one file, and return its SHA-256.

    Raises
    ------
    StorageError
        When it cannot be written; an earlier file is unchanged.
    """
    content = packed(members)
    with whole(path) as temporary:
        temporary.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def packed(members: Mapping[str, bytes]) -> bytes:
    """The bytes of an archive."""
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "members": {name: hashlib.sha256(members[name]).hexdigest() for name in sorted(members)},
    }
    content = {_MANIFEST: (json.dumps(manifest, indent=1) + "\n").encode(), **members}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in [_MANIFEST, *sorted(members)]:
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, content[name])
    return buffer.getvalue()


def read_archive(path: Path) -> tuple[dict[str, bytes], str]:
    """Members of a file that `write_archive` wrote, and its SHA-256; nothing of it is executed.

    Raises
    ------
    InputError
        When it is another file, of another version, too large, damaged or cut off.
    """
    try:
        content = read_whole(path, _LARGEST + 1)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.", "Give a file of models."
        ) from error
    members = _members(content, path)
    if packed(members) != content:
        raise _damaged(path, "its bytes are not those that were written")
    return members, hashlib.sha256(content).hexdigest()


def _members(content: bytes, path: Path) -> dict[str, bytes]:
    if len(content) > _LARGEST:
        raise _damaged(path, f"it has more than {_LARGEST >> 20} MiB")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            if len(infos) > _MOST_MEMBERS or any(info.compress_type for info in infos):
                raise InputError(f"{path} is a ZIP archive, but no file of models.", _REMEDY)
            # Not compressed, so that no member is larger than the file.
            found = {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise _damaged(path, str(error).rstrip(".") or "it is no ZIP archive") from error
    _require_version(found.pop(_MANIFEST, b""), path)
    return found


def _require_version(manifest: bytes, path: Path) -> None:
    try:
        stated = json.loads(manifest)
        known, version = stated["format"] == FORMAT, stated["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        known, version = False, None
    if not known:
        raise InputError(f"{path} is a ZIP archive, but no file of models.", _REMEDY)
    if version != VERSION:
        raise InputError(
            f"{path} has version {version!r} of the format; this release reads version {VERSION}.",
            "Use the release that wrote it, or write it again.",
        )


_REMEDY = "Give the file model.zip of an outcome."


def _damaged(path: Path, why: str) -> InputError:
    return InputError(f"{path} is no intact file of models: {why}.", "Copy it again, or write it again.")
