"""Sentences about metrics, their intervals, risk groups and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nbradiomics.messages.wording import counted, share
from nbradiomics.report.paper.methods.story import Story, listed
from nbradiomics.report.sections.outcome import grouping_text

#: Metrics in words, with their sources; of a time to an event, and of a class where they differ.
_SURVIVAL = {
    "harrell_c": ("Harrell's C", ("harrell1996",)),
    "uno_c": ("Uno's C", ("uno2011",)),
    "auc_t": ("the cumulative/dynamic area under the ROC curve", ("uno2007", "hung2010")),
    "brier": ("the Brier score", ("graf1999",)),
    "ibs": ("the mean of the Brier score over time", ()),
    "calibration_slope": ("the calibration slope", ("vanhouwelingen2000",)),
    "observed_expected": ("the ratio of observed to predicted events", ()),
}
#: Where they differ for an event with competing events.
_COMPETING = {
    "harrell_c": (
        (
            "Harrell's C of the cumulative incidence, in which subjects with a competing event never have "
            "the event"
        ),
        ("wolbers2009",),
    ),
    "uno_c": ("Uno's C, likewise", ("wolbers2014",)),
    "auc_t": (
        (
            "the cumulative/dynamic area under the ROC curve, in which subjects with a competing event are "
            "controls"
        ),
        ("blanche2013",),
    ),
    "brier": ("the Brier score", ("schoop2011",)),
}
_CLASSES = {
    "roc_auc": ("the area under the ROC curve", ()),
    "average_precision": ("average precision", ()),
    "brier": ("the Brier score", ("brier1950",)),
    "balanced_accuracy": ("balanced accuracy", ()),
    "mcc": ("Matthews' correlation", ("matthews1975",)),
    "sensitivity": ("sensitivity", ()),
    "specificity": ("specificity", ()),
    "calibration_slope": ("the calibration slope", ("cox1958",)),
    "observed_expected": ("the ratio of observed to predicted subjects of the positive class", ()),
}
_GAINS = {
    "_gain_over_clinical": "the gain of the combined over the clinical model",
    "_gain_over_volume": "the gain of the radiomic model over the volume",
}
_LOGIT = "Student's t, on the scale of the logit for metrics between 0 and 1"
_CENSORED = ("uno_c", "auc_t", "brier", "ibs")


def metrics(story: Story) -> Iterator[str]:
    """Metrics that are defined for a model at least, with their horizons."""
    there = _defined(story, "value")
    known = _known(story)
    named = [
        f"{text} {story.cite(*works)}" if works else text
        for metric, (text, works) in known.items()
        if metric in there
    ]
    if not named:
        yield "No metric could be computed."
        return
    yield f"The models were judged by {listed(named)}."
    gains = [text for ending, text in _GAINS.items() if any(name.endswith(ending) for name in there)]
    if gains:
        order = "the ROC area" if story.endpoint.is_class else "Harrell's C"
        text = f"{listed(gains)} in {order} {'was' if len(gains) == 1 else 'were'} computed."
        yield text[0].upper() + text[1:]
    yield from _how(story, there)
    yield from _curves(story)


def _how(story: Story, there: Sequence[str]) -> Iterator[str]:
    """Horizons, censoring, comparison within folds, choice of a class."""
    external = story.endpoint.is_external
    if not story.endpoint.is_class:
        yield _horizons(story, there)
        if any(metric in there for metric in _CENSORED):
            whose = "the external subjects" if external else "the training subjects of the fold"
            yield f"Censoring weights came from {whose}."
    if not external:
        part = "site" if story.sites else "fold"
        yield f"Only subjects of the same {part} were ordered against each other."
        if not story.sites and story.settings["repeats"] > 1:
            yield "Metrics were averaged over the repeats."
    if story.endpoint.is_class and {"balanced_accuracy", "mcc"} & set(there):
        yield (
            "The predicted class was the one whose probability was the largest multiple of its share of "
            f"{'the development cohort' if external else 'the training subjects'}."
        )


def _horizons(story: Story, there: Sequence[str]) -> str:
    """Points in time of the metrics, and who chose them."""
    times = story.summary["horizons"]
    whose = " of the development cohort" if story.endpoint.is_external else ""
    usual = "" if story.settings["horizons"] else f" (the median time of the events{whose})"
    names = {"uno_c": "Uno's C", "ibs": "the mean Brier score"}
    whole = [name for metric, name in names.items() if metric in there]
    last = f"{story.summary['end']:g} (one subject in five was observed longer)"
    if story.endpoint.is_external:
        last = f"{story.summary['end']:g}"  # or the last event of the development cohort
    end = f"; {listed(whole)} went until {last}" if whole else ""
    verb = "horizons were" if len(times) > 1 else "horizon was"
    shown = listed([f"{time:g}" for time in times])
    return f"The {verb} {shown}{usual}{end}, in the unit of {story.summary['time']}."


def _curves(story: Story) -> Iterator[str]:
    endpoint = story.endpoint
    classes = endpoint.is_class
    calibration = endpoint.class_calibration if classes else endpoint.calibration
    decision = endpoint.class_decision if classes else endpoint.decision
    if calibration is not None and not calibration.empty:
        observed = "the share of the class" if classes else _estimate(story)
        yield f"Calibration was drawn in groups of equal size by the prediction, against {observed}."
    if decision is not None and not decision.empty:
        yield f"Decision curves show the net benefit {story.cite('vickers2006')}."


def intervals(story: Story) -> Iterator[str]:
    """How the intervals were made, and which metrics have one."""
    kind, settings = story.summary["intervals"], story.settings
    if kind == "none":
        yield "No confidence intervals of the metrics were computed."
        return
    level = share(settings["confidence"])
    yield {
        "refit": lambda: _refitted(story, level),
        "quick": lambda: (
            f"Quick {level} intervals are percentiles of {settings['bootstraps']:,} bootstrap draws of the "
            "predictions, without fitting the models again: they are too narrow, and should not be published."
        ),
        "draws": lambda: (
            f"The {level} intervals come from {settings['bootstraps']:,} bootstrap draws of the external "
            f"subjects ({_LOGIT}); the models stayed as they are.{_wilson(story)}"
        ),
    }[kind]()
    there = _defined(story, "low")
    if not there:
        yield "No metric has an interval, because none was defined in enough samples."
        return
    known = _known(story)
    names = [known[name][0] for name in there if name in known]
    names += [text for ending, text in _GAINS.items() if any(name.endswith(ending) for name in there)]
    yield f"Intervals are given for {listed(names)}."


def _refitted(story: Story, level: str) -> str:
    failed = story.summary.get("failed_refits", 0)
    lost = f" ({counted(failed, 'sample')} could not be fitted)" if failed else ""
    how = (
        "each site was held out again, with every step fitted again"
        if story.sites
        else "the whole cross-validation was repeated twice, with every step fitted again and all copies of "
        "a subject in one fold, so that the variance of the subjects could be told from that of the folds"
    )
    return (
        f"The {level} intervals ({_LOGIT}) come from {story.settings['refits']:,} bootstrap samples of the "
        f"subjects{lost}; in each, {how} {story.cite('cai2023')}."
    )


def _wilson(story: Story) -> str:
    if not story.endpoint.is_class or "balanced_accuracy" not in _defined(story, "low"):
        return ""
    return (
        f" Sensitivity and specificity have Wilson's interval {story.cite('wilson1927')}, and balanced "
        f"accuracy the one that follows from those of its classes {story.cite('zou2008')}."
    )


def _defined(story: Story, column: str) -> list[str]:
    """Metrics of which a model at least has a value, or a limit."""
    table = story.endpoint.performance
    if table is None:
        return []
    return list(dict.fromkeys(table["metric"][np.isfinite(table[column].astype(float))]))


def _known(story: Story) -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Metrics of this kind of outcome in words, with their sources."""
    if story.endpoint.is_class:
        return _CLASSES
    return {**_SURVIVAL, **_COMPETING} if story.endpoint.has_competing else _SURVIVAL


def _estimate(story: Story) -> str:
    return "1 - cumulative incidence" if story.endpoint.has_competing else "Kaplan-Meier survival"


def groups(story: Story) -> Iterator[str]:
    """Risk groups, and tests of their difference as far as they were done."""
    if not story.endpoint.is_class:
        level = share(story.settings["confidence"])
        yield grouping_text(story.endpoint)
        if story.endpoint.has_competing:
            yield (
                f"The curves of the groups are 1 - cumulative incidence {story.cite('aalen1978')} with "
                f"{level} intervals at each time, symmetric for log(-log)."
            )
        else:
            yield (
                f"Survival of the groups is the Kaplan-Meier estimate {story.cite('kaplan1958')} with "
                f"{level} intervals at each time (exponential Greenwood)."
            )
        if story.endpoint.is_external and story.summary["risk_groups"]:
            third = f"the restricted mean survival {story.cite('royston2013')}"
            if story.endpoint.has_competing:
                third = "the cumulative incidence (log-rank test and hazard ratio are cause-specific)"
            yield (
                f"The groups were compared by the log-rank test, the hazard ratio of a Cox model and {third}."
            )
    yield from _permutations(story)


def _permutations(story: Story) -> Iterator[str]:
    tested = [model for model, p in (story.summary.get("permutation_p") or {}).items() if p is not None]
    if tested:
        what = "The ROC area" if story.endpoint.is_class else "The difference between the risk groups"
        yield (
            f"{what} of the {listed(tested)} model was tested by {story.settings['permutations']:,} "
            f"permutations of the outcome, with the whole cross-validation repeated in each "
            f"{story.cite('simon2011')}."
        )
        yield from _gains(story)
    elif not story.endpoint.is_external and not story.endpoint.is_class:
        yield (
            "No p value of the risk groups is given: a log-rank test is not valid for groups of a "
            "cross-validation."
        )


def _gains(story: Story) -> Iterator[str]:
    """How the gains were tested, as far as they were."""
    tested = [name for name, p in (story.summary.get("gain_p") or {}).items() if p is not None]
    named = [text for ending, text in _GAINS.items() if any(name.endswith(ending) for name in tested)]
    if named:
        yield (
            f"For {listed(named)}, the part of the features that the columns of the other model do not "
            f"explain was permuted among the subjects {story.cite('freedman1983', 'candes2018')}, and the "
            "whole cross-validation repeated in each permutation."
        )
