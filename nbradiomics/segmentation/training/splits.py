"""Split training cases into folds: all scans of a subject on one side, every site in every fold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from nbradiomics.errors import InputError

#: A fold is validated on as many subjects at least.
SUBJECTS_PER_FOLD = 2


class Origin(NamedTuple):
    """Where a case comes from: its subject, and the hospital or scanner (empty where it is not known)."""

    subject: str
    site: str


class Split(NamedTuple):
    """Names of the cases that a fold is trained and validated on."""

    train: tuple[str, ...]
    validation: tuple[str, ...]


def split_cases(cases: Mapping[str, Origin], folds: int, *, seed: int = 0) -> list[Split]:
    """Split cases for a cross-validation, grouped by subject and stratified by site.

    The subjects of each site are shuffled and dealt to the folds in turn, one site after the other; a subject
    of several sites counts as a site of its own. So each case is validated once, no subject stands on both
    sides of a fold, and neither the subjects of a fold nor those of a site in it differ by more than one
    from fold to fold. (scikit-learn's ``StratifiedGroupKFold`` balances images instead of subjects, which
    leaves sites unbalanced where subjects have several, and refuses sites that are all smaller than the
    number of folds.)

    Parameters
    ----------
    cases
        Subject and site by the case's name.
    folds
        Number of folds, 2 or more.
    seed
        Equal seeds give equal splits of equal cases.

    Raises
    ------
    InputError
        With fewer than 2 folds, or than 2 subjects a fold.
    """
    sites = _sites(cases)
    if folds < 2:
        raise InputError(f"folds is {folds}; 2 or more were expected.", "Choose another number of folds.")
    if len(sites) < SUBJECTS_PER_FOLD * folds:
        raise InputError(
            f"{len(sites)} subjects for {folds} folds; at least {SUBJECTS_PER_FOLD} a fold were expected.",
            "Choose fewer folds, or add subjects.",
        )
    dealt = {subject: turn % folds for turn, subject in enumerate(_order(sites, seed))}
    fold_of = {name: dealt[subject] for name, (subject, _) in cases.items()}
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
    return {subject: tuple(sorted(found)) for subject, found in sites.items()}


def _order(sites: Mapping[str, tuple[str, ...]], seed: int) -> list[str]:
    """Subjects, shuffled within their site; the order of the table plays no part."""
    rng = np.random.default_rng(seed)
    order: list[str] = []
    for site in sorted(set(sites.values())):
        there: Sequence[str] = sorted(subject for subject, found in sites.items() if found == site)
        order += [there[index] for index in rng.permutation(len(there))]
    return order
