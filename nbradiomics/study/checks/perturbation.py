"""Check the section `perturbation` of a study, before anything is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from nbradiomics.cohort.chosen_masks import chosen_rows
from nbradiomics.errors import InputError
from nbradiomics.features.parameters import Parameters
from nbradiomics.features.parameters.single_masks import require_single_masks
from nbradiomics.files.regular_file import is_regular
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.perturbation import ORIGINAL, Variant, read_chain
from nbradiomics.reproducibility import arrange
from nbradiomics.study.checks.chosen_masks import few_subjects, unknown_training
from nbradiomics.study.checks.masks_to_come import masks_to_come, with_regions_to_come
from nbradiomics.study.perturbation import PERTURBATION, chain_file
from nbradiomics.study.study import Study
from nbradiomics.tables import RowsOfReader

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

    file = chain_file(section)
    if file is not None and not is_regular(file):
        return []  # reported with the file of the study
    checked(f"{PERTURBATION}.chain", lambda: memory_chain(section.chain, study.seed))
    if parameters is not None:
        remedy = "Use crop: mask, or leave out the section `perturbation`."
        checked("extract.params", lambda: require_single_masks(parameters, remedy))
    checked(_STUDY, lambda: _require_its_features(study))
    masks = masks_to_come(study, table)
    if not problems and not table.empty:
        checked(PERTURBATION, lambda: chosen_rows(masks, section, study.asked_lesions))
    if not problems and not table.empty:
        rows = chosen_rows(masks, section, study.asked_lesions)
        rows = with_regions_to_come(study, rows, table)
        variants = memory_chain(section.chain, study.seed)
        checked(_STUDY, lambda: _require_comparable(study, rows, variants))
        problems += few_subjects(rows, study.reproducibility.min_subjects, path, PERTURBATION)
        problems += unknown_training(study, rows, path, PERTURBATION)
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
