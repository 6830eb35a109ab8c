"""Sentences about how the models were validated, and how large the cohort should be."""

from __future__ import annotations

from collections.abc import Iterator

from nbradiomics.messages.wording import counted, share
from nbradiomics.outcome.sample_size import ASSUMED_SHARE
from nbradiomics.report.paper.methods.story import Story, listed

#: The shrinkage for which the summary states the number of subjects.
_SHRINKAGE = 0.9


def validation(story: Story) -> Iterator[str]:
    """Cross-validation, sites or an external cohort; models that could not be fitted."""
    settings = story.settings
    if story.endpoint.is_external:
        yield (
            "The models, fitted once to the whole development cohort, were applied as they are to the "
            "external cohort (external validation)."
        )
    elif story.sites:
        yield (
            f"Each level of {story.summary['leave_out']} ({listed(story.sites)}) was held out once and "
            "predicted by models of all others, an internal-external validation "
            f"{story.cite('steyerberg2016')}."
        )
    else:
        repeats = settings["repeats"]
        kind = "stratified" if story.summary.get("stratified") else "random"
        again = f" in {repeats} repeats, each with other folds" if repeats > 1 else ""
        yield (
            f"The models were validated internally, by a cross-validation with {settings['folds']} "
            f"{kind} folds{again}: every prediction is for a "
            "subject that the model had not seen."
        )
    for model in story.models:
        failed = sum(failure["model"] == model for failure in story.summary["failures"])
        if failed and story.endpoint.is_external:
            yield f"The {model} model could not be fitted."
        elif failed:
            yield (
                f"In {failed} of {story.folds} folds the {model} model could not be fitted; its results are "
                "those of the other folds."
            )


def sample_size(story: Story) -> Iterator[str]:
    """Subjects that were needed and there."""
    if story.endpoint.is_external:
        what = "subjects of the smallest class" if story.endpoint.is_class else "events"
        there = min(story.summary["classes"].values()) if story.endpoint.is_class else story.summary["events"]
        yield (
            f"The external cohort had {there} {what}; about 100 are recommended {story.cite('collins2016')}."
        )
        return
    size = story.summary["sample_size"]
    yield (
        f"By published criteria {story.cite('riley2019')}, a model of all "
        f"{counted(size['candidates'], 'candidate column')} needs {counted(size['subjects'], 'subject')} "
        f"(expected shrinkage {_SHRINKAGE:g}; R2 of Cox and Snell assumed at {share(ASSUMED_SHARE)} of its "
        f"largest value; computed from this cohort); {story.summary['subjects']:,} were analysed."
    )
