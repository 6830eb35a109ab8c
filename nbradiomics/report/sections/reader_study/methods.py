"""Small print: methods of the reader study, and definitions of the metrics."""

from __future__ import annotations

from nbradiomics.agreement.metrics import METRIC, Metric
from nbradiomics.messages.wording import counted, number
from nbradiomics.report.content import Block, Details, Table, Text
from nbradiomics.report.sections.reader_study.frames import StudyRun

_PARAGRAPHS = (
    (
        "A case is one region of one image; a subject may have several cases. Medians and quartiles are "
        "computed over cases. The unit of tests and intervals is the subject: the cases of a subject are "
        "averaged, and bootstraps draw whole subjects. The interval of a median is a percentile bootstrap; "
        "the interval of a mean difference is a bootstrap-t (Efron and Tibshirani 1993)."
    ),
    (
        "Only independently drawn masks are compared: the first independent reading of each reader, and "
        "the automatic mask. Model and readers: the metric of the automatic mask against each reader's "
        "mask, averaged over the readers. Readers among themselves: the metric averaged over the ordered "
        "pairs of readers. Each test compares both on the same cases; the table by case shows all cases."
    ),
    (
        "Non-inferiority: the lower limit of the interval of the mean difference is above minus the "
        "margin; its p is one-sided and passes below (1 - confidence) / 2 (0.025 at 95 %). Williams index: "
        "mean agreement of the model with the readers, divided by the mean agreement of the readers with "
        "each other (Williams, Biometrics 1976;32:619). Alternative annotator test (Calderon, Reichart and "
        "Dror, ACL 2025, arXiv 2501.10970): each reader is left out in turn. The test counts the subjects "
        "in which the model is at least as close to the other readers as this reader is. The model may "
        "replace the reader if the test shows that its share of subjects is not lower than the reader's "
        "share by ε or more. The winning rate is the share of readers whom the model may replace; 0.5 "
        "passes. The authors ask for three readers or more. All tests treat the readers as fixed: a verdict "
        "is valid for these readers, not for readers in general. p values are adjusted over the readers by "
        "the method of Benjamini and Yekutieli, and over metrics and variables by the method of Holm."
    ),
)
_UNDEFINED = "Value of each metric if a mask is empty; NaN is undefined, and is counted as undefined"


def method_blocks(study_run: StudyRun) -> list[Block]:
    """Folded block of settings, methods and definitions of the metrics."""
    paragraphs = tuple(Text(text, tone="note") for text in (*_settings(study_run), *_PARAGRAPHS))
    return [Details("Methods and definitions", (*paragraphs, _definitions(), _empty()))]


def _settings(study_run: StudyRun) -> tuple[str, ...]:
    """Settings of the study, as far as its record contains them."""
    settings = study_run.study.record.get("settings")
    if not isinstance(settings, dict):
        return ()
    parts = [f"primary metric {study_run.label}"]
    if study_run.margin is not None:
        when_fixed = settings.get("margin_fixed")
        parts.append(
            f"margin {study_run.margin:g} "
            f"({f'fixed beforehand: {when_fixed}' if when_fixed else 'time of fixing not stated'})"
        )
    epsilons = settings.get("epsilons")
    if isinstance(epsilons, list) and epsilons:
        parts.append(f"ε {', '.join(str(value) for value in epsilons)}")
    parts.append(f"{study_run.level} intervals")
    if isinstance(settings.get("alpha"), (int, float)):
        parts.append(f"tests at level {settings['alpha']:g}")
    if isinstance(settings.get("bootstraps"), int):
        parts.append(f"{counted(settings['bootstraps'], 'bootstrap sample')}")
    return (f"Settings: {', '.join(parts)}.",)


def _definitions() -> Table:
    rows = tuple(
        (metric.label, metric.formula, _range(metric), metric.better or "depends", metric.source)
        for metric in METRIC.values()
    )
    heads = ("Metric", "Definition", "Range", "Better", "Source")
    caption = (
        "Metrics. TP, FP, FN, TN: voxels in both masks, only in the mask, only in the reference, in neither"
    )
    return Table(heads, rows, text_columns=5, caption=caption)


def _empty() -> Table:
    rows = tuple(
        (metric.label, metric.if_mask_empty, metric.if_reference_empty, metric.if_both_empty)
        for metric in METRIC.values()
    )
    return Table(("Metric", "Mask empty", "Reference empty", "Both empty"), rows, 4, _UNDEFINED)


def _range(metric: Metric) -> str:
    unit = f" {metric.unit}" if metric.unit else ""
    if metric.low is None:
        return f"any{unit}"
    low = number(metric.low, 0)
    return f"{low}{unit} or more" if metric.high is None else f"{low} to {number(metric.high, 0)}{unit}"
