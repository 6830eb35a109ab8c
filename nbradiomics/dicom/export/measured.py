"""Find the region behind a row of a feature table that is no mask: united masks, the largest, a component."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from nbradiomics.cohort import Case
from nbradiomics.cohort.cohort import Component
from nbradiomics.cohort.components import component_of
from nbradiomics.cohort.lesions import apply_lesion_rule
from nbradiomics.cohort.schema import INDEPENDENT

#: Names of the rows that the rules for several lesions make.
UNION, LARGEST = "union", "largest"


def largest_regions(cases: Sequence[Case], rois: Collection[str], label: int) -> list[Case]:
    """The largest lesion of every scan and reader, if a feature table has rows of them; reads all masks."""
    known = {case.roi for case in cases}
    return apply_lesion_rule(list(cases), LARGEST, label=label) if LARGEST in {*rois} - known else []


def measured_regions(cases: Sequence[Case], largest: Iterable[Case], rois: Iterable[str]) -> list[Case]:
    """Regions that are no mask of their own, but have rows in a feature table.

    Parameters
    ----------
    cases
        Masks of one scan, reader and reading.
    largest
        The largest lesion among them, if the feature table has rows of largest lesions.
    rois
        Values of `roi` in the rows of these masks in the feature table.

    Returns
    -------
    list of Case
        Named as the rows; rows of no region that can be known are left out.
    """
    by_name = {case.roi: case for case in cases}
    found = [_measured(roi, by_name, largest) for roi in rois if roi not in by_name]
    return [case for case in found if case is not None]


def _measured(roi: str, cases: dict[str, Case], largest: Iterable[Case]) -> Case | None:
    if roi == UNION:
        return _united(list(cases.values()))
    if roi == LARGEST:
        return next((case for case in largest), None)
    part = component_of(roi)
    if part is None:
        return None
    region, number = part
    whole = cases.get(region) if region else next(iter(cases.values())) if len(cases) == 1 else None
    # The row is proof of the volume: smaller components have none.
    return whole and replace(whole, roi=roi, component=Component(number, 0.0))


def _united(cases: list[Case]) -> Case:
    # A union with an edited lesion is no mask of a reader alone.
    kind = next((case.kind for case in cases if case.kind != INDEPENDENT), cases[0].kind)
    return replace(cases[0], roi=UNION, masks=tuple(mask for case in cases for mask in case.masks), kind=kind)
