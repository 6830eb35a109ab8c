"""Find the subjects who fitted a file, such as landmarks or a model of habitats, that names no subject.

An image is known again by its content, but a later image of the same person is not. So a file keeps a short
print of each name, and a subject of the same name counts as the same person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from nbradiomics.messages.wording import counted

#: Rounds of the key derivation, which make it slow to try many names, and characters of a print: so few that
#: a name that was tried and fits may also be another one.
_ROUNDS, _LENGTH = 2_000, 6
_SHOWN = 5


def name_prints(names: Iterable[str], images: Iterable[str]) -> tuple[str, ...]:
    """Prints of names, sorted, so that their order tells nothing.

    Parameters
    ----------
    names
        Subjects.
    images
        Fingerprints of the images in the file. They are the salt: the prints of two files cannot be compared.
    """
    salt = _salt(images)
    return tuple(sorted({_print(name, salt) for name in names}))


def known_names(names: Iterable[str], prints: Collection[str], images: Iterable[str]) -> set[str]:
    """Names among those whose prints a file has; `images` as in `name_prints`."""
    if not prints:
        return set()
    salt, known = _salt(images), set(prints)
    return {name for name in set(names) if _print(name, salt) in known}


def known_sentence(subjects: Collection[str], total: int, what: str) -> str:
    """Say which subjects were found again in a file such as ``the model``; empty for none."""
    names = sorted(subjects)
    if not names:
        return ""
    shown = ", ".join(names[:_SHOWN]) + (", ..." if names[_SHOWN:] else "")
    verb = "is" if len(names) == 1 else "are"
    return (
        f"{len(names)} of {counted(total, 'subject')} ({shown}) {verb} among those who fitted {what}, by "
        "name or image (column in_fit): outcome models are not evaluated on them. If they are other "
        "persons, give them other names."
    )


def _salt(images: Iterable[str]) -> bytes:
    return "/".join(sorted(images)).encode()


def _print(name: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha256", name.strip().encode(), salt, _ROUNDS).hex()[:_LENGTH]
