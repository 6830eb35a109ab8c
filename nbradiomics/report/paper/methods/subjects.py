"""Sentences about the software, the subjects and the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbradiomics.messages.wording import counted
from nbradiomics.outcome.facts import with_outcome
from nbradiomics.outcome.settings import FIRTH
from nbradiomics.report.paper.methods.story import Story, listed

_TITLES = {
    "numpy": "NumPy",
    "scipy": "SciPy",
    "pandas": "pandas",
    "scikit-learn": "scikit-learn",
    "lifelines": "lifelines",
    "firthmodels": "firthmodels",
    "scikit-survival": "scikit-survival",
}


def software(story: Story) -> Iterator[str]:
    """Versions of what computed the results."""
    versions: Mapping[str, str] = story.summary["software"]
    unused = {
        "lifelines": story.endpoint.is_class,
        "firthmodels": story.method != FIRTH,
        "scikit-survival": story.endpoint.is_class or not story.has_trees,
    }
    wanted = [name for name in _TITLES if not unused.get(name)]
    packages = listed([f"{_TITLES[name]} {versions[name]}" for name in wanted if name in versions])
    works = ("pedregosa2011",) if story.endpoint.is_class else ("pedregosa2011", "davidson2019")
    yield (
        f"Outcome models were fitted and judged with nbradiomics {versions['nbradiomics']}, Python "
        f"{versions['python']}, {packages} {story.cite(*works)}."
    )
    yield f"The random seed was {story.settings['seed']}."


def subjects(story: Story) -> Iterator[str]:
    """Outcome, numbers of subjects and events, who was left out and why."""
    summary = story.summary
    if story.endpoint.is_class:
        *_, last = summary["classes"]
        positive = f"; {last!r} was the positive class" if len(summary["classes"]) == 2 else ""
        yield f"The outcome was {summary['target']}, a class{positive}."
    else:
        yield (
            f"The outcome was the time to an event (time {summary['time']}, event {summary['event']}); times "
            "were taken to start at the analysed scan."
        )
    if story.endpoint.is_external:
        first = summary["development"]
        yield (
            f"The models were fitted to a development cohort of {_people(first)} "
            f"({_left_out(first['excluded'])}), and judged on an external cohort of {_people(summary)}."
        )
    else:
        yield f"{_people(summary)} were analysed."
    yield from _follow_up(story)
    yield _reasons(story)


def _people(facts: Mapping[str, Any]) -> str:
    return f"{counted(facts['subjects'], 'subject')} {with_outcome(facts)}"


def _left_out(number: int) -> str:
    return f"{number} left out" if number else "none left out"


def _follow_up(story: Story) -> Iterator[str]:
    median = story.summary.get("median_follow_up")
    if median is not None:
        whose = " of the external subjects" if story.endpoint.is_external else ""
        yield (
            f"The median follow-up{whose} was {median:g}, in the unit of {story.summary['time']}, by the "
            f"reverse Kaplan-Meier estimate {story.cite('schemper1996')}."
        )


def _reasons(story: Story) -> str:
    number, table = story.summary["excluded"], story.endpoint.excluded
    whose = "external subject" if story.endpoint.is_external else "subject"
    if not number:
        return f"No {whose} was left out."
    verb = "was" if number == 1 else "were"
    told = f"{counted(number, whose)} {verb} left out"
    if table is None or table.empty:
        return f"{told}."
    reasons = table["reason"].value_counts()
    return f"{told}: {listed([f'{reason} ({count})' for reason, count in reasons.items()])}."
