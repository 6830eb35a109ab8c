"""The regions that are derived from one drawn region, with their values in the table and their warnings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from nbradiomics.cohort.derived_regions import derived_name
from nbradiomics.errors import InputError
from nbradiomics.messages.wording import percent
from nbradiomics.rings.distance import Mask, Spacing
from nbradiomics.rings.settings import RegionSettings
from nbradiomics.rings.shells import rim_and_core, ring_around, without_holes

#: A share of a region above which its kind of voxels is reported.
_NOTABLE = 0.1
#: A difference between requested and real thickness, as a share, above which it is reported.
_THICKNESS = 0.25


@dataclass(frozen=True)
class Scene:
    """A drawn region and what surrounds it; axes z, y, x.

    Attributes
    ----------
    region, others, body
        The drawn region; other lesions; the body, if its mask was given.
    lowest
        Voxels with the lowest value of the image.
    spacing
        Voxel size in mm along z, y, x.
    """

    region: Mask
    others: Mask
    body: Mask | None
    lowest: Mask
    spacing: Spacing

    def ml(self, mask: Mask) -> float:
        """Volume of a mask in millilitres."""
        return float(mask.sum() * np.prod(self.spacing) / 1000)


class Part(NamedTuple):
    """A derived region: its mask, or the reason why there is none, and its values in the table."""

    mask: Mask | Exception
    row: dict[str, Any]


def part_names(settings: RegionSettings, prefix: str = "") -> list[str]:
    """Names of the derived regions, in the order of `parts_of`."""
    ring = [] if settings.ring is None else [derived_name("ring", settings.ring, prefix)]
    if settings.rim is None:
        return ring
    return [*ring, derived_name("rim", settings.rim, prefix), derived_name("core", settings.rim, prefix)]


def parts_of(scene: Scene, settings: RegionSettings) -> list[Part]:
    """Make the derived regions that the settings name: ring, rim, core."""
    ring = [] if settings.ring is None else [_ring(scene, settings.ring, settings.max_outside)]
    return ring if settings.rim is None else [*ring, *_rim_and_core(scene, settings.rim)]


def _ring(scene: Scene, width: float, max_outside: float) -> Part:
    made = ring_around(scene.region, scene.spacing, width, body=scene.body, others=scene.others)
    cut = {name: getattr(made, name) for name in ("outside_image", "outside_body", "other_lesions")}
    row = {**_common(scene, width), **cut}
    what = f"the ring of {_short(width)} mm"
    if made.outside_image > max_outside:
        error = InputError(
            f"{percent(made.outside_image)} of {what} lies outside the image; at most "
            f"{percent(max_outside)} was allowed.",
            "Use an image that shows more around the lesion, or a smaller width; --max-outside allows more.",
        )
        return Part(error, row)
    if not made.mask.any():
        return Part(_empty_ring(scene, width, made.full), row)
    notes = _body_notes(scene)
    if made.outside_image > 0:
        notes.append(f"{percent(made.outside_image)} of the ring lies outside the image")
    return _finished(scene, made.mask, row, [*_thickness_notes(scene, width, "ring"), *notes], width)


def _empty_ring(scene: Scene, width: float, full: int) -> InputError:
    if full:
        return InputError(
            f"nothing is left of the ring of {_short(width)} mm without other lesions and outside the body.",
            "Look at the masks: is the body's mask that of this scan?",
        )
    return InputError(
        f"the ring of {_short(width)} mm is empty: no voxel centre is that near to the region "
        f"(voxels of {_size(scene.spacing)} mm).",
        "Use a larger width, or resample the images to smaller voxels first.",
    )


def _rim_and_core(scene: Scene, depth: float) -> list[Part]:
    try:
        made = rim_and_core(scene.region, scene.spacing, depth)
    except InputError as error:
        return [Part(error, _common(scene, depth))] * 2
    row = {**_common(scene, depth), "at_border": made.at_border, "deepest_mm": made.deepest}
    notes = _thickness_notes(scene, depth, "rim")
    if made.at_border > 0:
        notes.append(
            f"{percent(made.at_border, 1)} of the region's border is that of the image: no rim there"
        )
    rim, core = made.rim, made.core
    empty_rim = InputError(
        f"the rim of {_short(depth)} mm is empty: no voxel centre is that near to the surface "
        f"(voxels of {_size(scene.spacing)} mm).",
        "Use a larger depth, or resample the images to smaller voxels first.",
    )
    empty_core = InputError(
        f"the core is empty: no voxel is deeper than {_short(depth)} mm; the deepest is "
        f"{_short(made.deepest)} mm from the surface.",
        "The lesion is too thin for a core at this depth: use a smaller depth, or leave it out.",
    )
    return [
        _finished(scene, rim, row, notes, depth) if rim.any() else Part(empty_rim, row),
        _finished(scene, core, row, notes, None) if core.any() else Part(empty_core, row),
    ]


def _common(scene: Scene, width: float) -> dict[str, Any]:
    return {"width_mm": width, "region_ml": scene.ml(scene.region)}


def _finished(scene: Scene, mask: Mask, row: dict[str, Any], notes: list[str], width: float | None) -> Part:
    lowest = float((mask & scene.lowest).sum() / mask.sum())
    if lowest > _NOTABLE:
        notes = [
            *notes,
            f"{percent(lowest)} of the voxels have the lowest value of the image (air or no data)",
        ]
    holes = scene.ml(without_holes(scene.region) & ~scene.region)
    if holes > 0:
        notes = [*notes, f"holes of {_short(holes)} ml in the region belong to no derived region"]
    sizes = {"volume_ml": scene.ml(mask), "voxels": int(mask.sum()), "lowest_value": lowest}
    thickness = {} if width is None else {"thickness_mm": _thickness(scene.spacing, width)}
    return Part(mask, {**row, **sizes, **thickness, "warnings": "; ".join(notes)})


def _thickness(spacing: Spacing, width: float) -> float:
    """Thickness along the axis with the largest voxels: as many as have their centre within the width."""
    edge = max(spacing)
    return edge * int(width / edge + 0.5 + 1e-9)


def _thickness_notes(scene: Scene, width: float, what: str) -> list[str]:
    real, edge = _thickness(scene.spacing, width), max(scene.spacing)
    if abs(real - width) <= _THICKNESS * width:
        return []
    if real == 0:
        return [f"the {what} lies within the slices only, which are {_short(edge)} mm thick"]
    return [f"the {what} is {_short(real)} mm thick across voxels of {_short(edge)} mm"]


def _body_notes(scene: Scene) -> list[str]:
    if scene.body is None:
        return []
    outside = float((scene.region & ~scene.body).sum() / scene.region.sum())
    return [f"{percent(outside)} of the region lies outside the body"] if outside > _NOTABLE else []


def _short(value: float) -> str:
    """Write a number of mm or ml with at most three digits that count."""
    return f"{value:.3g}"


def _size(spacing: Spacing) -> str:
    return " x ".join(_short(edge) for edge in spacing[::-1])
