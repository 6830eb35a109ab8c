"""What is said about a rasterised region: why there is no mask, and what was lost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nbradiomics.dicom.masks.region_source import Finding
from nbradiomics.dicom.masks.structure_sets.contours import Region
from nbradiomics.dicom.masks.structure_sets.planes import BEYOND, FLAT, SAME_PLANE, Counts
from nbradiomics.dicom.masks.structure_sets.rasterised import Losses, Rasterised
from nbradiomics.messages.wording import amount, counted, percent

_EXPORT = "Export the structure set again from the system in which it was drawn."
_LOOK = "Compare the mask with the contours in a viewer."


def refusal(region: Region, made: Rasterised) -> Finding | None:
    """Why a region has no mask; ``None`` if it has one. A region that would be wrong in part has none."""
    counts = made.counts
    if region.damaged:
        kinds = "; ".join(sorted(set(region.damaged)))
        return Finding(f"{counted(len(region.damaged), 'contour')} cannot be read: {kinds}.", _EXPORT)
    if not region.contours:
        return Finding("the region has no contours.", "Leave it out by a rule, or draw it.")
    if counts.tilted:
        share = percent(FLAT)
        return Finding(
            f"{_of(counts.tilted, counts)} not parallel to the image's slices: points differ by more than "
            f"{share} of the distance of two slices. Such contours are not rasterised.",
            "Draw or export the contours on the slices of this series.",
        )
    if counts.far:
        return Finding(f"{_of(counts.far, counts)} more than {BEYOND / 1000:g} m beyond the image.", _EXPORT)
    if counts.contradictory:
        return Finding(
            f"{_of(counts.contradictory, counts)} on another slice than the image that they name.",
            "The coordinates or the references are wrong. " + _EXPORT,
        )
    return None if made.voxels.any() else _nothing(counts, made.losses)


def _nothing(counts: Counts, losses: Losses) -> Finding:
    if not counts.closed:
        return Finding(
            f"none of the {counted(counts.open, 'contour')} encloses an area (points or open lines).",
            "Leave the region out by a rule, or draw closed contours.",
        )
    if losses.outside or losses.beyond:
        return Finding("all contours lie outside the image.", "Use the series on which the region was drawn.")
    return Finding(
        f"no voxel's centre is within the {counted(counts.closed, 'closed contour')}.",
        "The region is smaller than the voxels: it cannot be measured on this image.",
    )


def _of(number: int, counts: Counts) -> str:
    """``3 of 20 closed contours are``."""
    return f"{number:,} of {counted(counts.closed, 'closed contour')} {'is' if number == 1 else 'are'}"


def warnings_about(made: Rasterised, voxel: float) -> Iterator[Finding]:
    """Everything that was left out or may be wrong; `voxel` is the volume of a voxel in ml."""
    yield from _about_contours(made.counts)
    yield from _about_slices(made)
    yield from _about_volume(made, voxel)


def _about_contours(counts: Counts) -> Iterator[Finding]:
    if counts.open:
        yield Finding(
            f"{counted(counts.open, 'contour')} without an area (points or open lines): not used.", _LOOK
        )
    if counts.short:
        yield Finding(f"{_of(counts.short, counts)} of fewer than three different points: not used.", _LOOK)
    if counts.duplicates:
        yield Finding(f"{_of(counts.duplicates, counts)} there twice: each was used once.", _LOOK)
    if counts.unknown_images:
        yield Finding(
            f"{_of(counts.unknown_images, counts)} drawn on images that are not in the series; the slice was "
            "found by coordinates alone.",
            "Make sure that the series is the one on which the region was drawn (a copy of it is fine).",
        )


def _about_slices(made: Rasterised) -> Iterator[Finding]:
    counts, losses = made.counts, made.losses
    if counts.dropped:
        yield Finding(
            f"{_of(counts.dropped, counts)} on a plane that is not the nearest to any slice: not used.",
            "The region was drawn on another grid. Use the series on which it was drawn.",
        )
    if counts.between:
        yield Finding(
            f"{_of(counts.between, counts)} more than {percent(SAME_PLANE)} of the distance of two slices "
            "away from its slice.",
            "The region was drawn on another grid. Use the series on which it was drawn.",
        )
    if losses.missing:
        yield Finding(
            f"{counted(losses.missing, 'slice')} between the first and the last of "
            f"{counted(len(counts.slices), 'slice')} with contours have none. They are empty in the mask: "
            "nothing is interpolated.",
            "If the region is one piece, interpolate its contours in the system in which they were drawn.",
        )


def _about_volume(made: Rasterised, voxel: float) -> Iterator[Finding]:
    losses = made.losses
    volume = int(np.count_nonzero(made.voxels)) * voxel
    if losses.outside or losses.beyond:
        lost = (losses.outside + losses.beyond) * voxel
        yield Finding(
            f"{amount(lost)} ml lie outside the image and are not in the mask; {amount(volume)} ml are.",
            "Use the series on which the region was drawn, not cropped.",
        )
    if losses.crossed:
        yield Finding(
            f"contours of one slice overlap in part; {amount(losses.crossed * voxel)} ml "
            f"of {amount(volume)} ml are affected. What two contours contain is not in the mask "
            "(even-odd rule).",
            _LOOK,
        )
    if losses.wound_twice:
        yield Finding(
            f"contours cross themselves and enclose {amount(losses.wound_twice * voxel)} ml more than once, "
            f"beside {amount(volume)} ml in the mask. What is enclosed twice is not in it (even-odd rule).",
            _LOOK,
        )
    if losses.empty:
        yield Finding(
            f"{counted(losses.empty, 'contour')} without the centre of a voxel: not in the mask.", _LOOK
        )
    yield from _about_doubts(losses, volume, voxel)


def _about_doubts(losses: Losses, volume: float, voxel: float) -> Iterator[Finding]:
    """Where the mask may have another volume than what was drawn; volumes in ml."""
    if losses.unexplained:
        yield Finding(
            f"on {counted(losses.unexplained, 'slice')} the mask and the area of the contours differ by more "
            f"than half a voxel along the contours ({amount(volume)} and "
            f"{amount(losses.polygons * voxel)} ml in all).",
            _LOOK,
        )
    if losses.wide > losses.narrow:
        yield Finding(
            f"the contours run through centres of voxels: with all of these the region has "
            f"{amount(losses.wide * voxel)} ml, with none {amount(losses.narrow * voxel)} ml, and "
            f"{amount(volume)} ml in the mask, which has those on the first sides only.",
            "The contours were probably made from a mask: use that mask, if it still exists.",
        )
