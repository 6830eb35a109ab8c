"""Which masks of a scan are compared with each other, and what such a pair tells.

===============  =========================================================================================
pair             the two masks
===============  =========================================================================================
``inter``        two readers', both drawn independently: what readers differ by
``auto``         the model's and a reader's independent one
``intra``        two independent readings of one reader
``edited``       one of the two is an edited automatic mask, which keeps near the automatic one: it flatters
                 the model, and stands apart from everything else
``consensus``    the second is a consensus of readers
===============  =========================================================================================

Between readers the first independent reading of each counts, and the first edited one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from nbradiomics.cohort import AUTOMATIC, Case
from nbradiomics.cohort.schema import INDEPENDENT

INTER, AUTO_PAIR, INTRA, EDITED, CONSENSUS = "inter", "auto", "intra", "edited", "consensus"
#: The kinds of pair, in the order in which they are told.
PAIRS = (AUTO_PAIR, INTER, INTRA, EDITED, CONSENSUS)


@dataclass(frozen=True)
class Pair:
    """Two masks of one scan and region; both are compared with the other, unless `one_way`.

    A consensus may have been made by the reader who is compared with it; it is a reference only.
    """

    first: Case
    second: Case
    kind: str

    @property
    def one_way(self) -> bool:
        """Whether the second is only a reference."""
        return self.kind == CONSENSUS

    def index(self, *, back: bool = False) -> dict[str, str | int]:
        """Columns that tell a row: first against second, or with `back` second against first."""
        mask, reference = (self.second, self.first) if back else (self.first, self.second)
        return {
            **mask.scan.index(),
            "roi": mask.roi,
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
        """What messages and the failures table call it."""
        return f"{self.first.name} against {self.second.reader}/{self.second.reading}"


def by_region(cases: Iterable[Case]) -> Iterator[list[Case]]:
    """Cases of one scan and region together, in the order of the cohort; readings ascend."""
    groups: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.scan.name, case.roi].append(case)
    for group in groups.values():
        yield sorted(group, key=lambda case: case.reading)


def first_readings(cases: Iterable[Case], *kinds: str) -> list[Case]:
    """The first reading of each reader among the cases of the given kinds."""
    chosen: dict[str, Case] = {}
    for case in cases:
        if case.kind in kinds:
            chosen.setdefault(case.reader, case)
    return list(chosen.values())


def pairs_of_region(cases: list[Case], *, reference: str | None = None) -> list[Pair]:
    """Every pair of masks of one scan and region.

    Parameters
    ----------
    cases
        Cases of one scan and region, readings ascending.
    reference
        Keep the pairs with this reader alone. A consensus that stands in the cohort as a reader is held
        against the model only, unless it is asked for here: readers may have made it themselves.
    """
    own = first_readings(cases, INDEPENDENT, AUTOMATIC)
    edited = first_readings(cases, EDITED)
    made = first_readings(cases, CONSENSUS)
    pairs = [
        Pair(first, second, AUTO_PAIR if AUTOMATIC in (first.kind, second.kind) else INTER)
        for first, second in combinations(own, 2)
    ]
    pairs += [
        Pair(first, second, INTRA)
        for first, second in combinations([case for case in cases if case.kind == INDEPENDENT], 2)
        if first.reader == second.reader
    ]
    pairs += [Pair(first, second, EDITED) for first in own for second in edited]
    pairs += [Pair(first, second, EDITED) for first, second in combinations(edited, 2)]
    pairs += [
        Pair(first, second, CONSENSUS)
        for first in own
        for second in made
        if first.kind == AUTOMATIC or second.reader == reference
    ]
    return [pair for pair in pairs if reference in (None, pair.first.reader, pair.second.reader)]
