"""Voxels that fit a model: the same number from each subject, so that a large tumour does not decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Voxels of several subjects.

    Attributes
    ----------
    values, errors
        One row per voxel, one column per channel, in units of the channels.
    subject
        Number of the subject of each voxel.
    subjects
        Names of the subjects.
    """

    values: Array
    errors: Array
    subject: NDArray[np.intp]
    subjects: tuple[str, ...]


def voxels_of_each(total: int, subjects: int) -> int:
    """Number of voxels that each subject gives."""
    return -(-total // max(subjects, 1))


def order_of(voxels: int, most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Numbers of `most` voxels of a region in random order; those of a small region are repeated.

    The first n of a longer order are those of a shorter one, so that they do not depend on how many are
    needed.
    """
    order = rng.permutation(voxels)
    return np.resize(order, most) if voxels else order


def pooled(drawn: Mapping[str, Sequence[tuple[Array, Array]]], subjects: Sequence[str], total: int) -> Sample:
    """Pool the voxels of subjects with equal weight.

    Parameters
    ----------
    drawn
        For each subject, values and errors of the voxels of each of its regions in random order.
    subjects
        Subjects that fit the model; those without voxels are left out.
    total
        Number of voxels of all subjects together.
    """
    present = [name for name in subjects if drawn.get(name)]
    each = voxels_of_each(total, len(subjects))
    values, errors, numbers = [], [], []
    for number, name in enumerate(present):
        regions = drawn[name]
        shares = [each // len(regions) + (place < each % len(regions)) for place in range(len(regions))]
        values += [region[0][:share] for region, share in zip(regions, shares, strict=True)]
        errors += [region[1][:share] for region, share in zip(regions, shares, strict=True)]
        numbers += [number] * each
    return Sample(np.concatenate(values), np.concatenate(errors), np.array(numbers), tuple(present))
