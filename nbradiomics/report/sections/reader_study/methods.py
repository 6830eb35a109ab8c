"""Small print: how the numbers of the reader study were made, and what each metric is."""

from __future__ import annotations

from nbradiomics.agreement.metrics import METRIC, Metric
from nbradiomics.messages.wording import counted, number
from nbradiomics.report.content import Block, Details, Table, Text
from nbradiomics.report.sections.reader_study.frames import StudyRun

_PARAGRAPHS = (
    (
        "A case is one region of one image; a subject may have several. Medians and quartiles are over "
        "cases, tests and intervals have the subject as their unit: the cases of a subject are averaged, "
        "and bootstraps draw whole subjects. The interval of a median is a percentile bootstrap, that of "
        "a mean difference a bootstrap-t (Efron and Tibshirani 1993)."
    ),
    (
        "Only masks that were drawn independently are compared: the first independent reading of each "
        "reader, and the automatic mask. Model and readers: the mean over the readers of the metric of "
        "the automatic mask against theirs. Readers among themselves: the mean over their ordered pairs, "
        "on the same cases in every test; the table by case shows all that there are."
    ),
    (
        "Non-inferiority: the lower limit of the interval of the mean difference lies above minus the "
        "margin; its p is one-sided, and passes below half of 1 less the confidence (0.025 at 95 %). "
        "Williams index: mean agreement of the model with the readers over that of the readers with each "
        "other (Williams, Biometrics 1976;32:619). Alternative annotator test (Calderon, "
        "Reichart and Dror, ACL 2025, arXiv 2501.10970): each reader is left out in turn; in how many "
        "subjects is the model at least as close to the others as that reader; it may stand in for the "
        "reader where its share is shown not to be lower than the reader's by ε or more; the winning "
        "rate is the share of readers for whom it may stand in, and 0.5 passes; the authors ask for "
        "three readers or more. The readers are fixed in all tests: a verdict is on them, not on readers "
        "at large. Adjusted over the readers by Benjamini and Yekutieli, over metrics and variables by Holm."
    ),
)
_UNDEFINED = "What a metric is where a mask is empty; NaN is undefined, and counted as such"


def method_blocks(of: StudyRun) -> list[Block]:
    """Folded away: settings, procedure, definitions of the metrics."""
    paragraphs = tuple(Text(text, tone="note") for text in (*_settings(of), *_PARAGRAPHS))
    return [Details("Methods and definitions", (*paragraphs, _definitions(), _empty()))]


def _settings(of: StudyRun) -> tuple[str, ...]:
    """What was fixed beforehand, as far as the study's record tells."""
    settings = of.study.record.get("settings")
    if not isinstance(settings, dict):
        return ()
    told = [f"primary metric {of.label}"]
    if of.margin is not None:
        fixed = settings.get("margin_fixed")
        told.append(
            f"margin {of.margin:g} ({f'fixed beforehand: {fixed}' if fixed else 'not stated when fixed'})"
        )
    epsilons = settings.get("epsilons")
    if isinstance(epsilons, list) and epsilons:
        told.append(f"ε {', '.join(str(value) for value in epsilons)}")
    told.append(f"{of.level} intervals")
    if isinstance(settings.get("alpha"), (int, float)):
        told.append(f"tests at {settings['alpha']:g}")
    if isinstance(settings.get("bootstraps"), int):
        told.append(f"{counted(settings['bootstraps'], 'bootstrap sample')}")
    return (f"Settings: {', '.join(told)}.",)


def _definitions() -> Table:
    rows = tuple(
        (metric.label, metric.formula, _range(metric), metric.better or "depends", metric.source)
        for metric in METRIC.values()
    )
    heads = ("Metric", "Definition", "Range", "Better", "Source")
    caption = (
        "Metrics: TP, FP, FN, TN count voxels in both, in the mask alone, in the reference alone, in neither"
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
    return f"{low}{unit} up" if metric.high is None else f"{low} to {number(metric.high, 0)}{unit}"
