"""Tables of a harmonisation."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema

TREATMENTS = Schema(
    name="Batches of a harmonisation",
    file="ComBat.report_",
    row="a batch of a batch column",
    columns=(
        Column("batch_column", "text", "column of the batch"),
        Column("batch", "text", "site, scanner ..."),
        Column(
            "subjects",
            "integer",
            "its subjects among those to which the row refers; rows, if the table has no column `subject`",
        ),
        Column(
            "treatment",
            "text",
            "`fitted`: harmonised by training estimates; `reference`: unchanged, the goal of the others; "
            "`kept`: not harmonised; `estimated`: without training subjects, harmonised by its own features",
            values=("fitted", "reference", "kept", "estimated"),
        ),
        Column("reason", "text", "reason of the treatment, or a remark", missing="none"),
    ),
    key=("batch_column", "batch"),
    note="An attribute of a fitted `ComBat`, which no command writes alone.",
)

FEATURE_NOTES = Schema(
    name="Features of a harmonisation",
    file="ComBat.feature_notes_",
    row="a feature that is not harmonised as the others",
    columns=(
        Column("batch_column", "text", "column of the batch"),
        Column("feature", "text", "feature"),
        Column("note", "text", "what is done with it, and why"),
    ),
    key=("batch_column", "feature", "note"),
    note="An attribute of a fitted `ComBat`, which no command writes alone.",
)

_STATE = Column("state", "text", "before or after the harmonisation", values=("before", "after"))
_NOTE = "If features are harmonised; `nbradiomics site-effects` writes it into its folder too."
_NO_TEST = "it cannot be tested: it does not vary, or has too few values"

SITE_EFFECTS = Schema(
    name="Site effects",
    file="outcome/ENDPOINT/site_effects.csv",
    row="a feature, before or after the harmonisation, on subjects who did not fit it",
    columns=(
        Column("batch_column", "text", "column of the batch"),
        Column("feature", "text", "feature"),
        _STATE,
        Column("rows", "integer", "rows with a value"),
        Column(
            "location_p",
            "number",
            "p value of different locations: F test of the batches after the covariates, on normal scores",
            missing=_NO_TEST,
        ),
        Column("location_holm", "number", "the same, corrected for all features (Holm)", missing=_NO_TEST),
        Column(
            "location_bh",
            "number",
            "the same, as false discovery rate (Benjamini and Hochberg)",
            missing=_NO_TEST,
        ),
        Column(
            "location_share",
            "number",
            "share of the variance of the scores, after covariates, that the batches explain (partial omega "
            "squared; 0 if it is below)",
            missing=_NO_TEST,
        ),
        Column(
            "location_share_low",
            "number",
            "lower 95 % limit of this share, for the harmonisation as it was fitted",
            missing=_NO_TEST,
        ),
        Column("location_share_high", "number", "upper 95 % limit", missing=_NO_TEST),
        Column(
            "largest_shift",
            "number",
            "largest difference between the means of two batches, after covariates",
            unit="standard deviations within batches",
            missing=_NO_TEST,
        ),
        Column(
            "scale_p", "number", "p value of different scales: Brown and Forsythe's test", missing=_NO_TEST
        ),
        Column("scale_holm", "number", "the same, corrected for all features (Holm)", missing=_NO_TEST),
        Column("scale_bh", "number", "the same, as false discovery rate", missing=_NO_TEST),
        Column(
            "largest_ratio",
            "number",
            "largest ratio of the standard deviations of two batches, after covariates",
            missing=_NO_TEST,
        ),
    ),
    key=("batch_column", "feature", "state"),
    note=_NOTE,
)

COVARIATE_EFFECTS = Schema(
    name="Covariates and features",
    file="outcome/ENDPOINT/covariate_effects.csv",
    row="a covariate and a feature, before or after the harmonisation, on subjects who did not fit it",
    columns=(
        Column("covariate", "text", "covariate whose effect is to be kept"),
        Column("feature", "text", "feature"),
        _STATE,
        Column(
            "p",
            "number",
            "p value of the covariate in a linear model of the feature with all covariates, without batches",
            missing=_NO_TEST,
        ),
        Column(
            "share",
            "number",
            "share of the variance, after the other covariates, that it explains (partial omega squared; 0 "
            "if it is below)",
            missing=_NO_TEST,
        ),
        Column(
            "slope",
            "number",
            "effect of a number per standard deviation, or of the second of two levels",
            unit="standard deviations of the feature",
            missing="a category of three levels or more, or no test",
        ),
    ),
    key=("covariate", "feature", "state"),
    note=_NOTE,
)

SEPARABILITY = Schema(
    name="Separability of batches",
    file="outcome/ENDPOINT/separability.csv",
    row="a batch column, before or after the harmonisation",
    columns=(
        Column("batch_column", "text", "column of the batch"),
        _STATE,
        Column("subjects", "integer", "subjects, who did not fit the harmonisation"),
        Column("batches", "integer", "number of batches"),
        Column(
            "balanced_accuracy",
            "number",
            "mean over the batches of the share of their rows that a classifier recognises; cross-validated "
            "among these subjects",
        ),
        Column("roc_area", "number", "ROC area of the classifier, mean over pairs of batches; 0.5 is chance"),
        Column(
            "chance",
            "number",
            "balanced accuracy by chance: 1 / batches, or the mean of the permutations",
        ),
        Column(
            "p",
            "number",
            "share of permutations of the batches that are recognised at least as well",
            missing="no permutations",
        ),
    ),
    key=("batch_column", "state"),
    note=_NOTE,
)

TABLES = (TREATMENTS, FEATURE_NOTES, SITE_EFFECTS, COVARIATE_EFFECTS, SEPARABILITY)
#: Tables of measured effects, which outcome models and `site-effects` write.
EFFECT_TABLES = {"features": SITE_EFFECTS, "covariates": COVARIATE_EFFECTS, "separability": SEPARABILITY}
