"""The models: one scikit-learn pipeline each, so that every step is fitted inside each fold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from nbradiomics.outcome.yeo_johnson import YeoJohnson

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData
    from nbradiomics.outcome.settings import OutcomeSettings

BLOCKS = {
    "clinical": ("numeric", "categorical"),
    "volume": ("volume",),
    "radiomic": ("radiomic",),
    "combined": ("radiomic", "numeric", "categorical"),
}


def build_model(name: str, data: OutcomeData, settings: OutcomeSettings) -> Pipeline:
    """Build the unfitted pipeline of a model: its columns, and one Cox model of all of them.

    Parameters
    ----------
    name
        ``clinical`` (covariates), ``volume`` (the volume alone), ``radiomic`` (features) or ``combined``
        (features and covariates).
    data
        Subjects and columns.
    settings
        Limits and penalty.
    """
    steps = [("columns", build_columns([name], data, settings)), ("cox", build_cox(settings))]
    return Pipeline(steps).set_output(transform="pandas")


def build_columns(names: Sequence[str], data: OutcomeData, settings: OutcomeSettings) -> ColumnTransformer:
    """Build the unfitted steps before the Cox models of some names.

    Features: columns that are empty, constant or missing too often are dropped, then median imputation,
    stability filter, Yeo-Johnson's power (unless the settings leave it out), scaling to mean 0 and variance
    1, correlation filter. The volume alone: the same without the filters. Numeric covariates: the same
    columns are dropped, then median imputation and scaling. Categorical covariates: the same columns are
    dropped, then one column per level (one column for two levels), see
    :class:`nbradiomics.outcome.transformers.LevelIndicators`. Each block is fitted by itself, so models that
    share a block share its columns.
    """
    radiomic = make_pipeline(
        DropUninformative(settings.missing_features),
        UnlessEmpty(SimpleImputer(strategy="median")),
        StabilityFilter(
            data.stability.stable,
            data.stability.ratings,
            settings.icc_threshold,
            settings.min_subjects_of_fold,
        ),
        UnlessEmpty(YeoJohnson() if settings.power_transform else StandardScaler()),
        CorrelationFilter(settings.correlation),
    )
    scaler = YeoJohnson() if settings.power_transform else StandardScaler()
    median = SimpleImputer(strategy="median")
    volume = make_pipeline(DropUninformative(), UnlessEmpty(median), UnlessEmpty(scaler))
    known = DropUninformative(settings.missing_covariates)
    numeric = make_pipeline(known, UnlessEmpty(median), UnlessEmpty(StandardScaler()))
    levels = LevelIndicators(reference=settings.covariate_penalizer == 0)
    categorical = make_pipeline(known, UnlessEmpty(levels))
    fitted = {"radiomic": radiomic, "volume": volume, "numeric": numeric, "categorical": categorical}
    wanted = [block for block in fitted if any(block in BLOCKS[name] for name in names)]
    steps = [(block, fitted[block], list(data.blocks[block])) for block in wanted]
    return ColumnTransformer(steps).set_output(transform="pandas")


def columns_of(name: str, columns: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a model among those of `build_columns` for several models."""
    return columns.loc[:, [column.partition("__")[0] in BLOCKS[name] for column in columns.columns]]


def build_cox(settings: OutcomeSettings) -> PenalisedCox:
    """Build the unfitted Cox model, in which covariates and the volume alone have a light ridge penalty.

    With the penalty of the features a hundred features of noise would hide the covariates, and the combined
    model would look worse than the clinical one only for this reason.
    """
    light = dict.fromkeys((*BLOCKS["clinical"], *BLOCKS["volume"]), settings.covariate_penalizer)
    return PenalisedCox(settings.penalizer, settings.l1_ratio, block_penalizers=light, seed=settings.seed)


def level_meaning(settings: OutcomeSettings) -> str:
    """Say in words with what the log hazard ratio of a level compares it."""
    many = "the most frequent level" if settings.covariate_penalizer == 0 else "the average of all levels"
    return f"against {many}, or against the other level if there are two"


def penalty_name(l1_ratio: float) -> str:
    """Return the name of a kind of penalty."""
    return {0.0: "ridge", 1.0: "lasso"}.get(l1_ratio, f"elastic net, l1_ratio {l1_ratio:g}")


def coefficients(model: Pipeline) -> pd.Series:
    """Log hazard ratios of a fitted model by the name of their column.

    They are per standard deviation in the training data for features (after their power) and numeric
    covariates, and as in :func:`level_meaning` for levels of a category.
    """
    return log_hazard_ratios(model.named_steps["cox"], model.named_steps["columns"].get_feature_names_out())


def log_hazard_ratios(cox: PenalisedCox, columns: Iterable[str]) -> pd.Series:
    """Coefficients of a fitted Cox model by the name of their column, without that of its block."""
    names = [name.split("__", 1)[1] for name in columns]
    return pd.Series(cox.coef_, index=pd.Index(names, dtype=object), dtype="float64")
