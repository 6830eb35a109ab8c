"""The three models: one scikit-learn pipeline each, so that all that is fitted is fitted per fold."""

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
    """Unfitted pipeline of a model.

    Features go through: drop of empty and constant ones, median imputation, stability filter, scaling to
    mean 0 and variance 1, correlation filter. Numeric covariates: drop of empty and constant ones, median
    imputation, scaling. Categorical covariates: the same drop, one column per level (one of two levels), see
    :class:`nbradiomics.outcome.transformers.LevelIndicators`. All columns
    together go into one penalised Cox model, in which covariates bear a lighter penalty than features: with
    the same one a hundred features of noise would drown them, and the combined model would look worse than
    the clinical one for no other reason.

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
    """What the log hazard ratio of a level compares with, in words."""
    many = "the most frequent level" if settings.covariate_penalizer == 0 else "the average of all levels"
    return f"against {many}, or against the other one where there are two"


def coefficients(model: Pipeline) -> pd.Series:
    """Log hazard ratios of a fitted model by the name of their column.

    Features and numeric covariates per standard deviation in the training data, levels of a category as
    :func:`level_meaning` says.
    """
    names = [name.split("__", 1)[1] for name in model.named_steps["columns"].get_feature_names_out()]
    return pd.Series(model.named_steps["cox"].coef_, index=pd.Index(names, dtype=object), dtype="float64")
