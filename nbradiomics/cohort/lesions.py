"""Several lesions of one subject become one row, by a stated rule.

Lesions are rows of the cohort table that differ in `roi` alone. The rules:

``union``
    The lesions of a scan are united, reader by reader.
``largest``
    The lesion with the largest volume, taken as the mean over the readers who drew it, so that it is
    the same lesion for every reader.
``roi``
    Every lesion keeps a row of its own.
``components``
    Every connected component of a mask (26 neighbours) above a least volume gets a row of its own, numbered
    by falling volume (`components.py`). Which component of one reader is which of another is not known: the
    rule is for features, and stages that hold readers against each other refuse it.

Unless a rule is asked for, lesions are united; regions that a batch table tells apart by label alone are no
lesions of one kind, and keep a row each, as PyRadiomics' command gives them.

The masks of the model do not tell lesions apart. Where the readers drew one region, the model's is that one,
whatever its rows call it. Beside several lesions, ``union`` takes them whole and
the other two rules refuse them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import SimpleITK as sitk

from nbradiomics.cohort.batch_table import regions_are_labels
from nbradiomics.cohort.case_region import read_case_region
from nbradiomics.cohort.cohort import Case, Cohort, Component, Scan
from nbradiomics.cohort.components import MINIMUM_ML, component_region, component_volumes, reaches
from nbradiomics.cohort.schema import INDEPENDENT
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.tables import AUTO

if TYPE_CHECKING:
    import pandas as pd

LesionRule = Literal["union", "largest", "roi", "components"]
UNION: LesionRule = "union"
COMPONENTS: LesionRule = "components"


def lesion_rule(asked: LesionRule | None, table: pd.DataFrame) -> LesionRule:
    """The rule that is asked for; else ``roi`` for regions that are labels, and ``union`` for all others."""
    return asked or ("roi" if regions_are_labels(table) else UNION)


def whole_rule(rule: LesionRule) -> LesionRule:
    """The rule by which masks are held against masks in a study whose features are those of components."""
    return UNION if rule == COMPONENTS else rule


def least_volume(rule: str, asked: float | None) -> float:
    """Least volume of a component in millilitres; refuse one that is no volume, or given for another rule."""
    if asked is None:
        return MINIMUM_ML
    if rule != COMPONENTS:
        raise InputError(
            f"a least volume of components is given, and the rule for lesions is {rule!r}.",
            f"Ask for the rule {COMPONENTS!r}, or leave out the volume.",
        )
    if not 0 <= asked < float("inf"):
        raise InputError(
            f"the least volume of a component is {asked} ml.", "Give a number from 0 on, in millilitres."
        )
    return asked


def measured_cases(
    cohort: Cohort, asked: LesionRule | None = None, *, label: int = 1, minimum_ml: float | None = None
) -> list[Case]:
    """Cases whose features are computed: a row each.

    Parameters
    ----------
    cohort
        Which masks.
    asked
        Rule for several lesions, see the head of this module; ``None`` as in `lesion_rule`.
    label
        As in `apply_lesion_rule`.
    minimum_ml
        Least volume of a component in millilitres, for the rule ``components``; 0.1 unless given.

    Returns
    -------
    list of Case
        As `apply_lesion_rule` gives it. Under ``components`` the `roi` is ``component-1`` ..., with the
        region's name before it where the cohort has several. A mask without such a component, or that cannot
        be read, keeps one case, which then fails with the reason.
    """
    rule = lesion_rule(asked, cohort.table)
    least = least_volume(rule, minimum_ml)
    cases = cohort.cases()
    if rule != COMPONENTS:
        return apply_lesion_rule(cases, rule, label=label)
    regions = {case.roi for case in cases if case.reader != AUTO}
    require_lesions_told_apart(rule, regions, with_model=AUTO in cohort.readers())
    several = len(regions) > 1
    return [part for case in cases for part in _components(case, least, label, case.roi if several else None)]


def _components(case: Case, least: float, label: int, region: str | None) -> list[Case]:
    try:
        volumes = component_volumes(read_case_region(case, label))
    except NbradiomicsError:
        volumes = []  # the stage says why
    large = sum(reaches(volume, least) for volume in volumes)
    small = volumes[large:] if large else []
    component = Component(1, least, len(small), sum(small))
    parts = [replace(case, roi=component_region(1, region), component=component)]
    return parts + [
        replace(case, roi=component_region(number, region), component=Component(number, least))
        for number in range(2, large + 1)
    ]


def apply_lesion_rule(cases: list[Case], rule: str = "union", *, label: int = 1) -> list[Case]:
    """Reduce the cases of a cohort by a rule for several lesions.

    Parameters
    ----------
    cases
        As `Cohort.cases` gives them.
    rule
        ``union``, ``largest`` or ``roi``.
    label
        Label of masks for which the cohort table names none (used to weigh volumes).

    Returns
    -------
    list of Case
        Under ``union`` and ``largest`` a cohort of several regions gets the `roi` ``union`` or
        ``largest`` in every row; a cohort of one region keeps its name.

    Raises
    ------
    InputError
        For an unknown rule, for ``components``, or for masks of the model beside several lesions where the
        rule needs to tell them apart.
    """
    if rule == COMPONENTS:
        raise InputError(
            f"the rule {COMPONENTS!r} is for features alone: which component of one reader is which of "
            "another is not known.",
            f"Use the rule {UNION!r} here, or give each lesion a row with a `roi` of its own.",
        )
    if rule not in get_args(LesionRule):
        known = ", ".join(get_args(LesionRule))
        raise InputError(f"unknown rule for lesions {rule!r}.", f"Use one of {known}.")
    manual = [case for case in cases if case.reader != AUTO]
    regions = {case.roi for case in manual}
    require_lesions_told_apart(rule, regions, with_model=len(manual) < len(cases))
    if len(regions) < 2:
        return _of_one_region(cases, regions)
    if rule == "roi":
        return cases
    return _united(cases) if rule == UNION else _largest(cases, label)


def require_lesions_told_apart(rule: str, regions: set[str], *, with_model: bool) -> None:
    """Refuse a rule that needs to tell lesions apart where the model's masks are among the cases.

    Parameters
    ----------
    rule
        As in `apply_lesion_rule`.
    regions
        Values of `roi` of the readers' masks.
    with_model
        Whether there are masks of the model.
    """
    if rule != UNION and with_model and len(regions) > 1:
        raise InputError(
            f"the rule {rule!r} needs lesions told apart, and the masks of {AUTO!r} do not.",
            "Use the rule `union`, or leave the model's masks out.",
        )


def _of_one_region(cases: list[Case], regions: set[str]) -> list[Case]:
    """The model's masks are of the one region that the readers drew, whatever their rows call it."""
    own = {case.roi for case in cases if case.reader == AUTO}
    if len(own) != 1 or len(regions) != 1:
        return cases
    (roi,) = regions
    return [replace(case, roi=roi) if case.reader == AUTO else case for case in cases]


def _united(cases: list[Case]) -> list[Case]:
    groups: dict[tuple[Scan, str, int], list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.scan, case.reader, case.reading].append(case)
    return [_union_of(group) for group in groups.values()]


def _union_of(cases: list[Case]) -> Case:
    first = cases[0]
    # A union of which one lesion was edited is no independent reading.
    kind = next((case.kind for case in cases if case.kind != INDEPENDENT), first.kind)
    return replace(first, roi=UNION, masks=tuple(mask for case in cases for mask in case.masks), kind=kind)


def _largest(cases: list[Case], label: int) -> list[Case]:
    volumes: dict[Scan, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        volumes[case.scan][case.roi].append(_volume(case, label))
    chosen = {scan: _roi_of_largest(rois) for scan, rois in volumes.items()}
    return [replace(case, roi="largest") for case in cases if case.roi == chosen[case.scan]]


def _roi_of_largest(volumes: dict[str, list[float]]) -> str:
    return max(volumes, key=lambda roi: _mean(volumes[roi]))


def _mean(volumes: list[float]) -> float:
    readable = [volume for volume in volumes if not np.isnan(volume)]
    # A lesion whose every mask is unreadable might be the largest: choosing it lets the stage fail and say
    # so, where passing it over would put a smaller lesion's numbers in its place.
    return float(np.mean(readable)) if readable else float("inf")


def _volume(case: Case, label: int) -> float:
    """Volume in mm3; NaN for a mask that cannot be read."""
    try:
        region = read_case_region(case, label)
    except NbradiomicsError:
        return float("nan")
    return float(np.count_nonzero(sitk.GetArrayViewFromImage(region)) * np.prod(region.GetSpacing()))
