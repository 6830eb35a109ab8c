"""The tables in the folder of an outcome model."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import SUBJECT

_MODEL = Column(
    "model",
    "text",
    "columns that the model uses: covariates, the volume alone, features, or features and covariates",
    values=("clinical", "volume", "radiomic", "combined"),
)
_RISK = ("high", "low")
_UNDEFINED = "undefined: the model failed in every fold, or there are too few subjects"

PERFORMANCE = Schema(
    name="Performance",
    file="outcome/ENDPOINT/performance.csv",
    row="a model and a metric",
    columns=(
        _MODEL,
        Column(
            "metric",
            "text",
            "`harrell_c`: Harrell's C of the out-of-fold risks, averaged over the repeats; "
            "`harrell_c_gain_over_clinical`: gain of the combined model over the clinical one; "
            "`harrell_c_gain_over_volume`: gain of the radiomic model over the volume alone",
            values=("harrell_c", "harrell_c_gain_over_clinical", "harrell_c_gain_over_volume"),
        ),
        Column("value", "number", "value of the metric over all subjects", missing=_UNDEFINED),
        Column("low", "number", "lower limit: percentile bootstrap over subjects", missing=_UNDEFINED),
        Column("high", "number", "upper limit", missing=_UNDEFINED),
    ),
    key=("model", "metric"),
)

PREDICTIONS = Schema(
    name="Predictions",
    file="outcome/ENDPOINT/predictions.csv",
    row="a subject, model and repeat; the model has not seen the subject (out of fold)",
    columns=(
        SUBJECT,
        _MODEL,
        Column("repeat", "integer", "repeat of the cross-validation: 1, 2 and so on"),
        Column("fold", "integer", "fold in which the subject was held out: 1, 2 and so on"),
        Column("risk", "number", "log partial hazard", missing="the model failed in this fold"),
        Column("time", "number", "time to the event or the end of observation, as in the clinical table"),
        Column("event", "integer", "1: the subject had the event; 0: the observation ended before"),
        Column(
            "group",
            "text",
            "`high`: the risk is above the median risk of the fold's training subjects",
            values=_RISK,
            missing="the model failed in this fold",
        ),
    ),
    key=("subject", "model", "repeat"),
)

KAPLAN_MEIER = Schema(
    name="Kaplan-Meier curves",
    file="outcome/ENDPOINT/kaplan_meier.csv",
    row="a point of the curve of a risk group",
    columns=(
        _MODEL,
        Column(
            "group",
            "text",
            "risk group of a subject in most repeats; `high` if there is a tie",
            values=_RISK,
        ),
        Column(
            "time", "number", "0, and each time at which a subject had the event or its observation ended"
        ),
        Column("survival", "number", "share of the group without the event after this time, 0 to 1"),
        Column(
            "low",
            "number",
            "lower limit: exponential Greenwood interval",
            missing="undefined",
        ),
        Column("high", "number", "upper limit", missing="undefined"),
        Column("at_risk", "integer", "subjects under observation just before this time"),
    ),
    key=("model", "group", "time"),
)

SELECTION = Schema(
    name="Selection",
    file="outcome/ENDPOINT/selection.csv",
    row="a model and a column that it may use",
    columns=(
        _MODEL,
        Column("feature", "text", "a feature, a numeric covariate, or `covariate=level`"),
        Column(
            "frequency",
            "number",
            "share of the folds in which the log hazard ratio of the column is not 0, 0 to 1; with a ridge "
            "penalty every column that passes the filters has one, so this does not measure importance",
            missing="the model failed in every fold",
        ),
        Column(
            "coefficient",
            "number",
            "mean log hazard ratio in these folds, per standard deviation (of a feature after its power, see "
            "`power_transform`); for a level see `level_meaning` in `summary.json`",
            missing="the column entered in no fold",
        ),
    ),
    key=("model", "feature"),
)

EXCLUDED = Schema(
    name="Excluded subjects",
    file="outcome/ENDPOINT/excluded.csv",
    row="a subject that is not analysed",
    columns=(SUBJECT, Column("reason", "text", "reasons, separated by semicolons")),
    key=("subject",),
)
