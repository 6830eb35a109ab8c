"""Growth and shrinkage: a region with a share more, or less, of its volume.

Voxels are added or removed in the order of their signed distance in mm from the surface of the region, until
the number of voxels is the nearest to what was requested. The surface lies between voxels: the distance of a
voxel's centre is measured to the box of the nearest voxel on the other side. Distances on a grid are steps;
a slight smoothing makes them follow the surface that the steps represent, and a seeded draw decides between
voxels at the same distance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.perturbation.boxes import Mask, box_around, voxels_in
from nbradiomics.perturbation.kept import kept
from nbradiomics.perturbation.pieces import number_of_pieces, pieces_of_mask

#: Distances are compared to this precision, so that rounding never decides an order.
_PRECISION_MM = 1e-4
#: Standard deviation of the smoothing of distances, in the smallest edge of a voxel.
_SMOOTHING = 1.0


def grown(inside: Mask, spacing: Sequence[float], share: float, rng: np.random.Generator) -> Mask:
    """Add a share of a region's volume at its rim, or remove it if the share is negative.

    Parameters
    ----------
    inside
        Voxels of the region, z, y, x; not empty.
    spacing
        Edges of a voxel in mm along z, y, x.
    share
        0.15 adds 15 % of the volume, -0.15 removes them; above -1, not 0.
    rng
        Decides between voxels at the same distance.

    Returns
    -------
    numpy.ndarray
        Contains the region, or is contained in it; at least one voxel. A region in one piece stays in one
        piece when it shrinks.

    Raises
    ------
    InputError
        When the share is less than half a voxel, the image has too few voxels, or the region fills it.
    """
    present = int(inside.sum())
    wanted = max(round(present * (1 + share)), 1)
    _require_possible(present, wanted, share, inside.size)
    if wanted < present:
        return _shrunk(inside, spacing, wanted, rng)
    return _enlarged(inside, spacing, wanted, rng)


def _require_possible(present: int, wanted: int, share: float, most: int) -> None:
    """Raise `InputError` if a mask cannot change by a share: an unchanged mask would seem stable."""
    verb = f"grow by {share:.2g}" if share > 0 else f"shrink by {-share:.2g}"
    remedy = "Use a chain without this change, or exclude lesions of this size."
    if wanted == present:
        raise InputError(
            f"the mask of {present} voxel(s) cannot {verb} of its volume: this is less than half a voxel.",
            remedy,
        )
    if wanted > most:
        raise InputError(
            f"the mask of {present} voxels cannot {verb} of its volume: the image has {most} voxels.", remedy
        )
    if present == most:
        raise InputError(
            f"the mask of {present} voxels cannot {verb} of its volume: it fills the image.", remedy
        )


def _enlarged(inside: Mask, spacing: Sequence[float], wanted: int, rng: np.random.Generator) -> Mask:
    """Add the nearest voxels, within surroundings that are widened until they surely contain them."""
    missing = wanted - int(inside.sum())
    margin_mm = 3 * max(spacing)
    while True:
        box = box_around(inside, voxels_in(margin_mm, spacing))
        part = inside[box]
        # Farther than this, voxels beyond the box could be nearer.
        reach = np.inf if part.size == inside.size else margin_mm - max(spacing)
        order = _outwards(part, spacing, reach)
        if order.shape[1] >= missing:
            break
        margin_mm *= 2
    result = inside.copy()
    view = result[box]
    view[np.unravel_index(_first(order, missing, rng), part.shape)] = True
    return result


def _shrunk(inside: Mask, spacing: Sequence[float], wanted: int, rng: np.random.Generator) -> Mask:
    """Keep the deepest voxels; if that splits the region, remove them one by one without a split."""
    box = box_around(inside, voxels_in(max(spacing), spacing))
    part = inside[box]
    order = _inwards(part, spacing)
    smaller = part.copy()
    smaller.ravel()[_first(order, order.shape[1] - wanted, rng)] = False
    if number_of_pieces(smaller) > pieces_of_mask(part):
        smaller = _peeled(part, _drawn_order(order, rng), wanted)
    result = np.zeros_like(inside)
    result[box] = smaller
    return result


def _peeled(part: Mask, outermost_first: NDArray[np.intp], wanted: int) -> Mask:
    """Remove voxels in their order, leaving for later each whose removal would split its neighbours."""
    padded = np.pad(part, 1)
    shape = part.shape
    waiting = list(outermost_first)
    excess = len(waiting) - wanted
    while excess:
        left = []
        for place in waiting:
            z, y, x = np.unravel_index(place, shape)
            around = padded[z : z + 3, y : y + 3, x : x + 3]
            if excess and _removable(around):
                padded[z + 1, y + 1, x + 1] = False
                excess -= 1
            else:
                left.append(place)
        if len(left) == len(waiting):
            break
        waiting = left
    for place in waiting[:excess]:  # only separate voxels are left
        z, y, x = np.unravel_index(place, shape)
        padded[z + 1, y + 1, x + 1] = False
    return padded[1:-1, 1:-1, 1:-1].copy()


def _removable(around: Mask) -> bool:
    """Whether the neighbours of a voxel hang together without it; they are 3 x 3 x 3 with the voxel."""
    neighbours = around.copy()
    neighbours[1, 1, 1] = False
    return not neighbours.all() and number_of_pieces(neighbours) == 1


@kept
def _outwards(inside: Mask, spacing: Sequence[float], reach: float) -> NDArray[np.int64]:
    """Voxels outside a region up to some distance in mm: see `_ordered`."""
    distances = signed_distance(inside, spacing)
    return _ordered(distances, np.flatnonzero(~inside & (distances < reach)))


@kept
def _inwards(inside: Mask, spacing: Sequence[float]) -> NDArray[np.int64]:
    """Voxels of a region by their depth: see `_ordered`."""
    return _ordered(-signed_distance(inside, spacing), np.flatnonzero(inside))


def _ordered(distances: NDArray[np.float64], places: NDArray[np.intp]) -> NDArray[np.int64]:
    """Sort places in an array by their distance: shape (2, n), places and distances in `_PRECISION_MM`.

    Places at the same distance are ascending.
    """
    steps = np.round(distances.ravel()[places] / _PRECISION_MM).astype(np.int64)
    order = np.argsort(steps, kind="stable")
    return np.stack([places[order], steps[order]])


def _drawn_order(order: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Places of `_ordered`, those at the same distance in a drawn order."""
    places, steps = order[:, np.argsort(order[0])]
    return np.asarray(places[np.lexsort((rng.permutation(len(steps)), steps))])


def _first(order: NDArray[np.int64], number: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The first places of `_ordered`, at least one; a draw decides at the last distance."""
    places, steps = order
    last = steps[number - 1]
    first, after = np.searchsorted(steps, last, "left"), np.searchsorted(steps, last, "right")
    return np.concatenate([places[:first], rng.permutation(places[first:after])[: number - first]])


@kept
def signed_distance(inside: Mask, spacing: Sequence[float]) -> NDArray[np.float64]:
    """Distance of each voxel's centre to the surface of a region, in mm; negative inside.

    Parameters
    ----------
    inside
        Voxels of the region, z, y, x, not all of them inside; beyond the array its values continue.
    spacing
        Edges of a voxel in mm along z, y, x.
    """
    distances = _to_surface(inside, spacing) - _to_surface(~inside, spacing)
    sigma = [_SMOOTHING * min(spacing) / edge for edge in spacing]
    return np.asarray(ndimage.gaussian_filter(distances, sigma, mode="nearest"))


def _to_surface(inside: Mask, spacing: Sequence[float]) -> NDArray[np.float64]:
    """Distance from the centres of voxels outside to the box of the nearest voxel inside; 0 inside."""
    nearest = ndimage.distance_transform_edt(
        ~inside, sampling=spacing, return_distances=False, return_indices=True
    )
    squares = np.zeros(inside.shape)
    for axis, edge in enumerate(spacing):
        along = np.arange(inside.shape[axis]).reshape([-1 if axis == other else 1 for other in range(3)])
        squares += (np.maximum(np.abs(nearest[axis] - along) - 0.5, 0) * edge) ** 2
    return np.sqrt(squares)
