"""Which subjects each fold of a cross-validation learned from, as prints that name nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbradiomics.cohort.fitted_names import name_prints
from nbradiomics.outcome.stored import digest_of

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.fold_result import FoldResult


def learned_from(data: OutcomeData, results: Sequence[FoldResult]) -> dict[str, Any]:
    """Say which subjects were in the rows that each fold was fitted to.

    Stability, harmonisation, filling in, scaling, filters, selection, penalty and coefficients of a fold are
    fitted to the same rows, so one hash speaks of all of them. It is made of the rows that came out of the
    fitted columns, not of the plan of the folds: that the two agree is what an audit checks.

    Returns
    -------
    dict
        ``salt`` (of the prints, the same as that of ``model.zip``) and ``folds``: ``repeat, fold, models,
        subjects`` (number) and ``sha256`` (`set_print` of the subjects) of each set of rows.
    """
    salt = salt_of(data)
    prints = prints_by_name(data.subjects, salt)
    sets: dict[tuple[int, int, str, int], list[str]] = {}
    for result in results:
        learned = set(result.learned)
        key = (result.repeat, result.fold, set_print(prints[name] for name in learned), len(learned))
        sets.setdefault(key, []).append(result.model)
    folds = [
        {"repeat": repeat, "fold": fold, "models": models, "subjects": number, "sha256": digest}
        for (repeat, fold, digest, number), models in sorted(sets.items())
    ]
    return {"salt": salt, "folds": folds}


def salt_of(data: OutcomeData) -> str:
    """Salt of the prints of the names: a hash of the data, so that two analyses cannot be compared."""
    return digest_of(data)[:32]


def prints_by_name(names: Iterable[str], salt: str) -> Mapping[str, str]:
    """Print of each name (`cohort.fitted_names`)."""
    return {name: name_prints([name], [salt])[0] for name in names}


def set_print(prints: Iterable[str]) -> str:
    """SHA-256 of the prints of a set of subjects; their order does not matter."""
    return hashlib.sha256("/".join(sorted(prints)).encode()).hexdigest()
