"""Sentences about the trial of the radiomic model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nbradiomics.messages.wording import counted, number
from nbradiomics.outcome.trial_schema import SHAPE, VOLUME
from nbradiomics.report.paper.methods.story import Story, listed

_CONTROLS = {
    "shuffled": "the voxels of the region were shuffled",
    "random": "the voxels of the region were drawn at random from its range",
    "neighbourhood": "the voxels of the region were drawn from the tissue around it",
    "displaced": "the mask lay at another place",
    "ring": "a ring around the region took its place",
    "whole": "the whole image took its place",
}


def trial(story: Story) -> Iterator[str]:
    """On which other features the model was tried, what counted as a cost, permuted outcomes, the result."""
    facts = story.summary.get("trial")
    table = story.endpoint.controls
    if not isinstance(facts, Mapping) or table is None:
        return
    names = set(table.loc[table["value"].notna(), "features"])
    alone = [f"the {name} alone" for name in (VOLUME, SHAPE) if name in names]
    controls = [
        f"images in which {_CONTROLS.get(name, f'control {name} was made')}" for name in facts["controls"]
    ]
    if controls or alone:
        colon = ": " if controls else ""
        of_controls = f"features of negative controls {story.cite('welch2019')}" if controls else ""
        yield (
            "The radiomic model was fitted again, with the same settings, folds and samples, to "
            f"{listed([*alone, *filter(None, [of_controls])])}{colon}{'; '.join(controls)}. "
            "A cost counted as none if the upper limit of its interval was below "
            f"{number(facts['margin'], 2)}, or below half of what the real features had above chance if "
            f"that was less {story.cite('piaggio2012')}."
        )
    if facts["permutations"]:
        permuted = counted(facts["permutations"], "permuted outcome")
        yield f"The cross-validation was repeated with {permuted}, as a check of the procedure."
