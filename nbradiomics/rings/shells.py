"""Ring, rim and core of one region of voxels, and how much of them the image shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.rings.distance import ROUNDING, Mask, Spacing, near, surface_distances


@dataclass(frozen=True)
class Ring:
    """The ring around a region.

    Attributes
    ----------
    mask
        Axes z, y, x, on the grid of the region.
    full
        Number of voxels of the ring if nothing cuts it.
    outside_image, outside_body, other_lesions
        Share of `full` that lies outside the image; that is in the image, but outside the body; that belongs
        to other lesions. They add up to the share that is missing.
    """

    mask: Mask
    full: int
    outside_image: float
    outside_body: float
    other_lesions: float


@dataclass(frozen=True)
class RimAndCore:
    """A region divided at a depth.

    Attributes
    ----------
    rim, core
        Voxels of the region whose centre is at most the depth from the surface, and the others; the core may
        be empty.
    deepest
        Largest distance of a voxel of the region from the surface, in mm.
    at_border
        Share of the area of the region's border that is the border of the image: no
        surface is known there.
    """

    rim: Mask
    core: Mask
    deepest: float
    at_border: float


def ring_around(
    region: Mask, spacing: Spacing, width: float, *, body: Mask | None = None, others: Mask | None = None
) -> Ring:
    """Make the ring around a region: voxels outside, at most `width` mm from its surface.

    Holes that the region encloses on all sides are not in the ring.

    Parameters
    ----------
    region
        Axes z, y, x; not empty.
    spacing
        Voxel size in mm along z, y, x.
    width
        Width in mm.
    body, others
        The body, to which the ring is limited, and other lesions, which are not in it.
    """
    place, beyond = _box(region, spacing, width)
    box = np.pad(region[place], beyond)
    ring = near(without_holes(box), spacing, width)
    inner = tuple(
        slice(first, first + side.stop - side.start) for side, (first, _) in zip(place, beyond, strict=True)
    )
    in_image = ring[inner]
    taken = in_image & others[place] if others is not None else np.zeros_like(in_image)
    left = in_image & ~taken
    kept = left & body[place] if body is not None else left
    mask = np.zeros_like(region)
    mask[place] = kept
    full = int(ring.sum())
    lost = (full - in_image.sum(), left.sum() - kept.sum(), taken.sum())
    outside, cut, other = (float(number / full) if full else 0.0 for number in lost)
    return Ring(mask, full, outside, cut, other)


def rim_and_core(region: Mask, spacing: Spacing, depth: float) -> RimAndCore:
    """Divide a region at a depth from its outer surface; the surface of holes inside it does not count.

    Parameters
    ----------
    region
        Axes z, y, x; not empty.
    spacing
        Voxel size in mm along z, y, x.
    depth
        In mm.

    Raises
    ------
    InputError
        When the region fills the image, so that it has no surface.
    """
    place, _ = _box(region, spacing, 0.0)
    box = region[place]
    filled = without_holes(box)
    if filled.all():
        raise InputError(
            "the region fills the whole image, so that no surface of it is known.", "Give a larger image."
        )
    inside, deepest = _depths(box, filled, spacing, depth)
    rim, core = np.zeros_like(region), np.zeros_like(region)
    rim[place], core[place] = inside, box & ~inside
    return RimAndCore(rim, core, deepest, _share_at_border(region, filled, spacing))


def _depths(region: Mask, filled: Mask, spacing: Spacing, depth: float) -> tuple[Mask, float]:
    """Voxels of a region at most so deep, and the largest depth; voxels that are neither are not searched."""
    centres = ndimage.distance_transform_edt(filled, sampling=spacing)
    slack = 1.5 * max(spacing)  # a point of the surface is nearer than that to a centre outside
    near_surface = region & (centres <= depth + slack + ROUNDING)
    rim = np.zeros_like(region)
    rim[near_surface] = surface_distances(filled, spacing, near_surface, depth) <= depth + ROUNDING
    middle = region & (centres >= centres[region].max() - 2 * slack)
    return rim, float(surface_distances(filled, spacing, middle).max())


def without_holes(region: Mask) -> Mask:
    """Fill the holes that a region encloses on all sides; in an image of one slice, within the slice."""
    neighbours = ndimage.generate_binary_structure(3, 1)
    for axis, size in enumerate(region.shape):
        if size == 1:
            flat = np.moveaxis(neighbours, axis, 0)
            flat[[0, 2]] = False
    return np.asarray(ndimage.binary_fill_holes(region, neighbours))


def _box(
    region: Mask, spacing: Spacing, width: float
) -> tuple[tuple[slice, ...], tuple[tuple[int, int], ...]]:
    """Return the part of the image that a ring may reach, and how many voxels it may reach beyond the image.

    The first is at least one voxel larger than the region where the image allows it. An axis with one voxel
    is not left: an image of one slice shows nothing of the next ones.
    """
    place, beyond = [], []
    for axis, (size, edge) in enumerate(zip(region.shape, spacing, strict=True)):
        others = tuple(each for each in range(3) if each != axis)
        (used,) = np.nonzero(region.any(axis=others))
        margin = int(width / edge) + 2
        first, stop = int(used[0]) - margin, int(used[-1]) + 1 + margin
        place.append(slice(max(first, 0), min(stop, size)))
        beyond.append((max(-first, 0), max(stop - size, 0)) if size > 1 else (0, 0))
    return tuple(place), tuple(beyond)


def _share_at_border(region: Mask, filled: Mask, spacing: Spacing) -> float:
    """Share of the area of a region's border that lies on the border of the image."""
    surface = border = 0.0
    for axis, size in enumerate(region.shape):
        if size == 1:
            continue
        area = float(np.prod(spacing) / spacing[axis])
        ends = np.moveaxis(region, axis, 0)
        along = np.moveaxis(filled, axis, 0)
        border += area * float(ends[0].sum() + ends[-1].sum())
        surface += area * float((along[1:] != along[:-1]).sum())
    return border / (border + surface)
