"""Which connected components of one mask overlap the other: lesions that are found, missed or added."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nbradiomics.agreement.field import bounding_box

#: Voxels that share a face, an edge or a corner are connected.
_NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True)
class Components:
    """Connected components of a mask (26 neighbours).

    Attributes
    ----------
    number
        Number of components.
    met
        Number of components that share at least one voxel with the other mask.
    """

    number: int
    met: int

    @property
    def share(self) -> float:
        """Share of the components that overlap the other mask, 0 to 1; NaN without components."""
        return self.met / self.number if self.number else nan


def components(region: NDArray[np.bool_], other: NDArray[np.bool_]) -> Components:
    """Count the components of a region, and those that share a voxel with `other` (same shape)."""
    box = bounding_box(region)
    if box is None:
        return Components(0, 0)
    labels, number = ndimage.label(region[box], structure=_NEIGHBOURS)
    met = np.bincount(labels[region[box] & other[box]], minlength=number + 1)
    return Components(number, int(np.count_nonzero(met)))


def detection(mask: Components, reference: Components) -> dict[str, float]:
    """Lesion-wise detection: a component is found if the other mask shares a voxel with it.

    Returns
    -------
    dict
        - ``lesion_sensitivity``: share of the reference's components that are found, 0 to 1;
        - ``lesion_precision``: share of the mask's components that overlap the reference, 0 to 1;
        - ``lesion_f1``: their harmonic mean, 0 if one of them is 0.

        A share of no components is NaN. ``lesion_f1`` is 0 if one mask is empty, and NaN if both are.

    References
    ----------
    .. [1] Maier-Hein L et al. Metrics reloaded. Nat Methods 2024;21:195-212. (Localisation by any overlap.)
    """
    sensitivity, precision = reference.share, mask.share
    return {
        "lesion_sensitivity": sensitivity,
        "lesion_precision": precision,
        "lesion_f1": _harmonic_mean(sensitivity, precision),
    }


def _harmonic_mean(first: float, second: float) -> float:
    if first == 0 or second == 0:
        return 0.0
    if isnan(first) or isnan(second):
        return nan
    return 2 * first * second / (first + second)
