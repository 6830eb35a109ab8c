"""The tables of a reader study, as written to the folder ``readers/``.

A case is one region of one image. In the tables, `readers` means all readers together.
"""

from __future__ import annotations

from dataclasses import replace

from nbradiomics.agreement.pairs import PAIRS
from nbradiomics.agreement.reader_study import names
from nbradiomics.agreement.reader_study.agreement_table import FAILED
from nbradiomics.agreement.reader_study.result_rows import NAMES_OF_TESTS
from nbradiomics.agreement.reader_study.schema_columns import (
    FEW,
    METRIC_COLUMN,
    NO_VALUE,
    SENTENCE_COLUMN,
    SUBJECTS_COLUMN,
    UNDEFINED,
    WHAT_COLUMN,
    limits,
    number,
    optional,
    quartiles,
)
from nbradiomics.tables import shared_columns
from nbradiomics.tables.schema import Column, Schema

SUMMARY = Schema(
    name="Summary",
    file="readers/summary.csv",
    row="a metric for a group of pairs; each case counts once, with the mean over its pairs in the group",
    columns=(
        Column("pair", "text", "kind of pair, as in the agreement table", values=PAIRS),
        Column(
            "reader",
            "text",
            "reader of the mask; `(edited)` after a name: an edited automatic mask; `same reader`: two "
            "readings of one reader",
        ),
        Column("reference", "text", "reader of the reference mask, written in the same way"),
        METRIC_COLUMN,
        Column("n", "integer", "cases with a value"),
        SUBJECTS_COLUMN,
        Column("undefined", "integer", "cases without a value, because one of their pairs has no value"),
        optional(Column("undefined_empty", "integer", "undefined cases due to an empty mask")),
        optional(
            Column("undefined_failed", "integer", "undefined cases due to a pair that could not be compared")
        ),
        *quartiles("of the cases"),
        *limits("the median: percentile bootstrap, subjects resampled"),
        optional(number("mean", "mean of the cases", NO_VALUE)),
    ),
    key=("pair", "reader", "reference", "metric"),
)

_NOT_COMPARED = "no case has a value, or the model failed and the metric has no worst value"

COMPARISON = Schema(
    name="Comparison",
    file="readers/comparison.csv",
    row="a metric: agreement of the model with the readers, and of the readers with each other, in the same "
    "cases; no row if no case has masks of the model and of two readers",
    columns=(
        METRIC_COLUMN,
        replace(SUBJECTS_COLUMN, optional=False),
        Column("cases", "integer", "cases in which the metric has a value"),
        Column("left_out", "integer", "cases of the model and two readers in which the metric has no value"),
        optional(
            Column(
                "missing",
                "integer",
                "cases in which readers drew a tumour and there is no automatic mask to compare; they count "
                "with the worst value of the metric",
            )
        ),
        optional(
            Column(
                "empty",
                "integer",
                "cases in which readers drew a tumour and the automatic mask is empty; they count with the "
                "worst value of the metric",
            )
        ),
        number("auto_readers", "agreement of the model with the readers, mean over subjects", _NOT_COMPARED),
        number(
            "readers_readers", "agreement of the readers with each other, mean over subjects", _NOT_COMPARED
        ),
        number(
            "difference",
            "difference of the two, mean over subjects; above 0 the model is better, also for distances",
            _NOT_COMPARED,
        ),
        *limits("the difference: bootstrap-t, subjects resampled", missing=f"{_NOT_COMPARED}, or {FEW}"),
        number("p", "two-sided signed-rank test on the subjects' differences", f"{_NOT_COMPARED}, or {FEW}"),
        number("p_holm", "p adjusted over the metrics (Holm)", f"{_NOT_COMPARED}, or {FEW}"),
        optional(
            Column(
                "primary", "flag", "whether this is the metric of the tests, whose `p` needs no adjustment"
            )
        ),
    ),
    key=("metric",),
)

COMPARISON_SEGMENTED = replace(
    COMPARISON,
    name="Comparison of the segmented cases",
    file="readers/comparison_segmented.csv",
    row="a metric, as in the comparison, but without the cases in which the model failed; no row if the "
    "model never failed",
)

TESTS = Schema(
    name="Tests",
    file="readers/tests.csv",
    row="a result for the primary metric; a result that is not available has no numbers, and its sentence "
    "says why",
    columns=(
        Column("test", "text", "name of the result", values=NAMES_OF_TESTS),
        Column("subject_of_test", "text", "`auto`, or the reader whom the model might replace"),
        number("epsilon", "epsilon of the alternative annotator test", "a different test"),
        number(
            "value",
            "mean difference (above 0 the model is better), index, probability that the model is at least as "
            "close, or winning rate",
            "not available",
        ),
        optional(
            number(
                "reference_value",
                "number with which the value is compared: minus the margin, 0, 1, the reader's own "
                "probability, or 0.5",
                "no such number",
            )
        ),
        *limits("the interval of the value", missing="no interval"),
        number("p", "p value", "no test"),
        number("p_adjusted", "p adjusted over the readers (Benjamini-Yekutieli)", "no adjustment"),
        Column("passed", "flag", "verdict", missing="an estimate, or no test was possible"),
        Column("n", "integer", "number of subjects"),
        SENTENCE_COLUMN,
    ),
    key=("test", "subject_of_test", "epsilon"),
)


def _bland_altman(unit: str, missing: str) -> tuple[Column, ...]:
    label = "ml" if unit == "ml" else "%"
    parts = {"bias": "bias", "low": "lower limit of agreement", "high": "upper limit of agreement"}
    return tuple(
        number(f"{part}_{unit}_{end}", f"{side} limit of the interval of the {name}", missing, label)
        for part, name in parts.items()
        for end, side in (("low", "lower"), ("high", "upper"))
    )


BLAND_ALTMAN = Schema(
    name="Volumes (Bland and Altman)",
    file="readers/bland_altman.csv",
    row="a pair with masks of the same cases: the model and a reader, or two readers",
    columns=(
        Column("reader", "text", "first of the pair; differences are its volume minus that of the reference"),
        Column("reference", "text", "second of the pair"),
        Column("n", "integer", "cases"),
        SUBJECTS_COLUMN,
        optional(
            Column("left_out", "integer", "cases without volumes, because the masks could not be compared")
        ),
        number("bias_ml", "mean difference", NO_VALUE, "ml"),
        optional(number("sd_ml", "standard deviation of the differences", "fewer than two cases", "ml")),
        number("low_ml", "lower limit of agreement", "fewer than two cases", "ml"),
        number("high_ml", "upper limit of agreement", "fewer than two cases", "ml"),
        *_bland_altman("ml", "too few cases or subjects"),
        Column("ratio_n", "integer", "cases in which both volumes are above 0"),
        Column("ratio_left_out", "integer", "cases in which a volume is 0"),
        number(
            "bias_percent",
            "by how much the reader's volume is larger, from the mean log ratio",
            NO_VALUE,
            "%",
        ),
        number("low_percent", "lower limit of agreement of the ratio", "fewer than two cases", "%"),
        number("high_percent", "upper limit of agreement of the ratio", "fewer than two cases", "%"),
        *_bland_altman("percent", "too few cases or subjects"),
        optional(
            Column(
                "intervals",
                "text",
                "method for the intervals; the bootstrap is used if a subject has several cases",
                values=(names.BY_FORMULA, names.BY_BOOTSTRAP),
            )
        ),
    ),
    key=("reader", "reference"),
)

DETECTION = Schema(
    name="Detection",
    file="readers/detection.csv",
    row="a rate of missed tumours or of false alarms; a tumour is missed if the mask shares no voxel with "
    "the mask of any independent reader who drew a tumour",
    columns=(
        Column("reader", "text", "`auto` or a reader"),
        Column(
            "against",
            "text",
            "reference: `readers`, or `other readers` for a reader",
            missing="images not segmented",
        ),
        Column(
            "unit",
            "text",
            "what is counted: images with a missed tumour, patients with a missed tumour (in at least one "
            "image, or in all images), images without an automatic mask in a cohort that has some, or images "
            "with a mask in which no reader drew a tumour",
            values=names.UNITS,
        ),
        Column("missed", "integer", "number of these images or patients"),
        Column("of", "integer", "number of all images or patients: the denominator"),
        number("rate", "missed / of", "`of` is 0"),
        *limits("the rate: exact (Clopper-Pearson), assumes independent images", missing="`of` is 0"),
        optional(
            Column(
                "unknown",
                "integer",
                "left out, because a pair could not be compared and no other pair decides",
            )
        ),
    ),
    key=("reader", "unit"),
)

SUBGROUPS = Schema(
    name="Subgroups",
    file="readers/subgroups.csv",
    row="a group of a variable, for the agreement of the model or of the readers",
    columns=(
        Column("variable", "text", "column that splits the cases: `site`, or a clinical column"),
        Column(
            "group", "text", "value of the variable; for many different numbers, the side of their median"
        ),
        WHAT_COLUMN,
        Column("n", "integer", "number of subjects"),
        *quartiles("of the primary metric over subjects"),
    ),
    key=("variable", "group", "what"),
)

SUBGROUP_TESTS = Schema(
    name="Tests of the subgroups",
    file="readers/subgroup_tests.csv",
    row="a variable, for the agreement of the model or of the readers",
    columns=(
        Column("variable", "text", "column that splits the cases"),
        WHAT_COLUMN,
        Column(
            "test",
            "text",
            "test for two groups, or for more",
            values=(names.MANN_WHITNEY, names.KRUSKAL_WALLIS),
            missing="no test",
        ),
        number("statistic", "U of the first group (Mann-Whitney) or H (Kruskal-Wallis)", "no test"),
        number("p", "two-sided p", "no test"),
        number("p_holm", "p adjusted over the variables (Holm)", "no test"),
        optional(
            Column("direction", "text", "groups with the highest and the lowest median", missing="no test")
        ),
        Column("note", "text", "groups that were not tested, and why", missing="all groups were tested"),
    ),
    key=("variable", "what"),
)

DIRECTION = Schema(
    name="Direction of the errors",
    file="readers/direction.csv",
    row="the model against all readers, the model against a reader, or an ordered pair of readers",
    columns=(
        Column("reader", "text", "reader of the mask"),
        Column("reference", "text", "reader of the reference mask"),
        Column("n", "integer", "cases with FPRm and FNR"),
        SUBJECTS_COLUMN,
        Column(
            "left_out", "integer", "cases without FPRm and FNR: the reference is empty, or the pair failed"
        ),
        number("fprm_median", "median FPRm", NO_VALUE),
        number("fnr_median", "median FNR", NO_VALUE),
        number("share_outward", "share of cases with FPRm above FNR, 0 to 1", NO_VALUE),
        number(
            "signed_distance_mm",
            "mean signed surface distance, above 0 if the mask reaches further; half of the difference "
            "between both directions",
            NO_VALUE,
            "mm",
        ),
        number("volume_difference_ml", "mean volume of the mask minus that of the reference", NO_VALUE, "ml"),
        number("p", "two-sided signed-rank test of the subjects' mean FPRm minus FNR", FEW),
        optional(
            Column(
                "direction",
                "text",
                "`outward`: draws too much; `inward`: draws too little; `neither`: no direction is shown",
                values=(names.OUTWARD, names.INWARD, names.NEITHER),
                missing=FEW,
            )
        ),
        SENTENCE_COLUMN,
    ),
    key=("reader", "reference"),
)

TIMES = Schema(
    name="Times",
    file="readers/times.csv",
    row="a reader and a kind of mask; no row if the cohort table states no minutes",
    columns=(
        Column("reader", "text", "reader"),
        Column("kind", "text", "kind of mask; a kind that is not stated counts as `independent`"),
        Column("n", "integer", "number of images"),
        *quartiles("time", "min"),
        number("total", "total time", NO_VALUE, "min"),
    ),
    key=("reader", "kind"),
)

TIME_SAVED = Schema(
    name="Time saved",
    file="readers/time_saved.csv",
    row="the time saved by editing; no row if no image has times of an independent and an edited mask",
    columns=(
        Column("n", "integer", "images with both times"),
        optional(Column("same_reader", "integer", "images with both times of the same reader")),
        SUBJECTS_COLUMN,
        number("median", "median time saved; above 0 editing is faster", NO_VALUE, "min"),
        *limits("the median: percentile bootstrap, subjects resampled", "min"),
        number("p", "two-sided signed-rank test on the subjects' means", FEW),
        SENTENCE_COLUMN,
    ),
)

CASES = Schema(
    name="Cases",
    file="readers/cases.csv",
    row="a case, worst first: cases in which the model failed, cases with a value, cases without a tumour",
    columns=(
        *shared_columns.CASE,
        number("auto_readers", "primary metric, mean over the model and each reader", UNDEFINED),
        number("readers_readers", "primary metric, mean over the ordered pairs of readers", UNDEFINED),
        number("difference", "difference of the two; above 0 the model is better", UNDEFINED),
        Column(
            "lowest_pair",
            "text",
            "pair with the least agreement, such as `auto-A`; a pair of the model if there is one",
            missing="no pair has a value",
        ),
        number(
            "hd95_mm",
            "HD95, mean over the pairs of the model (without a model, of the readers)",
            UNDEFINED,
            "mm",
        ),
        number("fprm", "FPRm, mean over the same pairs", UNDEFINED),
        number("fnr", "FNR, mean over the same pairs", UNDEFINED),
        Column(
            "status",
            "text",
            "status of the automatic mask; the last two mean that the masks of all readers are empty",
            values=("ok", names.MISSING, FAILED, "empty_mask", "empty_reference", "both_empty"),
        ),
    ),
    key=("subject", "timepoint", "sequence", "roi"),
)

#: The tables of a study by their file names.
TABLES = {
    schema.file.removeprefix("readers/").removesuffix(".csv"): schema
    for schema in (
        *(SUMMARY, COMPARISON, COMPARISON_SEGMENTED, TESTS, BLAND_ALTMAN, DETECTION),
        *(SUBGROUPS, SUBGROUP_TESTS, DIRECTION, TIMES, TIME_SAVED, CASES),
    )
}
