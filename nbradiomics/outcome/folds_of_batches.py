"""Folds in which every batch has training subjects: a site of three is never held out as a whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nbradiomics.harmonisation.kinds import Codes


def spread_batches(
    fold_of: Codes, groups: Codes, batches: Sequence[Codes], rng: np.random.Generator
) -> Codes:
    """Exchange subjects between folds until no batch of two subjects or more is in one fold alone.

    A subject is exchanged for one of the same group, so that folds keep their numbers of events or classes.
    Where no batch is in one fold alone, nothing changes.

    Parameters
    ----------
    fold_of
        Fold of each subject, shape (subjects,).
    groups
        Group by which the folds are stratified, shape (subjects,); the same for all if they are not.
    batches
        Batch of each subject by each batch column, shape (subjects,).
    rng
        Random numbers.

    Returns
    -------
    numpy.ndarray
        Fold of each subject; a batch for whom no exchange exists stays where it is.
    """
    fold_of = fold_of.copy()
    for codes in batches:
        for code in np.unique(codes):
            members = np.flatnonzero(codes == code)
            if len(members) < 2 or len(np.unique(fold_of[members])) > 1:
                continue
            for one in rng.permutation(members):
                others = (groups == groups[one]) & (fold_of != fold_of[one])
                others &= ~_keepers(fold_of, batches)
                if others.any():
                    other = rng.choice(np.flatnonzero(others))
                    fold_of[[one, other]] = fold_of[[other, one]]
                    break
    return fold_of


def _keepers(fold_of: Codes, batches: Sequence[Codes]) -> np.ndarray:
    """Subjects whose batch has so few outside one fold that it needs them where they are."""
    needed = np.zeros(len(fold_of), dtype=bool)
    for codes in batches:
        for code in np.unique(codes):
            members = np.flatnonzero(codes == code)
            counts = np.bincount(fold_of[members])
            needed[members] |= bool((counts >= len(members) - 1).any())
    return needed
