"""Check that Firth's method can be used with the features that a study will have."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem
from nbradiomics.outcome.evaluate import task_of
from nbradiomics.outcome.few_columns import check_few_columns
from nbradiomics.outcome.settings import FIRTH
from nbradiomics.study.checks.models_to_come import features_to_come, models_to_come
from nbradiomics.study.study import Study


def check_firth(study: Study, cohort: pd.DataFrame, path: Path) -> Iterator[Problem]:
    """Warn where Firth's method would have more columns than events: its models will not be fitted."""
    outcome = study.outcome
    if outcome is None or outcome.method != FIRTH:
        return
    features = features_to_come(study, cohort)
    for endpoint in outcome.endpoints:
        models = models_to_come(study, outcome, endpoint, features)
        if models.first is None:
            continue
        data = models.first.data
        everybody = np.arange(len(data.y))
        try:
            check_few_columns(data, [[(everybody, everybody)]], models.settings, task_of(data))
        except InputError as error:
            found = f"models of {endpoint.name} will not be fitted: {error.problem}"
            yield Problem(str(path), "", "outcome.method", "warning", found, error.remedy)
