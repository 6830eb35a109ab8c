"""One batch column after the other: which batches are fitted, and what is done with the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.kinds import Codes, Flags, Numbers, SmallBatch, Unseen
from nbradiomics.harmonisation.one_column import Fit, Method, fit
from nbradiomics.messages.wording import counted, quoted, shortened


@dataclass(frozen=True)
class Rules:
    """What is done with batches of few subjects, and with those that no training subject has."""

    unseen: Unseen
    small_batch: SmallBatch
    least_subjects: int


class Design(NamedTuple):
    """Coded covariates of a table.

    Attributes
    ----------
    rows
        Number of rows.
    names
        The covariates.
    parts
        Columns of each covariate, shape (rows, columns).
    """

    rows: int
    names: tuple[str, ...]
    parts: tuple[Numbers, ...]

    @property
    def values(self) -> Numbers:
        """All columns together, shape (rows, columns)."""
        return np.hstack([np.empty((self.rows, 0)), *self.parts])

    def of(self, rows: Flags) -> Design:
        """The design of some rows."""
        return Design(int(rows.sum()), self.names, tuple(part[rows] for part in self.parts))


class Treatment(NamedTuple):
    """What is done with a batch.

    Attributes
    ----------
    batch_column, batch
        Column and its level.
    subjects
        Distinct subjects (rows, if the table has no column `subject`).
    treatment
        ``fitted``, ``reference``, ``kept`` or ``estimated``.
    reason
        Why, if it is not fitted.
    """

    batch_column: str
    batch: str
    subjects: int
    treatment: str
    reason: str


@dataclass(frozen=True)
class Stage:
    """Estimates of one batch column, and the treatment of each training batch."""

    column: str
    fit: Fit
    treatments: tuple[Treatment, ...]
    rules: Rules

    def adjusted(self, values: Numbers, batches: pd.Series, subjects: pd.Series, design: Design) -> Numbers:
        """Harmonise all batches of a table, shape (subjects, features)."""
        found = values.copy()
        for treatment, rows in self.planned(batches, subjects):
            if treatment.treatment in ("kept", "reference"):
                continue
            own, covariates = values[rows], design.of(rows).values
            known = treatment.batch in self.fit.adjustments
            adjustment = None if known else self.fit.estimated(own, covariates, _numbered(subjects[rows]))
            found[rows] = self.fit.adjusted(own, treatment.batch, covariates, adjustment)
        found[:, self.fit.undefined] = np.nan
        return found

    def with_unseen(self, values: Numbers, batches: pd.Series, subjects: pd.Series, design: Design) -> Stage:
        """Keep the estimates of the unseen batches of a table, for other subjects of these batches."""
        adjustments, treatments = dict(self.fit.adjustments), list(self.treatments)
        for treatment, rows in self.planned(batches, subjects):
            if treatment.treatment == "estimated" and treatment.batch not in adjustments:
                own, covariates = values[rows], design.of(rows).values
                found = self.fit.estimated(own, covariates, _numbered(subjects[rows]))
                adjustments[treatment.batch] = found
                treatments.append(treatment)
        fit = replace(self.fit, adjustments=adjustments)
        return replace(self, fit=fit, treatments=tuple(treatments))

    def planned(self, batches: pd.Series, subjects: pd.Series) -> Iterator[tuple[Treatment, Flags]]:
        """What is done with each batch of a table, and its rows.

        Raises
        ------
        InputError
            When a batch has no training estimates and is refused.
        """
        known = {treatment.batch: treatment for treatment in self.treatments}
        refused = [batch for batch in _levels(batches) if batch not in known]
        if refused and self.rules.unseen == "refuse":
            raise InputError(
                f"{self.column} {_listed(refused)} has no training subject; the training subjects are from "
                f"{_listed(list(known))}.",
                "Leave these subjects out, or use unseen='estimate' (their own features, without any "
                "outcome, estimate their shift) or unseen='keep' (they are not harmonised).",
            )
        for batch in _levels(batches):
            rows = (batches == batch).to_numpy()
            number = int(subjects[rows].nunique())
            if batch in known:
                yield known[batch]._replace(subjects=number), rows
            else:
                yield self._unseen(batch, number), rows

    def _unseen(self, batch: str, number: int) -> Treatment:
        reason = "no training subject"
        if self.rules.unseen == "keep":
            return Treatment(self.column, batch, number, "kept", reason)
        if number < self.rules.least_subjects:
            raise InputError(
                f"{self.column} {batch!r} has no training subject, and only {counted(number, 'subject')} to "
                f"estimate its shift; at least {self.rules.least_subjects} were expected.",
                "Transform all subjects of a site together, leave them out, use unseen='keep', or lower "
                "least_subjects (docs/harmonisation.md says what that costs).",
            )
        return Treatment(self.column, batch, number, "estimated", reason)


class Request(NamedTuple):
    """What one batch column is fitted with."""

    column: str
    method: Method
    reference: str | None
    rules: Rules


def fit_stage(
    values: Numbers, batches: pd.Series, subjects: pd.Series, design: Design, request: Request
) -> Stage:
    """Estimate the batches of one column from training subjects.

    Raises
    ------
    InputError
        When a batch is too small, a covariate is determined by the batches, there are fewer subjects than
        columns of the design, or the reference batch has no subject.
    """
    treatments = tuple(_treatments(batches, subjects, request))
    names = tuple(treatment.batch for treatment in treatments if treatment.treatment != "kept")
    if not names:
        raise InputError(
            f"no batch of {request.column!r} has {request.rules.least_subjects} training subjects.",
            "Unite batches, choose another column, or lower least_subjects.",
        )
    rows = batches.isin(names).to_numpy()
    codes = pd.Categorical(batches[rows], categories=names).codes.astype(np.int64)
    chosen = design.of(rows)
    _require_told_apart(codes, chosen, request.column, len(names))
    numbered = _numbered(subjects[rows])
    estimates = fit(values[rows], codes, names, chosen.values, numbered, request.method, request.reference)
    return Stage(request.column, estimates, treatments, request.rules)


def _treatments(batches: pd.Series, subjects: pd.Series, request: Request) -> Iterator[Treatment]:
    levels = _levels(batches)
    if request.reference is not None and request.reference not in levels:
        raise InputError(
            f"the reference batch {request.reference!r} has no training subject; {request.column} has "
            f"{_listed(levels)}.",
            "Choose one of these.",
        )
    counts = {batch: int(subjects[(batches == batch).to_numpy()].nunique()) for batch in levels}
    small = [batch for batch in levels if counts[batch] < request.rules.least_subjects]
    if small and request.rules.small_batch == "refuse" and len(levels) > 1:
        raise InputError(
            f"{request.column} {_small(small, counts)}; at least {request.rules.least_subjects} for each "
            "batch were expected.",
            "Unite batches, leave them out, use small_batch='keep' (they are not harmonised) or 'harmonise', "
            "or lower least_subjects (docs/harmonisation.md says what that costs).",
        )
    for batch in levels:
        reason = f"fewer than {request.rules.least_subjects} training subjects" if batch in small else ""
        if batch == request.reference and not request.method.m_combat:
            yield Treatment(request.column, batch, counts[batch], "reference", "reference batch")
        elif batch in small and request.rules.small_batch == "keep" and batch != request.reference:
            yield Treatment(request.column, batch, counts[batch], "kept", reason)
        else:
            yield Treatment(request.column, batch, counts[batch], "fitted", reason)


def _require_told_apart(codes: np.ndarray, design: Design, column: str, batches: int) -> None:
    """Refuse covariates that are determined by the batches, and fewer subjects than columns."""
    columns = (codes[:, None] == np.arange(batches)).astype(np.float64)
    needed = batches + design.values.shape[1]
    if len(codes) <= needed:
        raise InputError(
            f"{counted(len(codes), 'training subject')} cannot estimate "
            f"{counted(batches, 'batch', 'batches')} of {column!r} with covariates: "
            f"more than {needed} were expected.",
            "Use fewer covariates, or unite batches and levels.",
        )
    earlier: list[str] = []
    for name, part in zip(design.names, design.parts, strict=True):
        columns = np.hstack([columns, part])
        if np.linalg.matrix_rank(columns, tol=1e-8 * np.sqrt(len(codes))) < columns.shape[1]:
            others = f" and the covariates {', '.join(earlier)}" if earlier else ""
            raise InputError(
                f"covariate {name!r} is determined by the batches of {column!r}{others}, so that its effect "
                "and theirs cannot be told apart.",
                "Leave the covariate out and say that batches and covariate are confounded: nothing in these "
                "data can separate them.",
            )
        earlier.append(name)


def _numbered(subjects: pd.Series) -> Codes:
    """Give each subject a number, shape (rows,)."""
    return np.asarray(pd.factorize(subjects)[0], dtype=np.int64)


def _levels(batches: pd.Series) -> list[str]:
    return sorted(set(batches))


def _listed(names: Sequence[str]) -> str:
    return shortened(map(quoted, names))


def _small(names: Sequence[str], counts: dict[str, int]) -> str:
    return shortened(f"{quoted(name)} has {counted(counts[name], 'training subject')}" for name in names)
