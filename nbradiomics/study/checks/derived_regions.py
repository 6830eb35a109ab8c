"""Problems of the sections that derive regions from the drawn ones."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.cohort.derived_regions import derived_name, is_derived
from nbradiomics.cohort.lesions import lesion_rule, whole_rule
from nbradiomics.habitats.diffusion.b_values import b_value_of
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
    problems = _channel_problems(study, table, path)
    if twice:
        found = f"the cohort table already has the regions {', '.join(twice)}."
        remedy = "Remove their rows, or the section that makes them."
        problems.append(Problem(str(path), "", "rois", "error", found, remedy))
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


def _channel_problems(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    """Channels that the sections `adc` and `habitats` need, and no scan has."""
    known = sorted(set(table["channel"]) - {""})
    listed = ", ".join(known) or "none"
    problems = []
    if study.adc is not None and study.adc.b_values is None and sum(map(_states_b_value, known)) < 2:
        found = f"no two channels are named by a b-value (channels: {listed})."
        remedy = "Name the channels of the diffusion images b0, b1000 ... in the cohort table."
        problems.append(Problem(str(path), "", "adc", "error", found, remedy))
    if study.habitats is None:
        return problems
    made = known if study.adc is None else [*known, "ADC"]
    missing = [name for name in study.habitats.channels or () if name not in made]
    if missing:
        found = f"no scan has the channel {', '.join(missing)} (channels: {', '.join(made) or 'none'})."
        remedy = "Name channels of the cohort table; the section `adc` makes ADC from diffusion images."
        problems.append(Problem(str(path), "", "habitats.channels", "error", found, remedy))
    if study.habitats.channels is None and len(made) > 1:
        found = f"the scans have several channels ({', '.join(made)}), and none is chosen."
        remedy = "Name those of the habitats, such as `channels: [ADC]`."
        problems.append(Problem(str(path), "", "habitats.channels", "error", found, remedy))
    return problems


def _states_b_value(channel: str) -> bool:
    return b_value_of(channel) is not None


def regions_to_come(study: Study, table: pd.DataFrame) -> list[str]:
    """Names of the regions that the study will derive, as far as they are known before it runs."""
    names: list[str] = []
    if study.habitats is not None:  # their number is not known yet, but there are two at least
        drawn = _drawn(study, table)
        prefixes = drawn if len(drawn) > 1 else [""]
        names += [derived_name("habitat", number, prefix) for prefix in prefixes for number in (1, 2)]
    if study.rois is not None:
        drawn = _drawn(study, table)
        prefixes = drawn if len(drawn) > 1 else [""]
        settings = RegionSettings(**study.rois.stated())
        names += [name for prefix in prefixes for name in part_names(settings, prefix)]
    return names


def _drawn(study: Study, table: pd.DataFrame) -> list[str]:
    """Names of the lesions under the rule of the study."""
    rois = sorted({roi for roi in table.loc[table["mask"] != "", "roi"] if not is_derived(str(roi))})
    rule = whole_rule(lesion_rule(study.asked_lesions, table))
    return rois if rule == "roi" or len(rois) < 2 else [str(rule)]
