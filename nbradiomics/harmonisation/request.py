"""The ComBat and the features that settings ask for."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.combat import ComBat
from nbradiomics.harmonisation.settings import Harmonise
from nbradiomics.tables.feature_kinds import shape_names


def harmonised_features(names: Sequence[str], asked: Harmonise) -> tuple[str, ...]:
    """Choose the features that are harmonised.

    Raises
    ------
    InputError
        When no feature matches the patterns.
    """
    if not asked.features:
        shapes = set(shape_names(names))
        return tuple(name for name in names if name not in shapes)
    chosen = tuple(name for name in names if any(fnmatchcase(name, each) for each in asked.features))
    if not chosen:
        raise InputError(
            f"no feature matches {', '.join(asked.features)}, which are to be harmonised.",
            "Give names or patterns of features, or leave them out for all features except shape.",
        )
    return chosen


def combat_of(asked: Harmonise) -> ComBat:
    """Make the unfitted transformer of some settings.

    A batch of few training subjects is harmonised: whether it is too small was decided before, by all of its
    subjects, so that folds do not differ in it. A missing or new value of a covariate has the average
    effect of the training subjects. All numeric columns that are neither batch nor covariate are harmonised.
    """
    return ComBat(
        batch=list(asked.batch),
        covariates=list(asked.covariates),
        eb=asked.eb,
        parametric=asked.parametric,
        mean_only=asked.mean_only,
        reference_batch=asked.reference_batch,
        m_combat=asked.m_combat,
        order=asked.order,
        unseen=asked.unseen,
        small_batch="harmonise",
        least_subjects=asked.least_subjects,
        unknown_covariate="average",
    )


def check_design(batches: pd.DataFrame, asked: Harmonise) -> None:
    """Check that batches and covariates can be told apart, by a fit to drawn features that stand in for all.

    Raises
    ------
    InputError
        When a covariate is determined by the batches, or there are too few subjects for so many columns.
    """
    stand_ins = np.random.default_rng(0).normal(size=(len(batches), 3))
    names = [f"feature {number}" for number in range(stand_ins.shape[1])]
    combat_of(asked).fit(batches.reset_index(drop=True).join(pd.DataFrame(stand_ins, columns=names)))
