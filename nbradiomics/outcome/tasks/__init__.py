"""What is predicted: the time to an event, or a class."""

from nbradiomics.outcome.tasks.base import Metric, Task
from nbradiomics.outcome.tasks.classification import Classification
from nbradiomics.outcome.tasks.survival import Survival

__all__ = ["Classification", "Metric", "Survival", "Task"]
