"""Which masks of a scan are compared with each other, and what each kind of pair means.

===============  =========================================================================================
pair             the two masks
===============  =========================================================================================
``inter``        masks of two readers, drawn independently: the difference between readers
``auto``         a mask of the model and an independent mask of a reader
``intra``        two independent readings of one reader
``edited``       one mask is an edited automatic mask. Such a mask stays close to the automatic one and makes
                 the model look better, so these pairs are reported separately
``consensus``    the second mask is a consensus of readers
``perturbed``    a perturbed mask and the original mask of the same reader (`agreement.perturbed`)
===============  =========================================================================================

Of each reader, only the first independent reading and the first edited one are used between readers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from nbradiomics.cohort import AUTOMATIC, Case
from nbradiomics.cohort.schema import INDEPENDENT
from nbradiomics.tables import ORIGINAL

INTER, AUTO_PAIR, INTRA, EDITED, CONSENSUS = "inter", "auto", "intra", "edited", "consensus"
PERTURBED = "perturbed"
#: The kinds of pair, in the order of the tables.
PAIRS = (AUTO_PAIR, INTER, INTRA, EDITED, CONSENSUS, PERTURBED)


@dataclass(frozen=True)
class Pair:
    """Two masks of one scan and region; each is compared with the other, unless `one_way`.

    A consensus is only a reference, and so is the original of a perturbed mask.
    """

    first: Case
    second: Case
    kind: str

    @property
    def one_way(self) -> bool:
        """Whether the second mask is only a reference."""
        return self.kind in (CONSENSUS, PERTURBED)

    def index(self, *, back: bool = False) -> dict[str, str | int]:
        """Columns that identify a row: first against second; with `back`, second against first."""
        mask, reference = (self.second, self.first) if back else (self.first, self.second)
        return {
            **mask.scan.index(),
            "roi": mask.roi,
            "variant": mask.scan.variant,
            "reader": mask.reader,
            "reading": mask.reading,
            "mask_kind": mask.kind,
            "reference": reference.reader,
            "reference_reading": reference.reading,
            "reference_kind": reference.kind,
            "pair": self.kind,
        }

    @property
    def name(self) -> str:
        """Name in messages and in the failures table."""
        other = ORIGINAL if self.kind == PERTURBED else f"{self.second.reader}/{self.second.reading}"
        return f"{self.first.name} against {other}"


def by_region(cases: Iterable[Case]) -> Iterator[list[Case]]:
    """Group the cases by scan and region, in the order of the cohort; readings ascend."""
    groups: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.scan.name, case.roi].append(case)
    for group in groups.values():
        yield sorted(group, key=lambda case: case.reading)


def first_readings(cases: Iterable[Case], *kinds: str) -> list[Case]:
    """Return the first reading of each reader among the cases of the given kinds."""
    chosen: dict[str, Case] = {}
    for case in cases:
        if case.kind in kinds:
            chosen.setdefault(case.reader, case)
    return list(chosen.values())


def pairs_of_region(cases: list[Case], *, reference: str | None = None) -> list[Pair]:
    """Return all pairs of masks of one scan and region.

    Parameters
    ----------
    cases
        Cases of one scan and region, readings ascending.
    reference
        Return only pairs with this reader. A consensus that is a reader of the cohort is compared only with
        the model, unless it is this reference: the other readers may be part of it.
    """
    original = first_readings(cases, INDEPENDENT, AUTOMATIC)
    edited = first_readings(cases, EDITED)
    consensus = first_readings(cases, CONSENSUS)
    pairs = [
        Pair(first, second, AUTO_PAIR if AUTOMATIC in (first.kind, second.kind) else INTER)
        for first, second in combinations(original, 2)
    ]
    pairs += [
        Pair(first, second, INTRA)
        for first, second in combinations([case for case in cases if case.kind == INDEPENDENT], 2)
        if first.reader == second.reader
    ]
    pairs += [Pair(first, second, EDITED) for first in original for second in edited]
    pairs += [Pair(first, second, EDITED) for first, second in combinations(edited, 2)]
    pairs += [
        Pair(first, second, CONSENSUS)
        for first in original
        for second in consensus
        if first.kind == AUTOMATIC or second.reader == reference
    ]
    return [pair for pair in pairs if reference in (None, pair.first.reader, pair.second.reader)]
