"""The final models: fitted to all subjects of a cohort, as in each fold to its training subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from nbradiomics.outcome.fitting import FittedModel, fit_models

if TYPE_CHECKING:
    from nbradiomics.clinical import Endpoint
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.prepared import Prepared
    from nbradiomics.outcome.settings import OutcomeSettings, Predictors
    from nbradiomics.outcome.tasks import Task


@dataclass(frozen=True)
class Final:
    """The final models with everything that they were made from.

    Attributes
    ----------
    prepared
        Data of the evaluation.
    endpoint, predictors, settings
        As they were asked for.
    task
        Kind of outcome.
    models
        The models, fitted to all subjects; none of trees.
    """

    prepared: Prepared
    endpoint: Endpoint
    predictors: Predictors
    settings: OutcomeSettings
    task: Task
    models: tuple[FittedModel, ...]


def fit_final(
    data: OutcomeData, settings: OutcomeSettings, models: Sequence[str], task: Task
) -> tuple[FittedModel, ...]:
    """Fit models to all subjects.

    Parameters
    ----------
    data, settings, task
        Data, settings, kind of outcome.
    models
        Names of the models.

    Returns
    -------
    tuple of FittedModel
        In the order of `models`; one that does not converge says why.
    """
    # One thread, as in the folds: the last digits must not depend on the number of processors.
    with threadpool_limits(limits=1):
        return fit_models(data, settings, models, task, np.arange(len(data.y)))
