"""Sentences about the harmonisation of features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbradiomics.harmonisation.effect_text import measured_subjects
from nbradiomics.messages.wording import concordance, counted, ratio
from nbradiomics.outcome.harmonisation_text import method_name
from nbradiomics.report.paper.methods.story import Story, listed

_UNSEEN = {
    "estimate": "their shift and scale were estimated from their own features, all together and without any "
    "outcome, so that the results do not hold for single patients of a new batch",
    "keep": "their features were not harmonised",
}


def harmonisation(story: Story) -> Iterator[str]:
    """Which features were harmonised between which batches, by whose estimates, and what was left."""
    facts = story.summary.get("harmonisation")
    if not isinstance(facts, Mapping) or not facts:
        return
    sources = ["johnson2007", "fortin2018"]
    sources += ["stein2015"] if facts["m_combat"] else []
    sources += ["horng2022"] if len(facts["batch"]) > 1 else []
    kept = f", with {listed(facts['covariates'])} as covariates" if facts["covariates"] else ""
    yield (
        f"{counted(facts['harmonised'], 'feature')} were harmonised between the levels of "
        f"{listed(facts['batch'])} ({_levels(facts)}) by {method_name(facts)} {story.cite(*sources)}{kept}. "
        f"The batch effects were estimated among {story.training} and applied to the others; no outcome was "
        "used."
    )
    if facts["as_measured"]:
        why = "" if facts["features"] else " (shape)"
        yield f"{counted(facts['as_measured'], 'feature')}{why} were not harmonised."
    for column, levels in facts["unseen_batches"].items():
        yield (
            f"Subjects of a {column} without training subjects ({listed(list(levels))}) were predicted too; "
            f"{_UNSEEN[facts['unseen']]}."
        )
    for name, count in facts["missing"].items():
        yield f"A missing {name} ({counted(count, 'subject')}) had its average effect in the harmonisation."
    noise = facts.get("noise") or {}
    if "value" in noise:
        yield (
            "Features of noise with the same batch effects, harmonised and modelled in the same way, reached "
            f"{concordance(noise['value'])} ({counted(noise['draws'], 'draw')}, standard error "
            f"{noise['error']:.3f}; 0.5 is chance)."
        )
    for column, states in (facts.get("effects") or {}).get("batches", {}).items():
        before, after = states["before"], states["after"]
        told = [ratio(each["balanced_accuracy"]) for each in (before, after)]
        yield (
            f"On {measured_subjects(before)} who did not fit the harmonisation, {before['different']} of "
            f"{before['features']} features differed between the levels of {column} before it "
            f"and {after['different']} after it (F test on normal scores, Holm's correction, 5 %), and a "
            f"random forest told them with a balanced accuracy of {told[0]} and {told[1]} "
            f"(chance {ratio(before['chance'])})."
        )


def _levels(facts: Mapping[str, Any]) -> str:
    return "; ".join(
        ", ".join(f"{level} {count}" for level, count in levels.items())
        for levels in facts["levels"].values()
    )
