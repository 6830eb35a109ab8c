"""Pseudonyms: names made from identifiers with a secret key, so that only its holder can make them again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.files.regular_file import open_regular

#: Bytes of a key, written as hexadecimal digits.
_BYTES = 32
_KEY = re.compile(rf"[0-9a-f]{{{2 * _BYTES}}}")
#: Characters of a pseudonym: 60 bits, so that even among a million no two are expected to be equal.
_LENGTH = 12


@dataclass(frozen=True)
class Pseudonyms:
    """Makes pseudonyms with a key; equal identifiers have equal pseudonyms.

    Attributes
    ----------
    key
        The secret. Without it a pseudonym cannot be made from an identifier, not even by trying all.
    """

    key: bytes = field(repr=False)

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
        When the file is in the output folder, or is not a key.
    """
    if Path(os.path.realpath(out)) in Path(os.path.realpath(path)).parents:
        raise InputError(
            f"The key file {path} is in the output folder {out}.",
            "Keep it elsewhere: who has the key can link the pseudonyms to patients.",
        )
    with suppress(FileExistsError):
        _make(path)
    with open_regular(path) as file:
        text = file.read(1024).decode("ascii", "replace").strip()
    if not _KEY.fullmatch(text):
        raise InputError(
            f"{path} is not a key file: {2 * _BYTES} hexadecimal digits were expected.",
            "Give the key file of an earlier ingest, or the name of a new file.",
        )
    return Pseudonyms(bytes.fromhex(text))


def _make(path: Path) -> None:
    """Make a key file that only its owner can read; of two processes at once, one makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_BYTES) + "\n")
