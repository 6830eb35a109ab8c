"""Which sources of variation a table can tell apart: the random effects of a design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.reproducibility.variance.reml_layout import Codes, Layout, lay_out

#: Columns whose values are levels of a random effect; every further row of the same levels is a repetition.
FACTORS = ("site", "timepoint", "repeat", "reader", "variant")
SUBJECT, RESIDUAL = "subject", "residual"
#: All components, in the order of the table.
COMPONENTS = (SUBJECT, *FACTORS, *(f"{SUBJECT}_{name}" for name in FACTORS), RESIDUAL)
_DEPENDENT = 1e-9


@dataclass(frozen=True)
class Design:
    """The random effects of a table.

    Attributes
    ----------
    names
        Components, in the order of the estimates: within subjects, shared, residual.
    levels
        Number of levels of the subject and of each shared effect.
    merged
        Interactions of subject and factor that are not told apart from the other components, with the reason
        in words.
    layout
        The rows as REML needs them.
    """

    names: tuple[str, ...]
    levels: Mapping[str, int]
    merged: Mapping[str, str]
    layout: Layout


def components_text(name: str) -> str:
    """Name of a component in sentences: ``subject x reader`` for ``subject_reader``."""
    return name.replace("_", " x ")


def design_of(rows: pd.DataFrame, factors: Sequence[str], minimum: int) -> Design:
    """Choose the random effects of a table.

    Parameters
    ----------
    rows
        Column ``subject`` and a column for each factor, without missing values.
    factors
        Columns of `FACTORS` that vary.
    minimum
        Subjects that must have a second measurement of the same level of a factor before the interaction of
        subject and factor is told apart from the residual.

    Raises
    ------
    InputError
        When two sources of variation are the same in this table, or nothing is repeated.
    """
    main = {name: _codes(rows, [name]) for name in (SUBJECT, *factors)}
    _require_apart(main)
    within, merged = {SUBJECT: main[SUBJECT]}, dict[str, str]()
    for factor in factors:
        name, codes = f"{SUBJECT}_{factor}", _codes(rows, [SUBJECT, factor])
        several, repeated = _subjects_who(codes, main[SUBJECT])
        if not several:
            continue  # each level belongs to a subject, as a site does
        if min(several, repeated) < minimum or _dependent({**main, **within, name: codes}):
            merged[name] = (
                f"subjects measured twice or more with the same {factor}: {repeated}"
                if several >= minimum
                else f"subjects with several levels of {factor}: {several}"
            )
        else:
            within[name] = codes
    shared = {name: main[name] for name in factors}
    layout = lay_out(main[SUBJECT], list(within.values()), list(shared.values()))
    levels = {name: len(np.unique(codes)) for name, codes in main.items()}
    return Design((*within, *shared, RESIDUAL), levels, merged, layout)


def _codes(rows: pd.DataFrame, columns: Sequence[str]) -> Codes:
    codes: Codes = rows.groupby(list(columns), sort=True).ngroup().to_numpy().astype(np.int64)
    return codes


def _subjects_who(codes: Codes, subject: Codes) -> tuple[int, int]:
    """Count the subjects with several levels, and those with two rows or more of one level."""
    pairs = np.unique(np.stack([subject, codes]), axis=1)[0]
    several = int((np.bincount(pairs) > 1).sum())
    repeated = np.bincount(codes)[codes] > 1
    return several, len(np.unique(subject[repeated]))


def _require_apart(effects: Mapping[str, Codes]) -> None:
    same = _dependent(effects)
    if not same:
        return
    if set(same) == {SUBJECT, RESIDUAL}:
        raise InputError(
            "every subject has one row: nothing is repeated, and nothing can be told of its variation.",
            "Give a table with several rows of a subject: readers, readings, timepoints or variants.",
        )
    if same == (SUBJECT,):
        raise InputError(
            "there is only one subject, and no variation between subjects.",
            "Give a table of several subjects.",
        )
    named = " and ".join(name for name in same if name != RESIDUAL)
    which = f"{named} and what remains" if RESIDUAL in same else named
    first = next(name for name in same if name not in (SUBJECT, RESIDUAL))
    raise InputError(
        f"the rows cannot tell {which} apart: their levels change together.",
        f"Name the components without one of them, such as {first}; the other then contains both.",
    )


def _dependent(effects: Mapping[str, Codes]) -> tuple[str, ...]:
    """Effects, with the residual, of which one is a mixture of the others; empty if there are none.

    The variances can be told apart if the matrices "same level" of the effects, after the mean is removed,
    are linearly independent. Their inner products are sums over pairs of levels.
    """
    names = (*effects, RESIDUAL)
    rows = len(next(iter(effects.values())))
    codes = [*effects.values(), np.arange(rows)]
    products = np.array([[_product(one, other) for other in codes] for one in codes])
    size = np.sqrt(np.diag(products))
    if (size <= 0).any():
        return (names[int(np.argmin(size))],)
    values, vectors = np.linalg.eigh(products / np.outer(size, size))
    if values[0] > _DEPENDENT:
        return ()
    return tuple(name for name, part in zip(names, vectors[:, 0], strict=True) if abs(part) > 1e-6)


def _product(one: Codes, other: Codes) -> float:
    """Inner product of two matrices "same level", with rows and columns centred."""
    rows = len(one)
    first, second = np.bincount(one), np.bincount(other)
    both = np.unique(np.stack([one, other]), axis=1, return_counts=True)[1].astype(np.float64)
    mixed = float((first[one].astype(np.float64) * second[other]).sum())
    squares = float((first.astype(np.float64) ** 2).sum()) * float((second.astype(np.float64) ** 2).sum())
    return float((both**2).sum()) - 2 * mixed / rows + squares / rows**2
