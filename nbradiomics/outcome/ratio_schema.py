"""The table of the ratios of the covariates."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema

_NO_RATIO = "see `reason`, or the row `GLOBAL`"
_NOT_A_NUMBER = "a level, or a column of 0 and 1, or there is no ratio"
_OF_TIME = "not tested: a target, or there is no ratio"

RATIOS = Schema(
    name="Ratios of the covariates",
    file="outcome/ENDPOINT/ratios.csv",
    row="a covariate, or a level of a category; the last row, `GLOBAL`, is all covariates together",
    columns=(
        Column("variable", "text", "a covariate, or `GLOBAL`"),
        Column("level", "text", "level of a category", missing="a number, an ordered covariate or `GLOBAL`"),
        Column(
            "reference",
            "text",
            "level with which it is compared: the most frequent one of the subjects of the model",
            missing="there is no level",
        ),
        Column(
            "ratio",
            "number",
            "hazard ratio, or for a target of two classes the odds ratio of the positive one, in an ordinary "
            "model of all covariates without features: of a number per unit of its column, of an ordered "
            "covariate per level, of a level against the reference",
            missing=_NO_RATIO,
        ),
        Column("low", "number", "lower limit of Wald's interval (`confidence`)", missing=_NO_RATIO),
        Column("high", "number", "upper limit", missing=_NO_RATIO),
        Column("p", "number", "Wald's p value of the ratio", missing=_NO_RATIO),
        Column("sd", "number", "standard deviation of the column", missing=_NOT_A_NUMBER),
        Column("ratio_sd", "number", "ratio per standard deviation", missing=_NOT_A_NUMBER),
        Column("low_sd", "number", "its lower limit", missing=_NOT_A_NUMBER),
        Column("high_sd", "number", "its upper limit", missing=_NOT_A_NUMBER),
        Column(
            "joint_p",
            "number",
            "Wald's p value of all levels of the covariate together, or of all covariates",
            missing="see `reason`",
        ),
        Column(
            "ph_chi2",
            "number",
            "score test of proportional hazards of the covariate, with all of its levels (R's `cox.zph`)",
            missing=_OF_TIME,
        ),
        Column("ph_df", "integer", "its degrees of freedom", missing=_OF_TIME),
        Column(
            "ph_p", "number", "its p value: if it is small, the ratio changes with time", missing=_OF_TIME
        ),
        Column("reason", "text", "why there is no ratio", missing="there is one"),
    ),
    key=("variable", "level"),
    note="Of all analysed subjects with a value of every covariate: it describes and validates nothing.",
)
