"""Sentences about the ratios of the covariates."""

from __future__ import annotations

from collections.abc import Iterator

from nbradiomics.messages.wording import counted, share
from nbradiomics.report.paper.methods.story import Story


def ratios(story: Story) -> Iterator[str]:
    """The ordinary model of the covariates, if it has a solution."""
    facts = story.summary.get("ratios")
    if not facts or facts["reason"] or not facts["columns"]:
        return
    people = counted(facts["subjects"], "external subject" if story.endpoint.is_external else "subject")
    model = "logistic" if story.endpoint.is_class else "Cox"
    yield (
        f"The {facts['kind']}s of the covariates, with Wald's {share(story.settings['confidence'])} "
        f"intervals, are those of an ordinary {model} model of the covariates alone, without a penalty, "
        f"fitted to {people} with a value of each; they describe these subjects."
    )
    if facts["ph_p"] is not None:
        yield f"Proportional hazards were tested by the score test {story.cite('grambsch1994')}."
