"""The three models: one scikit-learn pipeline each, so that every step is fitted inside each fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from nbradiomics.outcome.cox import PenalisedCox
from nbradiomics.outcome.transformers import (
    CorrelationFilter,
    DropUninformative,
    LevelIndicators,
    StabilityFilter,
    UnlessEmpty,
)

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings

BLOCKS = {
    "clinical": ("numeric", "categorical"),
    "radiomic": ("radiomic",),
    "combined": ("radiomic", "numeric", "categorical"),
}


def build_model(name: str, data: OutcomeData, settings: OutcomeSettings) -> Pipeline:
    """Build the unfitted pipeline of a model.

    Features: empty and constant ones are dropped, then median imputation, stability filter, scaling to mean
    0 and variance 1, correlation filter. Numeric covariates: empty and constant ones are dropped, then median
    imputation and scaling. Categorical covariates: empty and constant ones are dropped, then one column per
    level (one column for two levels), see :class:`nbradiomics.outcome.transformers.LevelIndicators`. All
    columns enter one penalised Cox model, in which covariates have a smaller penalty than features. With the
    same penalty a hundred features of noise would hide the covariates, and the combined model would look
    worse than the clinical one only for this reason.

    Parameters
    ----------
    name
        ``clinical`` (covariates), ``radiomic`` (features) or ``combined`` (both).
    data
        Subjects and columns.
    settings
        Limits and penalty.
    """
    radiomic = make_pipeline(
        DropUninformative(),
        UnlessEmpty(SimpleImputer(strategy="median")),
        StabilityFilter(
            data.stability.stable,
            data.stability.ratings,
            settings.icc_threshold,
            settings.min_subjects_of_fold,
        ),
        UnlessEmpty(StandardScaler()),
        CorrelationFilter(settings.correlation),
    )
    numeric = make_pipeline(
        DropUninformative(), UnlessEmpty(SimpleImputer(strategy="median")), UnlessEmpty(StandardScaler())
    )
    levels = LevelIndicators(reference=settings.covariate_penalizer == 0)
    categorical = make_pipeline(DropUninformative(), UnlessEmpty(levels))
    blocks = {
        "radiomic": (radiomic, data.radiomic),
        "numeric": (numeric, data.numeric),
        "categorical": (categorical, data.categorical),
    }
    columns = ColumnTransformer([(block, blocks[block][0], list(blocks[block][1])) for block in BLOCKS[name]])
    light = dict.fromkeys(BLOCKS["clinical"], settings.covariate_penalizer)
    cox = PenalisedCox(settings.penalizer, settings.l1_ratio, block_penalizers=light)
    return Pipeline([("columns", columns), ("cox", cox)]).set_output(transform="pandas")


def level_meaning(settings: OutcomeSettings) -> str:
    """Say in words with what the log hazard ratio of a level compares it."""
    many = "the most frequent level" if settings.covariate_penalizer == 0 else "the average of all levels"
    return f"against {many}, or against the other level if there are two"


def coefficients(model: Pipeline) -> pd.Series:
    """Log hazard ratios of a fitted model by the name of their column.

    They are per standard deviation in the training data for features and numeric covariates, and as in
    :func:`level_meaning` for levels of a category.
    """
    names = [name.split("__", 1)[1] for name in model.named_steps["columns"].get_feature_names_out()]
    return pd.Series(model.named_steps["cox"].coef_, index=pd.Index(names, dtype=object), dtype="float64")
