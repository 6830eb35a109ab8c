"""The columns of the models: one scikit-learn pipeline, so that every step is fitted inside each fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nbradiomics.outcome.harmonised_features import HarmonisedFeatures
from nbradiomics.outcome.selection import selector
from nbradiomics.outcome.settings import FIRTH
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

#: Level of a missing value, if it is one of its own.
MISSING = "missing"
BLOCKS = {
    "clinical": ("numeric", "categorical"),
    "volume": ("volume",),
    "radiomic": ("radiomic",),
    "combined": ("radiomic", "numeric", "categorical"),
}


def build_columns(names: Sequence[str], data: OutcomeData, settings: OutcomeSettings) -> ColumnTransformer:
    """Build the unfitted steps before the models of some names.

    The models are ``clinical`` (covariates), ``volume`` (the volume alone), ``radiomic`` (features) and
    ``combined`` (features and covariates).

    Features: columns that are empty, constant or missing too often are dropped, then median imputation,
    stability filter, Yeo-Johnson's power (unless the settings leave it out), scaling to mean 0 and variance
    1, correlation filter, and the selection by name. If features are harmonised, this is their first step,
    and the stability filter is part of it. The volume alone: the same without harmonisation and filters.
    Numeric covariates: the same columns are dropped, then median imputation and scaling. Categorical
    covariates: the same columns are dropped, then one column per level (one column for two levels), see
    :class:`nbradiomics.outcome.transformers.LevelIndicators`. Each block is fitted by itself, so models that
    share a block share its columns.
    """
    chosen = selector(settings)
    stability = StabilityFilter(data.stability.stable, data.stability.ratings, settings.stability_of_fold)
    # Harmonised values decide which features are stable: differences between sites make readers look alike.
    harmonised = data.harmonisation and HarmonisedFeatures(data.harmonisation, stability)
    radiomic = make_pipeline(
        harmonised or "passthrough",
        DropUninformative(settings.missing_features),
        UnlessEmpty(SimpleImputer(strategy="median")),
        "passthrough" if harmonised else stability,
        UnlessEmpty(YeoJohnson() if settings.power_transform else StandardScaler()),
        CorrelationFilter(settings.correlation),
        chosen if isinstance(chosen, str) else UnlessEmpty(chosen),
    )
    scaler = YeoJohnson() if settings.power_transform else StandardScaler()
    median = SimpleImputer(strategy="median")
    volume = make_pipeline(DropUninformative(), UnlessEmpty(median), UnlessEmpty(scaler))
    known, said = DropUninformative(settings.missing_covariates), settings.missing_indicators
    with_indicators = SimpleImputer(strategy="median", add_indicator=said)
    numeric = make_pipeline(known, UnlessEmpty(with_indicators), UnlessEmpty(StandardScaler()))
    levels = LevelIndicators(reference=_has_reference(settings), missing=MISSING if said else None)
    categorical = make_pipeline(known, UnlessEmpty(levels))
    fitted = {"radiomic": radiomic, "volume": volume, "numeric": numeric, "categorical": categorical}
    wanted = [block for block in fitted if any(block in BLOCKS[name] for name in names)]
    steps = [(block, fitted[block], list(data.blocks[block])) for block in wanted]
    return ColumnTransformer(steps).set_output(transform="pandas")


def columns_of(name: str, columns: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a model among those of `build_columns` for several models."""
    return columns.loc[:, [column.partition("__")[0] in BLOCKS[name] for column in columns.columns]]


def light_penalties(settings: OutcomeSettings) -> dict[str, float]:
    """Light ridge penalty of covariates and of the volume alone, by block.

    With the penalty of the features a hundred features of noise would hide the covariates, and the combined
    model would look worse than the clinical one only for this reason.
    """
    return dict.fromkeys((*BLOCKS["clinical"], *BLOCKS["volume"]), settings.covariate_penalizer)


def _has_reference(settings: OutcomeSettings) -> bool:
    """Whether one level has no column: without a ridge penalty, all of them have no unique solution."""
    return settings.covariate_penalizer == 0 or settings.method == FIRTH


def level_meaning(settings: OutcomeSettings) -> str:
    """Say in words with what the coefficient of a level compares it."""
    many = "the most frequent level" if _has_reference(settings) else "the average of all levels"
    return f"against {many}, or against the other level if there are two"


def penalty_name(l1_ratio: float) -> str:
    """Return the name of a kind of penalty."""
    return {0.0: "ridge", 1.0: "lasso"}.get(l1_ratio, f"elastic net, l1_ratio {l1_ratio:g}")
