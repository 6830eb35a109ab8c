"""Names of subjects as salted hashes: whether a known name is among them can be said, a list of them not.

Names that can be guessed, such as `patient 12`, can be tried: the hashes hide them from a look, and from
nobody who has the list of names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

#: Repetitions of the hash, so that trying many names takes long.
_ROUNDS = 2_000


def hashed(name: str, salt: str) -> str:
    """Hash of the name of a subject."""
    return hashlib.pbkdf2_hmac("sha256", name.encode(), salt.encode(), _ROUNDS).hex()[:32]


def hashes_of(names: Iterable[str], salt: str) -> tuple[str, ...]:
    """Hashes of names, sorted, so that their order says nothing."""
    return tuple(sorted(hashed(name, salt) for name in names))
