"""Sentences about the preparation of the images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbradiomics.messages.wording import counted
from nbradiomics.report.paper.methods.story import Story

#: What each step does, by the word that chooses it, and its references.
_STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "register": (
        "other channels were registered rigidly onto the channel with the masks by mutual information",
        ("mattes2003",),
    ),
    "n4": ("the bias field was corrected by N4", ("tustison2010",)),
    "ad": ("noise was reduced by anisotropic diffusion", ("perona1990",)),
    "nlm": ("noise was reduced by non-local means", ("buades2005",)),
    "zscore": ("intensities were normalised to mean 0 and standard deviation 1", ()),
    "percentile": ("intensities were scaled between two percentiles", ()),
    "whitestripe": ("intensities were normalised by a tissue peak as in WhiteStripe", ("shinohara2014",)),
    "nyul": ("intensities were mapped to a standard scale of landmarks", ("nyul2000",)),
    "resample": ("images were resampled to another voxel size", ()),
}


def images(story: Story) -> Iterator[str]:
    """Say which steps prepared the images, in their order, and whose images fitted the landmarks."""
    record = story.provenance.get("prepare")
    if not isinstance(record, Mapping) or story.endpoint.is_external:
        return
    done = []
    for name in record["steps"]:
        kind = str(name).partition("_")[0]
        words, works = _STEPS.get(kind, (f"the step {kind} was applied", ()))
        cited = f" {story.cite(*works)}" if works else ""
        done.append(f"{words}{cited}")
    yield f"Images were prepared in this order: {'; '.join(done)} (settings: {' + '.join(record['steps'])})."
    yield from _fits(record)


def _fits(record: Mapping[str, Any]) -> Iterator[str]:
    fits = record.get("fits") or {}
    if "named" in fits:
        yield (
            f"The landmarks were fitted on images of {counted(len(fits['named']['fitted_on']), 'subject')}, "
            "on whom the outcome models were not evaluated."
        )
    elif fits:
        yield (
            f"The landmarks were cross-fitted in {counted(len(fits), 'fold')} of subjects, for each sequence "
            "and channel: no subject's own images decided about its landmarks."
        )
    elif record.get("settings", {}).get("landmarks"):
        yield "The landmarks had been fitted on the images of another cohort."
