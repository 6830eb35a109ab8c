"""What is predicted: the time to an event, or a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbradiomics.outcome.solvers import has_competing
from nbradiomics.outcome.tasks.base import Metric, Task
from nbradiomics.outcome.tasks.classification import Classification
from nbradiomics.outcome.tasks.competing import CompetingRisks
from nbradiomics.outcome.tasks.survival import Survival

if TYPE_CHECKING:
    import numpy as np

    from nbradiomics.outcome.horizons import Horizons

__all__ = ["Classification", "CompetingRisks", "Metric", "Survival", "Task", "survival_task"]


def survival_task(y: np.ndarray, horizons: Horizons) -> Survival:
    """Choose the task of times to an event: with competing events if the outcome has the field."""
    return (CompetingRisks if has_competing(y) else Survival)(horizons)
