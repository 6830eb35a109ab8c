"""Arrange the rows of a repeated measurement for REML.

The covariance of the rows of a subject depends only on their levels. So subjects with the same levels share
one small matrix, and of their values only the sums and the sums of products enter the likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Rows of all subjects in patterns: a pattern is a set of levels, shared by one subject or more.

    Subjects with fewer rows than the largest number are filled up with rows that are not there.

    Attributes
    ----------
    counts
        Subjects of each pattern, shape (patterns,).
    same
        For each random effect whose levels lie within one subject, and last for the residual: 1 where two
        rows have the same level, 0 elsewhere and for rows that are not there; shape (effects, patterns, rows,
        rows).
    columns
        A column of ones, then one column for each level of the effects that subjects share; 0 for rows that
        are not there; shape (patterns, rows, columns).
    effects
        Number of the shared effect of each column after the first, shape (columns - 1,).
    order, places
        Rows of the table in the order of this layout, and their place: subject and row.
    pattern
        Pattern of each subject.
    rows
        Number of rows.
    """

    counts: Floats
    same: Floats
    columns: Floats
    effects: Codes
    order: Codes
    places: tuple[Codes, Codes]
    pattern: Codes
    rows: int

    @property
    def within(self) -> int:
        """Number of effects within subjects, without the residual."""
        return len(self.same) - 1

    def sums(self, values: Floats) -> tuple[Floats, Floats]:
        """Sum the values, and their products, over the subjects of each pattern.

        Parameters
        ----------
        values
            Shape (features, rows), rows as in the table.

        Returns
        -------
        tuple
            Shapes (features, patterns, rows) and (features, patterns, rows, rows).
        """
        size = self.columns.shape[1]
        by_subject = np.zeros((len(values), len(self.pattern), size))
        by_subject[:, self.places[0], self.places[1]] = values[:, self.order]
        totals = np.zeros((len(values), len(self.counts), size))
        products = np.zeros((len(values), len(self.counts), size, size))
        for number in range(len(self.counts)):
            part = by_subject[:, self.pattern == number]
            totals[:, number] = part.sum(axis=1)
            products[:, number] = np.swapaxes(part, 1, 2) @ part
        return totals, products


def lay_out(subject: Codes, within: Sequence[Codes], shared: Sequence[Codes]) -> Layout:
    """Arrange rows by subject.

    Parameters
    ----------
    subject
        Number of the subject of each row, shape (rows,).
    within
        Level of each row for each effect whose levels lie within one subject (the subject itself is one).
    shared
        Level of each row for each effect whose levels several subjects share.
    """
    shared = [np.unique(codes, return_inverse=True)[1].astype(np.int64) for codes in shared]
    order = np.lexsort([*reversed(within), *reversed(shared), subject])
    person = np.unique(subject[order], return_inverse=True)[1]
    first = np.flatnonzero(np.diff(person, prepend=-1))
    place = np.arange(len(person)) - first[person]
    size, subjects = int(place.max()) + 1, int(person.max()) + 1
    levels = np.full((len(within) + len(shared), subjects, size), -1)
    for number, codes in enumerate(within):
        levels[number, person, place] = _numbered_in_subject(codes[order], person)
    for number, codes in enumerate(shared, start=len(within)):
        levels[number, person, place] = codes[order]
    present = np.zeros((1, subjects, size), dtype=levels.dtype)
    present[0, person, place] = 1
    signature = np.concatenate([levels, present]).transpose(1, 0, 2).reshape(subjects, -1)
    _, sample, pattern, counts = np.unique(
        signature, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    there = present[0][sample] == 1
    chosen = levels[:, sample]
    return Layout(
        counts=counts.astype(np.float64),
        same=_same(chosen[: len(within)], there),
        columns=_columns(chosen[len(within) :], shared, there),
        effects=np.repeat(np.arange(len(shared)), [int(codes.max()) + 1 for codes in shared]),
        order=order.astype(np.int64),
        places=(person.astype(np.int64), place.astype(np.int64)),
        pattern=pattern.ravel().astype(np.int64),
        rows=len(subject),
    )


def _numbered_in_subject(codes: Codes, person: Codes) -> Codes:
    """Number the levels of each subject by their first row: subjects of the same structure look alike."""
    numbered = np.zeros(len(codes), dtype=np.int64)
    for each in range(int(person.max()) + 1):
        rows = np.flatnonzero(person == each)
        _, first, inverse = np.unique(codes[rows], return_index=True, return_inverse=True)
        numbered[rows] = np.argsort(np.argsort(first))[inverse.ravel()]
    return numbered


def _same(levels: Codes, there: NDArray[np.bool_]) -> Floats:
    both = there[:, :, np.newaxis] & there[:, np.newaxis, :]
    equal = levels[:, :, :, np.newaxis] == levels[:, :, np.newaxis, :]
    residual = both & np.eye(there.shape[1], dtype=bool)
    return np.concatenate([equal & both, residual[np.newaxis]]).astype(np.float64)


def _columns(levels: Codes, shared: Sequence[Codes], there: NDArray[np.bool_]) -> Floats:
    parts = [there[:, :, np.newaxis]]
    for level, codes in zip(levels, shared, strict=True):
        parts.append((level[:, :, np.newaxis] == np.arange(int(codes.max()) + 1)) & there[:, :, np.newaxis])
    return np.concatenate(parts, axis=2).astype(np.float64)
