"""Split training cases into folds: no subject is in training and validation; sites are balanced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nbradiomics.errors import InputError

#: Fewest subjects on which a fold is validated.
SUBJECTS_PER_FOLD = 2


class Origin(NamedTuple):
    """Origin of a case: its subject, and the hospital or scanner (empty if unknown)."""

    subject: str
    site: str


class Split(NamedTuple):
    """Names of the cases that a fold is trained and validated on."""

    train: tuple[str, ...]
    validation: tuple[str, ...]


def split_cases(cases: Mapping[str, Origin], folds: int, *, seed: int = 0) -> list[Split]:
    """Split cases for a cross-validation, grouped by subject and stratified by site.

    The subjects of each site are shuffled and assigned to the folds in turn, one site after another; a
    combination of several sites for one subject counts as a separate site. So each case is validated once, no
    subject is in both training and validation of a fold, and the number of subjects of a fold, in total and
    per site, differs by at most one between folds. (scikit-learn's ``StratifiedGroupKFold`` balances images
    instead of subjects, which leaves sites unbalanced if subjects have several images, and refuses sites that
    are all smaller than the number of folds.)

    Parameters
    ----------
    cases
        Subject and site by the case's name.
    folds
        Number of folds, 2 or more.
    seed
        The same seed gives the same splits of the same cases.

    Raises
    ------
    InputError
        With fewer than 2 folds, or fewer than 2 subjects per fold.
    """
    sites = _sites(cases)
    if folds < 2:
        raise InputError(f"folds is {folds}; 2 or more were expected.", "Choose another number of folds.")
    if len(sites) < SUBJECTS_PER_FOLD * folds:
        raise InputError(
            f"{len(sites)} subjects for {folds} folds; at least {SUBJECTS_PER_FOLD} per fold were expected.",
            "Choose fewer folds, or add subjects.",
        )
    assigned = {subject: turn % folds for turn, subject in enumerate(_order(sites, seed))}
    fold_of = {name: assigned[subject] for name, (subject, _) in cases.items()}
    return [
        Split(
            train=tuple(name for name in cases if fold_of[name] != fold),
            validation=tuple(name for name in cases if fold_of[name] == fold),
        )
        for fold in range(folds)
    ]


def _sites(cases: Mapping[str, Origin]) -> dict[str, tuple[str, ...]]:
    """Sites of each subject."""
    sites: dict[str, set[str]] = defaultdict(set)
    for subject, site in cases.values():
        sites[subject].add(site)
    return {subject: tuple(sorted(names)) for subject, names in sites.items()}


def _order(sites: Mapping[str, tuple[str, ...]], seed: int) -> list[str]:
    """Subjects, shuffled within their site, independent of the order of the table."""
    rng = np.random.default_rng(seed)
    order: list[str] = []
    for site in sorted(set(sites.values())):
        subjects: Sequence[str] = sorted(subject for subject, names in sites.items() if names == site)
        order += [subjects[index] for index in rng.permutation(len(subjects))]
    return order
