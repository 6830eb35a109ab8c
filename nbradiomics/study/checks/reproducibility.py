"""Check the studies of reproducibility of a study file, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from nbradiomics.cohort.columns import SCAN
from nbradiomics.cohort.components import component_region
from nbradiomics.cohort.lesions import COMPONENTS, lesion_rule
from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.reproducibility import arrange, combine_rules, features_of_study
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.study.study import Study
from nbradiomics.tables import AUTO, DESCRIPTIVE, INDEX, RowsOfReader

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
        rules = [rule.text for rule in section.parsed if rule.study == name]
        try:
            if each.table is not None:
                _require_columns(each.table, name, rules)
            elif each.features is not None:
                given = features_of_study(each, None)
                arrange(given, each.across, each.levels, each.part(RowsOfReader))
            elif not table.empty:
                index = _index_to_come(study, table)
                arrange(index, each.across, each.levels, each.part(RowsOfReader))
        except InputError as error:
            problems.append(problem_of(error, path, f"{_SECTION}.{name}"))
    return problems


def _require_columns(file: Path, name: str, rules: Sequence[str]) -> None:
    if not file.is_file():
        return  # reported with the file of the study
    read = REPRODUCIBILITY.read(file)
    if rules:
        combine_rules({name: read}, rules)


def _index_to_come(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Return the index columns that the feature table of the run will have."""
    masks = table[table["mask"] != ""]
    if study.segment is not None:
        masks = pd.concat([masks, table.drop_duplicates(list(SCAN)).assign(reader=AUTO, reading=1)])
    rule = lesion_rule(study.asked_lesions, table)
    if rule == COMPONENTS:
        masks = masks.assign(roi=component_region(1))
    elif rule != "roi":
        masks = masks.assign(roi="union")
    known = [name for name in (*INDEX, *DESCRIPTIVE) if name in masks]
    return masks[known].drop_duplicates()
