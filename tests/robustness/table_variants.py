"""How a hostile table becomes a variant: a cohort table of some bytes, which a command must refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.reliability.harness import Bounds, Variant
from tests.reliability.images import write_pair

EXTRACT = "extract cohort.csv --params params.yaml --out f.csv --jobs 1"
CHECK = "check cohort.csv --out problems.csv --jobs 1"
BOUNDS = Bounds(seconds=60, megabytes=2500)


def cohort(content: bytes, name: str = "cohort.csv") -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        write_pair(folder)
        (folder / name).write_bytes(content)

    return write


def refused(name: str, content: bytes, *says: str, bounded: bool = False) -> Variant:
    """A cohort table, by its bytes alone: what kind it is is told by its content."""
    bounds = BOUNDS if bounded else None
    return Variant(name, cohort(content), EXTRACT, 1, ("cohort[.]csv", *says), ("P1/",), bounds=bounds)


def made(name: str, make: Callable[[], bytes], *says: str, bounded: bool = False) -> Variant:
    """A cohort table that is large or slow to make: it is made when the variant is written."""

    def write(folder: Path) -> None:
        cohort(make())(folder)

    bounds = BOUNDS if bounded else None
    return Variant(name, write, EXTRACT, 1, ("cohort[.]csv", *says), ("P1/",), bounds=bounds)
