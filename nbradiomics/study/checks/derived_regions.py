"""Problems of the sections that derive regions from the drawn ones."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.cohort.derived_regions import is_derived
from nbradiomics.cohort.lesions import lesion_rule, whole_rule
from nbradiomics.messages.problem import Problem
from nbradiomics.rings.parts import part_names
from nbradiomics.rings.settings import RegionSettings
from nbradiomics.study.study import Study


def check_derived_regions(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    """Find derived regions that are there already, and outcome models that do not say which region they use.

    Parameters
    ----------
    study, path
        The study and its file.
    table
        Its cohort table.
    """
    there = sorted({roi for roi in table.loc[table["mask"] != "", "roi"] if is_derived(str(roi))})
    to_come = regions_to_come(study, table)
    twice = sorted(set(there) & set(to_come))
    problems = []
    if twice:
        found = f"the cohort table already has the regions {', '.join(twice)}."
        problems.append(Problem(str(path), "", "rois", "error", found, "Remove their rows, or the section."))
    known = [*there, *to_come]
    if known and study.outcome is not None and study.outcome.roi is None:
        found = (
            f"the features are those of lesions and of derived regions ({', '.join(known[:5])}), and each "
            "subject counts once, but the section does not say which region is used."
        )
        drawn = ", ".join(_drawn(study, table))
        remedy = f"Add `roi: {known[0]}`, or that of the lesions ({drawn}). Run one study for each region."
        problems.append(Problem(str(path), "", "outcome.roi", "error", found, remedy))
    return problems


def regions_to_come(study: Study, table: pd.DataFrame) -> list[str]:
    """Names of the regions that the study will derive, as far as they are known before it runs."""
    if study.rois is None:
        return []
    drawn = _drawn(study, table)
    prefixes = drawn if len(drawn) > 1 else [""]
    settings = RegionSettings(**study.rois.stated())
    return [name for prefix in prefixes for name in part_names(settings, prefix)]


def _drawn(study: Study, table: pd.DataFrame) -> list[str]:
    """Names of the lesions under the rule of the study."""
    rois = sorted({roi for roi in table.loc[table["mask"] != "", "roi"] if not is_derived(str(roi))})
    rule = whole_rule(lesion_rule(study.asked_lesions, table))
    return rois if rule == "roi" or len(rois) < 2 else [str(rule)]
