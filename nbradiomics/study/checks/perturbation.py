"""Check the section `perturbation` of a study, before anything is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from nbradiomics.cohort.chosen_masks import chosen_rows
from nbradiomics.cohort.in_training import unknown_sentence, unknown_subjects
from nbradiomics.errors import InputError
from nbradiomics.features.parameters import UNION, Parameters
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.messages.wording import counted
from nbradiomics.perturbation import ORIGINAL, Variant, read_chain
from nbradiomics.reproducibility import arrange
from nbradiomics.reproducibility.reasons import TOO_FEW
from nbradiomics.study.checks.masks_to_come import masks_to_come, with_regions_to_come
from nbradiomics.study.perturbation import PERTURBATION
from nbradiomics.study.study import Study
from nbradiomics.tables import AUTO, RowsOfReader

_STUDY = f"reproducibility.studies.{PERTURBATION}"


def check_perturbation(
    study: Study, table: pd.DataFrame, path: Path, parameters: Parameters | None
) -> list[Problem]:
    """List problems of the section: chain, masks, parameters, and its study of reproducibility.

    Parameters
    ----------
    study
        The study.
    table
        Its cohort table; empty if it cannot be read.
    path
        The study file.
    parameters
        Parameters of the extraction; ``None`` if they are invalid, which another check reports.
    """
    section, problems = study.perturbation, list[Problem]()
    if section is None:
        return []

    def checked(column: str, check: Callable[[], object]) -> None:
        try:
            check()
        except InputError as error:
            problems.append(problem_of(error, path, column))

    checked(f"{PERTURBATION}.chain", lambda: memory_chain(section.chain, study.seed))
    if parameters is not None:
        checked("extract.params", lambda: _require_single_masks(parameters))
    checked(_STUDY, lambda: _require_its_features(study))
    masks = masks_to_come(study, table)
    if not problems and not table.empty:
        checked(PERTURBATION, lambda: chosen_rows(masks, section, study.asked_lesions))
    if not problems and not table.empty:
        rows = chosen_rows(masks, section, study.asked_lesions)
        rows = with_regions_to_come(study, rows, table)
        variants = memory_chain(section.chain, study.seed)
        checked(_STUDY, lambda: _require_comparable(study, rows, variants))
        problems += [*_few(study, rows, path), *_unknown_training(study, rows, path)]
    return problems


def memory_chain(chain: str, seed: int) -> list[Variant]:
    """Read a chain whose variants are made in memory.

    Raises
    ------
    InputError
        As in `perturbation.read_chain`, or when it has simulated readers.
    """
    variants = read_chain(chain, seed)
    if any(variant.reader for variant in variants):
        raise InputError(
            f"the chain {chain} has simulated readers, which cannot be made in memory.",
            "Leave out S (`readers`); or write the variants with `nbradiomics perturb`, extract them, and "
            "name the feature table in a study of the section `reproducibility`.",
        )
    return variants


def _require_single_masks(parameters: Parameters) -> None:
    if parameters.own.crop == UNION:
        raise InputError(
            f"{parameters.name} has crop: union, so that the features of a mask depend on other masks.",
            "Use crop: mask, or leave out the section `perturbation`.",
        )


def _require_its_features(study: Study) -> None:
    """Refuse a study of this name with another table: the variants would be made for nothing."""
    own = study.reproducibility.studies[PERTURBATION]
    file = own.table or own.features
    if file is not None:
        raise InputError(
            f"the study {PERTURBATION} names the table {file}, so that the variants of the section "
            f"`{PERTURBATION}` would not be used.",
            "Leave out the table, or give the study another name.",
        )


def _require_comparable(study: Study, rows: pd.DataFrame, variants: Sequence[Variant]) -> None:
    own = study.reproducibility.studies[PERTURBATION]
    names = [ORIGINAL, *(variant.name for variant in variants)]
    keys = rows[["subject", "timepoint", "sequence", "roi", "reader", "reading"]].drop_duplicates()
    index = pd.concat([keys.assign(variant=name) for name in names], ignore_index=True)
    arrange(index, own.across, own.levels, own.part(RowsOfReader))


def _few(study: Study, rows: pd.DataFrame, path: Path) -> list[Problem]:
    subjects, least = rows["subject"].nunique(), study.reproducibility.min_subjects
    if subjects >= least:
        return []
    found = f"{counted(subjects, 'subject')} to perturb; {least} {TOO_FEW} for a stable feature."
    remedy = "Give more subjects: no feature can pass a test of its variants."
    return [Problem(str(path), "", PERTURBATION, "warning", found, remedy)]


def _unknown_training(study: Study, rows: pd.DataFrame, path: Path) -> list[Problem]:
    """Warn of automatic masks of subjects that the model may have been trained on."""
    if set(rows["reader"]) != {AUTO} or study.segment is not None:
        return []  # a model that the study runs says itself on whom it was trained
    found = unknown_sentence(unknown_subjects(rows), rows["subject"].nunique())
    remedy = "Write yes or no in the column in_training of the cohort table; yes is left out."
    return [Problem(str(path), "", f"{PERTURBATION}.reader", "warning", found, remedy)] if found else []
