"""The table of reproducibility."""

from __future__ import annotations

from nbradiomics.reproducibility.forms import FORMS
from nbradiomics.tables.schema import Column, Schema

#: Kind of the limits for raters in general.
GENERALISED = "generalised"
_UNDEFINED = "undefined"
_TWO = "undefined, or not two raters"
_NOT_ASKED = "undefined, or not requested"


def _number(name: str, meaning: str, missing: str = _UNDEFINED, unit: str = "") -> Column:
    return Column(name, "number", meaning, unit, missing=missing, optional=True)


REPRODUCIBILITY = Schema(
    name="Reproducibility of features",
    file="reproducibility/COMPARISON.csv",
    row="a feature",
    columns=(
        Column("feature", "text", "name of the feature"),
        Column(
            "form",
            "text",
            "form of the ICC, after McGraw and Wong: `1` one-way, `A` agreement, `C` consistency; `k` for "
            "the mean of the raters",
            values=FORMS,
            optional=True,
        ),
        Column(
            "across",
            "text",
            "what is compared: `reader`, `reading`, `timepoint`, `repeat`, `site` or `variant`",
            optional=True,
        ),
        Column(
            "subjects",
            "integer",
            "subjects with a value by every rater (form `1`: with two values or more); others are left out",
        ),
        Column(
            "complete",
            "integer",
            "subjects with a value by every rater: those of CCC, bias and Kendall's W",
            missing="a table of an earlier release",
            optional=True,
        ),
        Column(
            "raters",
            "integer",
            "number of compared readers, readings, timepoints ...",
            missing="a table of an earlier release",
            optional=True,
        ),
        Column("levels", "text", "their names, separated by commas", optional=True),
        Column(
            "interval",
            "text",
            "kind of the limits of the ICC: `F` (agreement forms: valid for these raters) or `generalised` "
            "(for raters in general)",
            values=("F", GENERALISED),
            optional=True,
        ),
        Column("icc", "number", "intraclass correlation, at most 1", missing=_UNDEFINED),
        Column("low", "number", "lower confidence limit of the ICC", missing=_UNDEFINED),
        Column("high", "number", "upper confidence limit of the ICC", missing=_UNDEFINED),
        _number("icc_bca_low", "lower bootstrap limit (BCa) of the ICC", _NOT_ASKED),
        _number("icc_bca_high", "upper bootstrap limit of the ICC", _NOT_ASKED),
        _number("ccc", "concordance correlation coefficient of Lin, of more than two raters the overall one"),
        _number("ccc_low", "lower confidence limit of the CCC"),
        _number("ccc_high", "upper confidence limit of the CCC"),
        _number("ccc_bca_low", "lower bootstrap limit (BCa) of the CCC", _NOT_ASKED),
        _number("ccc_bca_high", "upper bootstrap limit of the CCC", _NOT_ASKED),
        _number("wsd", "within-subject standard deviation", unit="feature"),
        _number(
            "wcv",
            "within-subject coefficient of variation: `wsd` / mean",
            missing="undefined, or values of both signs",
        ),
        _number(
            "rc",
            "repeatability coefficient: two measurements of a subject differ by less in 95 %",
            unit="feature",
        ),
        _number("rc_low", "lower confidence limit of `rc`, for the same raters as `low`", unit="feature"),
        _number("rc_high", "upper confidence limit of `rc`", unit="feature"),
        _number(
            "rc_log",
            "repeatability coefficient of the logarithm, as a ratio: two measurements of a subject differ by "
            "a smaller factor in 95 %",
            missing="undefined, or a value is not above 0",
        ),
        _number("rc_log_low", "lower confidence limit of `rc_log`", missing="as `rc_log`"),
        _number("rc_log_high", "upper confidence limit of `rc_log`", missing="as `rc_log`"),
        _number("bias", "mean difference, the first level minus the second", _TWO, "feature"),
        _number("bias_low", "lower confidence limit of the bias", _TWO, "feature"),
        _number("bias_high", "upper confidence limit of the bias", _TWO, "feature"),
        _number("loa_low", "lower 95 % limit of agreement (Bland and Altman)", _TWO, "feature"),
        _number("loa_low_low", "lower confidence limit of `loa_low`", _TWO, "feature"),
        _number("loa_low_high", "upper confidence limit of `loa_low`", _TWO, "feature"),
        _number("loa_high", "upper 95 % limit of agreement", _TWO, "feature"),
        _number("loa_high_low", "lower confidence limit of `loa_high`", _TWO, "feature"),
        _number("loa_high_high", "upper confidence limit of `loa_high`", _TWO, "feature"),
        _number("proportional_p", "p value of the test whether the difference depends on the size", _TWO),
        _number("kendall_w", "Kendall's coefficient of concordance, 0 to 1, corrected for ties"),
        _number(
            "qcd",
            "quartile coefficient of dispersion of the values of a subject, median over subjects",
            missing="undefined, or values of both signs",
        ),
        Column(
            "stable",
            "flag",
            "whether the lower limit reaches the threshold; `False` if the ICC is undefined or there are too "
            "few subjects",
        ),
        Column(
            "stays",
            "number",
            "share of bootstrap samples of the subjects in which the feature is stable, 0 to 1",
            missing="not requested (`resamples`)",
            optional=True,
        ),
        Column("reason", "text", "why the feature is not stable", missing="it is stable", optional=True),
    ),
    key=("feature",),
    left_out=("icc_bca_low", "icc_bca_high", "ccc_bca_low", "ccc_bca_high", "stays"),
    note="`COMPARISON` is `readers` (the readers with each other), `auto_vs_readers` (the readers and the "
    "model as another rater), or `study_NAME` for a study of the section `reproducibility`. A cohort with "
    "several timepoints, sequences or regions gets a table for each, such as `readers_baseline.csv`. "
    "`nbradiomics reproducibility` writes one table. Tables of earlier releases have the columns `readers` "
    "and `note` instead of `levels` and `reason`.",
)
