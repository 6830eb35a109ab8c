"""Check the studies of reproducibility of a study file, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.reproducibility import ReproducibilityStudy, arrange, combine_rules, features_of_study
from nbradiomics.reproducibility.schema import REPRODUCIBILITY
from nbradiomics.study.study import Study
from nbradiomics.tables import AUTO, RowsOfReader

_SECTION = "reproducibility.studies"


def check_reproducibility(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    """List problems of the studies: files that cannot be used, levels that the cohort does not have.

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
                _require_levels(each, _with_auto(table, model=study.segment is not None))
        except InputError as error:
            problems.append(problem_of(error, path, f"{_SECTION}.{name}"))
    return problems


def _require_columns(file: Path, name: str, rules: Sequence[str]) -> None:
    if not file.is_file():
        return  # reported with the file of the study
    read = REPRODUCIBILITY.read(file)
    if rules:
        combine_rules({name: read}, rules)


def _with_auto(table: pd.DataFrame, *, model: bool) -> pd.DataFrame:
    """Rows with masks, and one of the model if the study segments."""
    masks = table[table["mask"] != ""]
    return pd.concat([masks, masks.head(1).assign(reader=AUTO)]) if model else masks


def _require_levels(study: ReproducibilityStudy, masks: pd.DataFrame) -> None:
    """Require that the cohort table has the compared values."""
    across = study.across
    known = sorted(set(masks[across].astype(str)) - {""}) if across in masks else []
    for level in study.levels or ():
        if level not in known:
            raise InputError(
                f"the cohort table has no {across} {level!r}.",
                f"{did_you_mean(level, known)}It has: {', '.join(known) or 'none'}.",
            )
    compared = study.levels or [name for name in known if across != "reader" or name != AUTO]
    if len(set(compared)) < 2:
        raise InputError(
            f"values of {across} to compare: {', '.join(compared) or 'none'}; two or more are needed.",
            "Name a feature table that has them (features), or compare something else across.",
        )
    if study.reader is not None and study.reader not in set(masks["reader"]):
        raise InputError(
            f"the cohort table has no reader {study.reader!r}.",
            f"{did_you_mean(study.reader, set(masks['reader']))}Name a reader of the cohort.",
        )
