"""Firth's method is for few columns: what cannot work is refused before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import counted
from nbradiomics.outcome.firth import few_columns_remedy
from nbradiomics.outcome.settings import FIRTH, WITH_NUMBER

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings
    from nbradiomics.outcome.tasks import Task


def check_few_columns(
    data: OutcomeData,
    splits: Sequence[Sequence[tuple[np.ndarray, np.ndarray]]],
    settings: OutcomeSettings,
    task: Task,
) -> None:
    """Refuse Firth's method where the largest model would have too many columns in every fold.

    The columns are those before the filters; `selection` reduces the features to `selected`, or to a number
    that is not known before (then a fold with too many columns is a failure).

    Raises
    ------
    InputError
        When the columns are as many as the events (or subjects of the smallest class) of the largest training
        part, or more.
    """
    if settings.method != FIRTH:
        return
    features, covariates = data.candidates
    if settings.selection in WITH_NUMBER:
        features = min(features, settings.selected)
    elif settings.selection != "none":
        features = 0  # how many are selected is not known before
    known = max(task.informative_in(data.y[train]) for folds in splits for train, _ in folds)
    if features + covariates < known:
        return
    also = f" with {counted(covariates, 'column')} of covariates" if covariates else ""
    fewer = f"name fewer covariates, or {few_columns_remedy(known)}" if also else few_columns_remedy(known)
    raise InputError(
        f"Firth's method is for few columns: {counted(features, 'feature')}{also}, and "
        f"{counted(known, *task.informative)} in the largest training part.",
        f"{fewer[0].upper()}{fewer[1:]}.",
    )
