"""A Cox model with its columns as one pipeline, and its coefficients."""

from __future__ import annotations

import pandas as pd
from sklearn.pipeline import Pipeline

from nbradiomics.outcome import OutcomeSettings, PenalisedCox
from nbradiomics.outcome.assembly import OutcomeData
from nbradiomics.outcome.models import build_columns, light_penalties


def build_model(name: str, data: OutcomeData, settings: OutcomeSettings) -> Pipeline:
    """Build the unfitted pipeline of a model."""
    light = light_penalties(settings)
    cox = PenalisedCox(settings.penalizer, settings.l1_ratio, light, settings.seed)
    steps = [("columns", build_columns([name], data, settings)), ("cox", cox)]
    return Pipeline(steps).set_output(transform="pandas")


def coefficients(model: Pipeline) -> pd.Series:
    """Log hazard ratios of a fitted model by the name of their column, without that of its block."""
    columns = model.named_steps["columns"].get_feature_names_out()
    names = pd.Index([name.split("__", 1)[1] for name in columns], dtype=object)
    return pd.Series(model.named_steps["cox"].coef_, index=names, dtype="float64")
