"""Which subjects fit a step that is fitted to images or tables, and to whom it is applied."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from nbradiomics.cohort.in_training import require_known
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Names

#: Name of the only part of a plan with named subjects.
NAMED = "named"


class FittingSubjects(Settings):
    """Whose data fit a step: named subjects, or each subject's by those of others."""

    fit_on: Names | None = Field(
        default=None,
        description="Subjects whose data fit what is fitted; it is applied to all subjects, and outcome "
        "models are not evaluated on the named ones. Default: cross-fitting, see `fit_folds`.",
    )
    fit_folds: Annotated[int, Field(ge=2)] = Field(
        default=5,
        description="Folds of the cross-fitting: the subjects of each fold get what was fitted on the "
        "subjects of all other folds, so that no subject's own data decide about it.",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.fit_on is not None and "fit_folds" in self.model_fields_set:
            raise ValueError(
                "fit_on names the subjects who fit, so that there are no folds: leave out fit_on or fit_folds"
            )
        return self


class FittingPart(NamedTuple):
    """One fit: its name, the subjects whose data are used, and those to whom it is applied; both sorted."""

    name: str
    fitted_on: tuple[str, ...]
    applied_to: tuple[str, ...]


class FittingPlan(NamedTuple):
    """The fits of a cohort.

    Attributes
    ----------
    parts
        Each subject of the cohort is in `applied_to` of exactly one part.
    note
        A sentence about named subjects that are not in the cohort; empty if there is none.
    """

    parts: tuple[FittingPart, ...]
    note: str = ""

    @property
    def fitted(self) -> frozenset[str]:
        """Subjects whose own data fit what is applied to them."""
        return frozenset(
            name for part in self.parts for name in part.fitted_on if name in set(part.applied_to)
        )


def fitting_plan(
    subjects: Iterable[str],
    settings: FittingSubjects,
    *,
    seed: int = 0,
    sites: Mapping[str, str] | None = None,
    least: int = 2,
) -> FittingPlan:
    """Divide the subjects of a cohort into those who fit and those to whom the fit is applied.

    Parameters
    ----------
    subjects
        Subjects of the cohort; repeated names count once.
    settings
        Named subjects, or the number of folds (at most the number of subjects).
    seed
        Seed of the folds. The folds depend on the names, not on their order.
    sites
        Site of subjects, as far as known: each fold gets an equal share of the subjects of each site.
    least
        Smallest number of subjects of a fit.

    Raises
    ------
    InputError
        When a named subject is probably misspelt, or a fit would have fewer than `least` subjects.
    """
    known = sorted(set(subjects))
    if settings.fit_on is not None:
        note = require_known(settings.fit_on, known)
        named = tuple(sorted(set(settings.fit_on) & set(known)))
        _require_enough(len(named), least, "subjects of fit_on that are in the cohort")
        return FittingPlan((FittingPart(NAMED, named, tuple(known)),), note)
    folds = min(settings.fit_folds, len(known))
    _require_enough(
        len(known) - -(-len(known) // max(folds, 1)),
        least,
        "subjects of the other folds of the cross-fitting",
    )
    order = sorted(known, key=lambda name: ((sites or {}).get(name, ""), _drawn(name, seed)))
    parts = []
    for fold in range(folds):
        applied = set(order[fold::folds])
        fitted = tuple(name for name in known if name not in applied)
        parts.append(FittingPart(f"fold-{fold + 1}", fitted, tuple(sorted(applied))))
    return FittingPlan(tuple(parts))


def _require_enough(number: int, least: int, which: str) -> None:
    if number < least:
        raise InputError(
            f"a fit needs {counted(least, 'subject')} or more; {which}: {number}.",
            "Name more subjects in fit_on, or use a larger cohort.",
        )


def _drawn(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}/{name}".encode()).digest()
