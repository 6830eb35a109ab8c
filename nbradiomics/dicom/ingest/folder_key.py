"""The key of an output folder: one folder never holds pseudonyms of two keys."""

from __future__ import annotations

import os
from pathlib import Path

from nbradiomics.dicom.pseudonyms import Pseudonyms, load_pseudonyms
from nbradiomics.errors import InputError
from nbradiomics.files.owned_folder import Owner, read_mark

_KIND = "ingest"
_SAME = (
    "Give the key file of that ingest: another key gives all patients other pseudonyms. Or choose a new "
    "folder, or remove the earlier results first (--replace, replace=True)."
)


def pseudonyms_for(out: Path, key: Path, *, replacing: bool) -> Pseudonyms:
    """Read the key file of an ingest, and make it if it is missing.

    Parameters
    ----------
    out
        Folder of the output. Its mark holds the fingerprint of the key.
    key
        The key file.
    replacing
        Whether results that were made with another key may be replaced.

    Raises
    ------
    InputError
        When the folder was made with another key, or with a key that is missing now.
    """
    earlier = None if replacing else _fingerprint_in(out)
    if earlier is not None and not os.path.lexists(key):
        raise InputError(f"There is no key file {key}; {out} was made with one.", _SAME)
    pseudonyms = load_pseudonyms(key, out)
    if earlier is not None and earlier != pseudonyms.fingerprint:
        raise InputError(f"{out} was made with another key than that of {key}.", _SAME)
    return pseudonyms


def owner_of(folder: Path, pseudonyms: Pseudonyms) -> Owner:
    """Owner of the results of an ingest: the folder it read, by a pseudonym, and the fingerprint of the key.

    The path of a hospital's export may hold the name of a person.
    """
    place = pseudonyms.name("folder", os.path.realpath(folder))
    return Owner(_KIND, "", pseudonyms.fingerprint, f"folder {place}")


def _fingerprint_in(out: Path) -> str | None:
    mark = read_mark(out)
    return mark.owner.source if mark is not None and mark.owner.kind == _KIND else None
