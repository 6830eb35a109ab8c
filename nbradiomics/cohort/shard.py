"""Division of a cohort into shards, which computers without a connection can compute at the same time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from nbradiomics.errors import InputError

#: Largest number of shards.
_MOST = 100_000
_TEXT = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")
_EXAMPLE = "In a job array of SLURM: --array=1-4 and --shard $SLURM_ARRAY_TASK_ID/4."


@dataclass(frozen=True)
class Shard:
    """One of several parts of a cohort.

    Attributes
    ----------
    number
        Which part, from 1 to `of`.
    of
        Number of parts.

    Raises
    ------
    InputError
        When there is no such part.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.of <= _MOST:
            raise InputError(
                f"the shard {self} is impossible: {self.of} shards.", f"Use from 1 to {_MOST:,} shards."
            )
        if not 1 <= self.number <= self.of:
            raise InputError(
                f"the shard {self} does not exist: {self.of} shards have the numbers 1 to {self.of}.",
                f"Number the jobs from 1, or add 1 to a number that begins with 0. {_EXAMPLE}",
            )

    @classmethod
    def of_text(cls, text: str) -> Shard:
        """Read a shard written as ``i/n``.

        Raises
        ------
        InputError
            When the text is anything else, such as ``/4`` because a variable was not set.
        """
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise InputError(
                f"the shard {text!r} cannot be read: i/n was expected, such as 1/4, two whole numbers.",
                f"If the number comes from a variable, it may not be set. {_EXAMPLE}",
            )
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def slug(self) -> str:
        """Text for names of files: ``1-of-4``."""
        return f"{self.number}-of-{self.of}"

    def subjects(self, subjects: Iterable[str]) -> frozenset[str]:
        """Return the subjects of this shard.

        All subjects are ordered by the SHA-256 of their names and dealt in turn: each is in exactly one
        shard, the numbers of two shards differ by at most one, and neither the order of the table nor a
        pattern in the names (sites, dates) decides which shard has the large images.
        """
        ordered = sorted(set(subjects), key=lambda name: (sha256(name.encode("utf-8")).digest(), name))
        return frozenset(ordered[self.number - 1 :: self.of])
