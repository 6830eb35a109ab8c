"""The tables of a reader study, as they lie in the folder ``readers/``.

A case is one region of one image. Where a table says `readers`, it means all readers together.
"""

from __future__ import annotations

from dataclasses import replace

from nbradiomics.agreement.metrics import METRICS
from nbradiomics.agreement.pairs import PAIRS
from nbradiomics.agreement.reader_study import names
from nbradiomics.agreement.reader_study.agreement_table import FAILED
from nbradiomics.agreement.reader_study.result_rows import NAMES_OF_TESTS
from nbradiomics.tables import shared_columns
from nbradiomics.tables.schema import Column, Schema

_FEW = "too few subjects"
_NO_VALUE = "no case has a value"
_UNDEFINED = "undefined"


def _number(name: str, meaning: str, missing: str, unit: str = "") -> Column:
    return Column(name, "number", meaning, unit, missing=missing)


def _optional(column: Column) -> Column:
    """A column that tables of an earlier release lack."""
    return replace(column, optional=True)


def _quartiles(what: str, unit: str = "", missing: str = _NO_VALUE) -> tuple[Column, ...]:
    return (
        _number("median", f"median {what}", missing, unit),
        _number("q1", "lower quartile", missing, unit),
        _number("q3", "upper quartile", missing, unit),
    )


def _limits(what: str, unit: str = "", missing: str = _FEW) -> tuple[Column, ...]:
    return (
        _number("low", f"lower limit of {what}", missing, unit),
        _number("high", "upper limit", missing, unit),
    )


_METRIC = Column("metric", "text", "metric of the agreement table", values=METRICS)
_SUBJECTS = _optional(Column("subjects", "integer", "subjects in which there is a value"))
_SENTENCE = Column("sentence", "text", "what it means, in words")
_WHAT = Column("what", "text", "whose agreement", values=(names.AUTO_READERS, names.READERS_READERS))

SUMMARY = Schema(
    name="Summary",
    file="readers/summary.csv",
    row="a metric of a group of pairs; a case counts once, with the mean over its pairs of the group",
    columns=(
        Column("pair", "text", "kind of pair, as in the agreement table", values=PAIRS),
        Column(
            "reader",
            "text",
            "whose mask; `(edited)` behind a name: an edited automatic mask; `same reader`: two readings of "
            "one reader",
        ),
        Column("reference", "text", "against whose mask, likewise"),
        _METRIC,
        Column("n", "integer", "cases with a value"),
        _SUBJECTS,
        Column("undefined", "integer", "cases without a value, because one of their pairs has none"),
        _optional(Column("undefined_empty", "integer", "of these, because of an empty mask")),
        _optional(Column("undefined_failed", "integer", "of these, because a pair could not be compared")),
        *_quartiles("of the cases"),
        *_limits("the median: percentile bootstrap, subjects resampled"),
        _optional(_number("mean", "mean of the cases", _NO_VALUE)),
    ),
    key=("pair", "reader", "reference", "metric"),
)

_NOT_COMPARED = "no case has a value, or the model failed and the metric has no worst value for that"

COMPARISON = Schema(
    name="Comparison",
    file="readers/comparison.csv",
    row="a metric: the model with the readers beside the readers with each other, on the same cases; no "
    "row where no case has masks of the model and of two readers",
    columns=(
        _METRIC,
        replace(_SUBJECTS, optional=False),
        Column("cases", "integer", "cases in which the metric has a value"),
        Column("left_out", "integer", "cases with two readers in which it has none"),
        _optional(
            Column(
                "missing",
                "integer",
                "cases that readers drew and that have no automatic mask to compare; they count with the "
                "worst value of the metric",
            )
        ),
        _optional(
            Column("empty", "integer", "cases that readers drew and whose automatic mask is empty; likewise")
        ),
        _number("auto_readers", "agreement of the model with the readers, mean over subjects", _NOT_COMPARED),
        _number(
            "readers_readers", "agreement of the readers with each other, mean over subjects", _NOT_COMPARED
        ),
        _number(
            "difference",
            "of the two, mean over subjects; above 0 the model is better, for distances too",
            _NOT_COMPARED,
        ),
        *_limits("the difference: bootstrap-t, subjects resampled", missing=f"{_NOT_COMPARED}, or {_FEW}"),
        _number(
            "p", "two-sided signed-rank test on the subjects' differences", f"{_NOT_COMPARED}, or {_FEW}"
        ),
        _number("p_holm", "p adjusted over the metrics (Holm)", f"{_NOT_COMPARED}, or {_FEW}"),
        _optional(
            Column("primary", "flag", "whether it is the metric of the tests; its `p` counts as it is")
        ),
    ),
    key=("metric",),
)

COMPARISON_SEGMENTED = replace(
    COMPARISON,
    name="Comparison of the segmented cases",
    file="readers/comparison_segmented.csv",
    row="a metric, as in the comparison, but without the cases in which the model failed; no row where "
    "it failed in no case",
)

TESTS = Schema(
    name="Tests",
    file="readers/tests.csv",
    row="a result for the primary metric; one that is not available has no numbers, and a sentence says why",
    columns=(
        Column("test", "text", "which result", values=NAMES_OF_TESTS),
        Column("subject_of_test", "text", "`auto`, or the reader for whom the model might stand in"),
        _number("epsilon", "epsilon of the alternative annotator test", "another test"),
        _number(
            "value",
            "mean difference (above 0 the model is better), index, probability that the model is at least as "
            "close, or winning rate",
            "not available",
        ),
        _optional(
            _number(
                "reference_value",
                "what the value is held against: minus the margin, 0, 1, the reader's own probability, or "
                "0.5",
                "nothing",
            )
        ),
        *_limits("the value", missing="there is none"),
        _number("p", "p value", "there is none"),
        _number("p_adjusted", "p adjusted over the readers (Benjamini-Yekutieli)", "there is none"),
        Column("passed", "flag", "verdict", missing="an estimate, or nothing could be tested"),
        Column("n", "integer", "subjects"),
        _SENTENCE,
    ),
    key=("test", "subject_of_test", "epsilon"),
)


def _bland_altman(unit: str, missing: str) -> tuple[Column, ...]:
    label = "ml" if unit == "ml" else "%"
    parts = {"bias": "bias", "low": "lower limit of agreement", "high": "upper limit of agreement"}
    return tuple(
        _number(f"{part}_{unit}_{end}", f"{side} limit of the interval of the {what}", missing, label)
        for part, what in parts.items()
        for end, side in (("low", "lower"), ("high", "upper"))
    )


BLAND_ALTMAN = Schema(
    name="Volumes (Bland and Altman)",
    file="readers/bland_altman.csv",
    row="two who drew the same cases: the model and a reader, or two readers",
    columns=(
        Column("reader", "text", "the difference is the volume of the reader less that of the reference"),
        Column("reference", "text", "the other"),
        Column("n", "integer", "cases"),
        _SUBJECTS,
        _optional(Column("left_out", "integer", "cases without volumes, because they could not be compared")),
        _number("bias_ml", "mean difference", _NO_VALUE, "ml"),
        _optional(_number("sd_ml", "standard deviation of the differences", "fewer than two cases", "ml")),
        _number("low_ml", "lower limit of agreement", "fewer than two cases", "ml"),
        _number("high_ml", "upper limit of agreement", "fewer than two cases", "ml"),
        *_bland_altman("ml", "too few cases or subjects"),
        Column("ratio_n", "integer", "cases in which both volumes are above 0"),
        Column("ratio_left_out", "integer", "the others"),
        _number(
            "bias_percent", "how much larger the reader's volume is, from the mean log ratio", _NO_VALUE, "%"
        ),
        _number("low_percent", "lower limit of agreement of the ratio", "fewer than two cases", "%"),
        _number("high_percent", "upper limit of agreement of the ratio", "fewer than two cases", "%"),
        *_bland_altman("percent", "too few cases or subjects"),
        _optional(
            Column(
                "intervals",
                "text",
                "how the intervals were made; the bootstrap where a subject has several cases",
                values=(names.BY_FORMULA, names.BY_BOOTSTRAP),
            )
        ),
    ),
    key=("reader", "reference"),
)

DETECTION = Schema(
    name="Detection",
    file="readers/detection.csv",
    row="a rate of missed tumours, or of false alarms; a tumour is missed where the mask shares no voxel "
    "with that of any independent reader who drew one",
    columns=(
        Column("reader", "text", "`auto` or a reader"),
        Column("against", "text", "`readers`; for a reader `other readers`", missing="images not segmented"),
        Column(
            "unit",
            "text",
            "what is counted: images or patients with a miss (in one image or more, or in all of them), "
            "images without an automatic mask though others have one, or images with a mask where no reader "
            "drew a tumour",
            values=names.UNITS,
        ),
        Column("missed", "integer", "how many"),
        Column("of", "integer", "of how many"),
        _number("rate", "missed / of", "`of` is 0"),
        *_limits("the rate: exact (Clopper-Pearson), images taken as independent", missing="`of` is 0"),
        _optional(
            Column("unknown", "integer", "left out: a pair could not be compared, and no other one decides")
        ),
    ),
    key=("reader", "unit"),
)

SUBGROUPS = Schema(
    name="Subgroups",
    file="readers/subgroups.csv",
    row="a group of a variable, and whose agreement",
    columns=(
        Column("variable", "text", "column that splits the cases: `site`, or a clinical column"),
        Column("group", "text", "its value, or the side of the median of many numbers"),
        _WHAT,
        Column("n", "integer", "subjects"),
        *_quartiles("of the primary metric over subjects"),
    ),
    key=("variable", "group", "what"),
)

SUBGROUP_TESTS = Schema(
    name="Tests of the subgroups",
    file="readers/subgroup_tests.csv",
    row="a variable, and whose agreement",
    columns=(
        Column("variable", "text", "column that splits the cases"),
        _WHAT,
        Column(
            "test",
            "text",
            "for two groups, or for more",
            values=(names.MANN_WHITNEY, names.KRUSKAL_WALLIS),
            missing="no test",
        ),
        _number("statistic", "U of the first group, or H", "no test"),
        _number("p", "two-sided p", "no test"),
        _number("p_holm", "p adjusted over the variables (Holm)", "no test"),
        _optional(
            Column("direction", "text", "in which group the median is highest and lowest", missing="no test")
        ),
        Column("note", "text", "what was not tested, and why", missing="all was tested"),
    ),
    key=("variable", "what"),
)

DIRECTION = Schema(
    name="Direction of the errors",
    file="readers/direction.csv",
    row="the model against all readers, the model against a reader, or two readers in order",
    columns=(
        Column("reader", "text", "whose mask"),
        Column("reference", "text", "against whose mask"),
        Column("n", "integer", "cases with FPRm and FNR"),
        _SUBJECTS,
        Column("left_out", "integer", "cases without: the reference is empty, or the pair failed"),
        _number("fprm_median", "median FPRm", _NO_VALUE),
        _number("fnr_median", "median FNR", _NO_VALUE),
        _number("share_outward", "share of the cases with FPRm above FNR, 0 to 1", _NO_VALUE),
        _number(
            "signed_distance_mm",
            "mean signed surface distance, above 0 where the mask reaches further; half the difference of "
            "both ways round",
            _NO_VALUE,
            "mm",
        ),
        _number("volume_difference_ml", "mean volume of the mask less the reference", _NO_VALUE, "ml"),
        _number("p", "two-sided signed-rank test of the subjects' mean FPRm less FNR", _FEW),
        _optional(
            Column(
                "direction",
                "text",
                "`outward`: draws too much; `inward`: too little",
                values=(names.OUTWARD, names.INWARD, names.NEITHER),
                missing=_FEW,
            )
        ),
        _SENTENCE,
    ),
    key=("reader", "reference"),
)

TIMES = Schema(
    name="Times",
    file="readers/times.csv",
    row="a reader and a kind of mask; no row where no minutes are stated",
    columns=(
        Column("reader", "text", "who drew"),
        Column("kind", "text", "kind of mask; one that is not stated counts as `independent`"),
        Column("n", "integer", "images"),
        *_quartiles("time", "min"),
        _number("total", "total time", _NO_VALUE, "min"),
    ),
    key=("reader", "kind"),
)

TIME_SAVED = Schema(
    name="Time saved",
    file="readers/time_saved.csv",
    row="what editing saves; no row where no image has times of an independent and of an edited mask",
    columns=(
        Column("n", "integer", "images with both times"),
        _optional(Column("same_reader", "integer", "of these, with both by one reader")),
        _SUBJECTS,
        _number("median", "median time saved; above 0 editing is faster", _NO_VALUE, "min"),
        *_limits("the median: percentile bootstrap, subjects resampled", "min"),
        _number("p", "two-sided signed-rank test on the subjects' means", _FEW),
        _SENTENCE,
    ),
)

CASES = Schema(
    name="Cases",
    file="readers/cases.csv",
    row="a case, the worst first: those in which the model failed, those with a value, those without a "
    "tumour",
    columns=(
        *shared_columns.CASE,
        _number("auto_readers", "primary metric, mean over the model and each reader", _UNDEFINED),
        _number("readers_readers", "mean over the ordered pairs of readers", _UNDEFINED),
        _number("difference", "of the two; above 0 the model is better", _UNDEFINED),
        Column(
            "lowest_pair",
            "text",
            "pair of least agreement, of the model's where there are some: `auto-A`",
            missing="no pair has a value",
        ),
        _number(
            "hd95_mm", "HD95, mean over the model's pairs (without a model, the readers')", _UNDEFINED, "mm"
        ),
        _number("fprm", "FPRm, likewise", _UNDEFINED),
        _number("fnr", "FNR, likewise", _UNDEFINED),
        Column(
            "status",
            "text",
            "of the automatic mask; the last two: all readers' masks are empty",
            values=("ok", names.MISSING, FAILED, "empty_mask", "empty_reference", "both_empty"),
        ),
    ),
    key=("subject", "timepoint", "sequence", "roi"),
)

#: Every table of a study by the name of its file.
TABLES = {
    schema.file.removeprefix("readers/").removesuffix(".csv"): schema
    for schema in (
        *(SUMMARY, COMPARISON, COMPARISON_SEGMENTED, TESTS, BLAND_ALTMAN, DETECTION),
        *(SUBGROUPS, SUBGROUP_TESTS, DIRECTION, TIMES, TIME_SAVED, CASES),
    )
}
