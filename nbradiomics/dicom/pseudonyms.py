"""Pseudonyms: names made from identifiers with a secret key, so that only its holder can make them again."""

from __future__ import annotations

import base64
import errno
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular
from nbradiomics.files.storage import writing

#: Bytes of a key, written as hexadecimal digits.
_BYTES = 32
_KEY = re.compile(rf"[0-9a-f]{{{2 * _BYTES}}}")
#: A random key has more different digits than this: one in 10^19 does not.
_FEW_DIGITS = 7
#: Characters of a pseudonym: 60 bits, so that even among a million no two are expected to be equal.
_LENGTH = 12


@dataclass(frozen=True)
class Pseudonyms:
    """Makes pseudonyms with a key; equal identifiers have equal pseudonyms.

    Attributes
    ----------
    key
        The secret. Without it a pseudonym cannot be made from an identifier, not even by trying all.
    notes
        What the user should know about the key file.
    """

    key: bytes = field(repr=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def fingerprint(self) -> str:
        """Tells two keys apart, and says nothing about them: the keyed hash of a fixed text."""
        return self.name("key", "")

    def name(self, kind: str, identifier: str) -> str:
        """Return the pseudonym of an identifier: 12 letters and digits.

        Parameters
        ----------
        kind
            What is identified: ``subject``, ``series``, ``site`` ... Equal identifiers of two kinds have
            different pseudonyms.
        identifier
            Patient ID, UID, name of an institution ...; spaces around it are ignored.
        """
        text = f"{kind}\0{identifier.strip()}".encode("utf-8", "surrogatepass")
        digest = hmac.new(self.key, text, hashlib.sha256).digest()
        return base64.b32encode(digest).decode().lower()[:_LENGTH]


def load_pseudonyms(path: Path, out: Path) -> Pseudonyms:
    """Read the key of a file; a missing file is made with a new random key.

    Parameters
    ----------
    path
        The key file, 64 hexadecimal digits. Who has it can link pseudonyms to patients: keep it as safe as
        the images, and apart from the output.
    out
        Folder of the output, which must not contain the key.

    Raises
    ------
    InputError
        When the file is in the output folder, or is not a random key.
    """
    if Path(os.path.realpath(out)) in Path(os.path.realpath(path)).parents:
        raise InputError(
            f"The key file {path} is in the output folder {out}.",
            "Keep it elsewhere: who has the key can link the pseudonyms to patients.",
        )
    is_new = _make(path)
    with open_regular(path) as file:
        text = file.read(1024).decode("ascii", "replace").strip()
        is_open = os.name != "nt" and bool(os.fstat(file.fileno()).st_mode & 0o077)
    if not _KEY.fullmatch(text):
        raise InputError(
            f"{path} is not a key file: {2 * _BYTES} hexadecimal digits were expected.",
            "Give the key file of an earlier ingest, or the name of a new file.",
        )
    if len(set(text)) <= _FEW_DIGITS:
        raise InputError(
            f"The key in {path} is not random, and can be guessed.", "Give the name of a new file."
        )
    return Pseudonyms(bytes.fromhex(text), tuple(_notes(path, is_new=is_new, is_open=is_open)))


def _notes(path: Path, *, is_new: bool, is_open: bool) -> Iterator[str]:
    if is_new:
        yield (
            f"A new key was made: {path}. Keep it: with another key, the same patients get other pseudonyms."
        )
    if is_open:
        yield (
            f"Other users of this machine can read the key file {path}, and link the pseudonyms to patients: "
            f"chmod 600 {path}"
        )


def _make(path: Path) -> bool:
    """Make a key file that only its owner can read, unless it exists; return whether it was made.

    It is complete and on the disk before it takes its name: a lost key cannot be made again. Of two processes
    at once, one makes it.
    """
    if path.exists():
        return False
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{uuid4().hex}-key")
        try:
            with open(temporary, "x", encoding="ascii", opener=_privately) as file:
                file.write(secrets.token_hex(_BYTES) + "\n")
                file.flush()
                os.fsync(file.fileno())
            return _take_name(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _take_name(temporary: Path, path: Path) -> bool:
    """Give a file its name, unless another process has made the file meanwhile."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:  # a file system without hard links
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS):
            raise
        os.replace(temporary, path)
    return True
