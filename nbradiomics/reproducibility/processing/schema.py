"""Schemas of the tables of a processing study."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema

_NONE = "undefined; `reason` says why"


def _number(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, missing=_NONE)


PROCESSING = Schema(
    name="Processing study",
    file="processing.csv",
    row="a feature and an alteration of the reference pipeline",
    columns=(
        Column("feature", "text", "name of the feature"),
        Column("alteration", "text", "name of the alteration, the `variant` of the feature table"),
        Column("comparable", "flag", "whether both pipelines have the feature, with the same meaning"),
        Column("subjects", "integer", "subjects with a value by both pipelines"),
        _number("ccc", "Lin's concordance correlation coefficient of altered pipeline and reference"),
        _number("ccc_low", "lower limit of its interval"),
        _number("ccc_high", "upper limit of its interval"),
        _number(
            "wcv",
            "within-subject coefficient of variation over both pipelines; undefined for values of both signs",
        ),
        _number("bias", "mean of altered pipeline minus reference, in units of the feature"),
        _number("bias_low", "lower limit of its interval"),
        _number("bias_high", "upper limit of its interval"),
        Column("unchanged", "flag", "whether every value is the same in both pipelines"),
        Column("stable", "flag", "whether the feature is stable against this alteration"),
        Column("reason", "text", "why the feature is not stable", missing="it is stable"),
    ),
    key=("feature", "alteration"),
    note="In the folder that `nbradiomics processing` writes, and in `processing/` of a run, with the "
    "`features.parquet` from which it was computed.",
)

PROCESSING_CLASSES = Schema(
    name="Processing study by class",
    file="processing_classes.csv",
    row="a feature class and an alteration; the class `all` has all features",
    columns=(
        Column("alteration", "text", "name of the alteration"),
        Column("feature_class", "text", "class of the features, of all images together"),
        Column("features", "integer", "features that both pipelines have"),
        Column("stable", "integer", "of these, stable against this alteration"),
        Column("lower_limit", "integer", "of the stable ones, with a lower limit that reaches the threshold"),
        Column("unchanged", "integer", "of `features`, with the same values in both pipelines"),
        Column("not_judged", "integer", "of `features`, with values by both pipelines in too few subjects"),
        Column("changed", "integer", "of the judged `features`, with other values in the altered pipeline"),
        Column("changed_stable", "integer", "of `changed`, stable against this alteration"),
        Column("undefined", "integer", "features without a CCC"),
        Column("not_comparable", "integer", "features that only one pipeline has; not among `features`"),
    ),
    key=("alteration", "feature_class"),
    note="In the folder that `nbradiomics processing` writes, and in `processing/` of a run.",
)
