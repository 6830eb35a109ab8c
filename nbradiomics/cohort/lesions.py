"""Combine several lesions of one subject into one row by a rule.

Lesions are rows of the cohort table that differ only in `roi`. The rules are:

``union``
    The lesions of a scan are united for each reader.
``largest``
    The lesion with the largest volume (mean over the readers who drew it) is used, so that it is the
    same lesion for every reader.
``roi``
    Every lesion has a separate row.
``components``
    Every connected component of a mask (26 neighbours) above a minimum volume has a separate row, numbered
    by decreasing volume (`components.py`). Components of different readers cannot be matched: the rule is for
    features, and stages that compare readers refuse it.

Derived regions (`derived_regions.py`: habitats, rings, rims and cores) are no lesions: each keeps its row
whatever the rule, and is never united with anything.

By default lesions are united. But regions that a batch table distinguishes only by label are not lesions of
one kind; each has a separate row, as in PyRadiomics' command.

The masks of the model do not distinguish lesions. If the readers drew one region, the model's mask is of
this region, whatever its rows call it. If they drew several lesions, ``union`` uses the whole mask of the
model, and the other rules refuse it.
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
from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.cohort.schema import INDEPENDENT
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.tables import AUTO

if TYPE_CHECKING:
    import pandas as pd

LesionRule = Literal["union", "largest", "roi", "components"]
UNION: LesionRule = "union"
COMPONENTS: LesionRule = "components"


def lesion_rule(requested: LesionRule | None, table: pd.DataFrame) -> LesionRule:
    """The requested rule; by default ``roi`` for regions named after labels, ``union`` for all others."""
    return requested or ("roi" if regions_are_labels(table) else UNION)


def whole_rule(rule: LesionRule) -> LesionRule:
    """The rule for comparing masks in a study; ``union`` if its features are those of components."""
    return UNION if rule == COMPONENTS else rule


def least_volume(rule: str, requested: float | None) -> float:
    """Minimum volume of a component in millilitres; refuse an invalid volume, or one for another rule."""
    if requested is None:
        return MINIMUM_ML
    if rule != COMPONENTS:
        raise InputError(
            f"a minimum volume of components is given, but the rule for lesions is {rule!r}.",
            f"Use the rule {COMPONENTS!r}, or leave out the volume.",
        )
    if not 0 <= requested < float("inf"):
        raise InputError(
            f"the minimum volume of a component is {requested} ml; 0 or more was expected.",
            "Give a volume in millilitres.",
        )
    return requested


def measured_cases(
    cohort: Cohort, requested: LesionRule | None = None, *, label: int = 1, minimum_ml: float | None = None
) -> list[Case]:
    """List the cases whose features are computed, one per row.

    Parameters
    ----------
    cohort
        The cohort with the masks.
    requested
        Rule for several lesions, see the docstring of this module; ``None`` as in `lesion_rule`.
    label
        As in `apply_lesion_rule`.
    minimum_ml
        Minimum volume of a component in millilitres, for the rule ``components``; 0.1 by default.

    Returns
    -------
    list of Case
        As from `apply_lesion_rule`. With the rule ``components`` the `roi` is ``component-1`` ..., after the
        region's name if the cohort has several regions. A mask without such a component, or one that cannot
        be read, has one case, which then fails with the reason.
    """
    rule = lesion_rule(requested, cohort.table)
    minimum = least_volume(rule, minimum_ml)
    cases = cohort.cases()
    if rule != COMPONENTS:
        return apply_lesion_rule(cases, rule, label=label)
    drawn, derived = divided(cases)
    regions = {case.roi for case in drawn if case.reader != AUTO}
    require_lesions_told_apart(rule, regions, with_model=AUTO in cohort.readers())
    several = len(regions) > 1
    parts = [
        part for case in drawn for part in _components(case, minimum, label, case.roi if several else None)
    ]
    return parts + derived


def _components(case: Case, minimum: float, label: int, region: str | None) -> list[Case]:
    try:
        volumes = component_volumes(read_case_region(case, label))
    except NbradiomicsError:
        volumes = []  # the stage reports the reason
    large = sum(reaches(volume, minimum) for volume in volumes)
    small = volumes[large:] if large else []
    component = Component(1, minimum, len(small), sum(small))
    parts = [replace(case, roi=component_region(1, region), component=component)]
    return parts + [
        replace(case, roi=component_region(number, region), component=Component(number, minimum))
        for number in range(2, large + 1)
    ]


def apply_lesion_rule(cases: list[Case], rule: str = "union", *, label: int = 1) -> list[Case]:
    """Reduce the cases of a cohort by a rule for several lesions.

    Parameters
    ----------
    cases
        As from `Cohort.cases`.
    rule
        ``union``, ``largest`` or ``roi``.
    label
        Label of masks for which the cohort table has no label (used for the volumes).

    Returns
    -------
    list of Case
        With ``union`` and ``largest``, every row of a cohort with several regions gets the `roi` ``union`` or
        ``largest``; a cohort of one region keeps its name.

    Raises
    ------
    InputError
        For an unknown rule, for ``components``, or for masks of the model with several lesions if the rule
        needs separate lesions.
    """
    if rule == COMPONENTS:
        raise InputError(
            f"the rule {COMPONENTS!r} is for features only: the components of different readers cannot be "
            "matched.",
            f"Use the rule {UNION!r} here, or give each lesion a row with its own `roi`.",
        )
    if rule not in get_args(LesionRule):
        known = ", ".join(get_args(LesionRule))
        raise InputError(f"unknown rule for lesions {rule!r}.", f"Use one of {known}.")
    drawn, parts = divided(cases)
    manual = [case for case in drawn if case.reader != AUTO]
    regions = {case.roi for case in manual}
    require_lesions_told_apart(rule, regions, with_model=len(manual) < len(drawn))
    if len(regions) < 2:
        return _of_one_region(drawn, regions) + parts
    if rule == "roi":
        return cases
    return (_united(drawn) if rule == UNION else _largest(drawn, label)) + parts


def divided(cases: list[Case]) -> tuple[list[Case], list[Case]]:
    """Divide cases into drawn regions (lesions) and derived ones, by the names of their regions."""
    drawn = [case for case in cases if not is_derived(case.roi)]
    return drawn, [case for case in cases if is_derived(case.roi)]


def require_lesions_told_apart(rule: str, regions: set[str], *, with_model: bool) -> None:
    """Refuse a rule that needs separate lesions if the model's masks are among the cases.

    Parameters
    ----------
    rule
        As in `apply_lesion_rule`.
    regions
        Values of `roi` of the readers' masks.
    with_model
        Whether the cases include masks of the model.
    """
    if rule != UNION and with_model and len(regions) > 1:
        raise InputError(
            f"the rule {rule!r} needs separate lesions, which the masks of {AUTO!r} do not have.",
            "Use the rule `union`, or leave out the model's masks.",
        )


def _of_one_region(cases: list[Case], regions: set[str]) -> list[Case]:
    """Name the region of the model's masks after the single region that the readers drew."""
    model_regions = {case.roi for case in cases if case.reader == AUTO}
    if len(model_regions) != 1 or len(regions) != 1:
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
    # A union with an edited lesion is not an independent reading.
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
    # A lesion without a readable mask might be the largest: if it is chosen, the stage fails and reports the
    # reason; if it were ignored, a smaller lesion would silently replace it.
    return float(np.mean(readable)) if readable else float("inf")


def _volume(case: Case, label: int) -> float:
    """Volume in mm3; NaN for a mask that cannot be read."""
    try:
        region = read_case_region(case, label)
    except NbradiomicsError:
        return float("nan")
    return float(np.count_nonzero(sitk.GetArrayViewFromImage(region)) * np.prod(region.GetSpacing()))
