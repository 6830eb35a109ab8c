"""Check the studies of reproducibility of a study file, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from nbradiomics.cohort.derived_regions import derived
from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.reproducibility import arrange, combine_rules, features_of_study
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.study.checks.derived_regions import regions_to_come
from nbradiomics.study.checks.masks_to_come import masks_to_come, with_regions_to_come
from nbradiomics.study.perturbation import PERTURBATION
from nbradiomics.study.study import Study
from nbradiomics.tables import DESCRIPTIVE, INDEX, RowsOfReader

_SECTION = "reproducibility.studies"


def check_reproducibility(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    """List problems of the studies: files that cannot be used, rows that the cohort does not have.

    Parameters
    ----------
    study
        The study.
    table
        Its cohort table; empty if it cannot be read.
    path
        The study file.
    """
    section, problems = study.reproducibility, list[Problem]()
    for name, each in section.studies.items():
        if name == PERTURBATION and study.perturbation is not None:
            continue  # of variants to come: `check_perturbation`
        rules = [rule.text for rule in section.parsed if rule.study == name]
        try:
            if each.table is not None:
                _require_columns(each.table, name, rules)
            elif each.features is not None:
                given = features_of_study(each, None)
                arrange(given, each.across, each.levels, each.part(RowsOfReader))
            elif not table.empty:
                index = _index_to_come(study, table, each.roi)
                arrange(index, each.across, each.levels, each.part(RowsOfReader))
        except InputError as error:
            problems.append(problem_of(error, path, f"{_SECTION}.{name}"))
    return [*problems, *_of_other_images(study, path)]


def _of_other_images(study: Study, path: Path) -> list[Problem]:
    """Warn of rules whose study measures another sequence or region than the outcome models use."""
    section, outcome = study.reproducibility, study.outcome
    ruled = {rule.study for rule in section.parsed}
    return [
        Problem(
            str(path),
            "",
            f"{_SECTION}.{name}.{key}",
            "warning",
            f"the rules about this study select features of {key} {measured!r}, and the outcome models use "
            f"{used!r}: a feature that is reproducible in one may not be in the other.",
            f"Use the same {key} in both, or leave out the rule.",
        )
        for name, each in section.studies.items()
        if outcome is not None and name in ruled
        for key in ("sequence", "roi")
        if (measured := getattr(each, key)) and (used := getattr(outcome, key)) and measured != used
    ]


def _require_columns(file: Path, name: str, rules: Sequence[str]) -> None:
    if not file.is_file():
        return  # reported with the file of the study
    read = REPRODUCIBILITY.read(file)
    if rules:
        combine_rules({name: read}, rules)


def _index_to_come(study: Study, table: pd.DataFrame, roi: str | None) -> pd.DataFrame:
    """Return the index columns that the feature table of the run will have.

    The number of habitats may not be known yet: one that `roi` names is taken to be there.
    """
    drawn = with_regions_to_come(study, masks_to_come(study, table), table)
    made = regions_to_come(study, table)
    named = derived(roi or "")
    if study.habitats is not None and named is not None and named.kind == "habitat":
        made.append(str(roi))
    masks = pd.concat([drawn, *(drawn.assign(roi=name) for name in made)], ignore_index=True)
    known = [name for name in (*INDEX, *DESCRIPTIVE) if name in masks]
    return masks[known].drop_duplicates()
