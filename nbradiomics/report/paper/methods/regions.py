"""Sentences about derived regions: diffusion maps, habitats, rings, rims and cores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nbradiomics.cohort.derived_regions import Derived, derived
from nbradiomics.messages.wording import counted, percent
from nbradiomics.report.paper.methods.story import Story, listed

_BY_DISTANCE = {
    "ring": "voxels outside the drawn region, at most {:g} mm from its surface",
    "rim": "voxels of the drawn region, at most {:g} mm from its surface",
    "core": "voxels of the drawn region that are more than {:g} mm from its surface",
}


def regions(story: Story) -> Iterator[str]:
    """Say how the regions whose features were used were derived from the drawn ones; nothing if none was."""
    rois = [str(roi) for roi in story.summary["rows"].get("roi", ())]
    found = {roi: part for roi in rois if (part := derived(roi)) is not None}
    if not found or story.endpoint.is_external:
        return
    yield from (_by_distance(roi, part) for roi, part in found.items() if part.kind in _BY_DISTANCE)
    record = story.provenance.get("habitats")
    if any(part.kind == "habitat" for part in found.values()) and isinstance(record, Mapping):
        yield from _diffusion(story)
        yield from _habitats(story, record)


def _by_distance(roi: str, part: Derived) -> str:
    return f"The region {roi} contained the {_BY_DISTANCE[part.kind].format(part.detail)}."


def _diffusion(story: Story) -> Iterator[str]:
    record = story.provenance.get("adc")
    if not isinstance(record, Mapping):
        return
    floor = (
        f", with the noise floor of magnitude images {story.cite('gudbjartsson1995')}"
        if record["settings"]["noise_floor"]
        else ""
    )
    b_values = " or ".join(record["b_values"])
    yield (
        f"The apparent diffusion coefficient of each voxel was fitted to the images with b-values {b_values} "
        f"s/mm2 by non-linear least squares{floor}."
    )


def _habitats(story: Story, record: Mapping[str, Any]) -> Iterator[str]:
    models, settings = record["models"], record["settings"]
    model = next(iter(models.values()))
    channels = listed([name or "the image" for name in model["channels"]])
    how = "k-means" if model["method"] == "kmeans" else "a Gaussian mixture"
    number = (
        "chosen by silhouette among the numbers that were stable when subjects were resampled"
        if settings["clusters"] == "auto"
        else "stated"
    )
    yield (
        f"Tumours were divided into {counted(model['habitats'], 'habitat')} by {how} of the values of "
        f"{channels}{_errors(story, model['errors'])}; the number was {number}."
    )
    yield from _fits(record["fits"])
    if model["method"] != "kmeans":
        yield (
            f"The region of a habitat contained the voxels that belonged to it with a confidence of "
            f"{percent(settings['confidence'])} or more."
        )


def _errors(story: Story, kind: str) -> str:
    if kind == "deconvolved":
        return f"; the error of each voxel was part of the mixture {story.cite('bovy2011')}"
    if kind == "smeared":
        return "; the confidence was the share of values within the error of a voxel with the same habitat"
    return ""


def _fits(fits: Mapping[str, Any]) -> Iterator[str]:
    if "named" in fits:
        number = counted(len(fits["named"]["fitted_on"]), "subject")
        yield f"The model was fitted on {number}, on whom the outcome models were not evaluated."
    elif fits:
        folds = [name for name, fit in fits.items() if fit["applied_to"]]
        yield (
            f"The model was cross-fitted in {counted(len(folds), 'fold')} of subjects: no subject's own "
            "voxels decided about its habitats."
        )
