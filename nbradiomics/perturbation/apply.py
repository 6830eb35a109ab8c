"""Make one variant of an image and of its mask, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.images.grid import grid_difference, require_same_grid
from nbradiomics.perturbation.boxes import Mask, region_like, require_finite, voxels_of
from nbradiomics.perturbation.contour import random_contour
from nbradiomics.perturbation.disagreement import Disagreement
from nbradiomics.perturbation.grid import changes_grid, image_on, perturbed_grid, region_on
from nbradiomics.perturbation.growth import grown
from nbradiomics.perturbation.noise import noise_level, with_noise
from nbradiomics.perturbation.readers import difficulty, simulated_reader
from nbradiomics.perturbation.seeds import generator
from nbradiomics.perturbation.variant import Variant


def perturbed_image(
    image: sitk.Image,
    region: sitk.Image,
    variant: Variant,
    seed: int,
    spacing: Sequence[float] | None = None,
) -> sitk.Image:
    """Make the image of a variant: noise is added, then it is interpolated once.

    Parameters
    ----------
    image
        The original, or a part of it around the region: at least 25 mm wider, where noise is measured.
    region
        Region on the image's grid: the noise is measured around it, the rotation is about its centre. For
        several masks of an image, their union.
    variant
        Only its part `of_image` is used.
    seed
        Seed of the scan (`seed_of`).
    spacing
        Edges of the new voxels in mm along x, y, z, so that a caller who resamples interpolates only once;
        ``None`` keeps those of the image.

    Returns
    -------
    SimpleITK.Image
        Floating point; the image itself if nothing changes.

    Raises
    ------
    InputError
        When the region is empty or on another grid, the image has values that are not finite, or the noise
        cannot be estimated.
    """
    require_same_grid(image, region, names=("the image", "the mask"))
    of_image = variant.of_image
    if of_image != Variant():
        require_finite(sitk.GetArrayViewFromImage(image))
    if of_image.noise:
        rng = generator(seed, "noise", of_image.name)
        image = with_noise(image, noise_level(image, region), rng)
    if not changes_grid(image, of_image, spacing):
        return image
    return image_on(image, perturbed_grid(image, region, of_image, spacing))


@dataclass(frozen=True)
class PerturbedRegion:
    """A perturbed mask.

    Attributes
    ----------
    region
        8-bit, 1 inside, 0 outside, on the grid of the variant's image.
    before
        Voxels of the original mask on the same grid, z, y, x.
    volume_reached
        Change of the volume by growth or shrinkage, as a share.
    """

    region: sitk.Image
    before: Mask
    volume_reached: float


def perturbed_region(
    region: sitk.Image,
    perturbed: sitk.Image,
    variant: Variant,
    seed: int,
    disagreement: Disagreement | None = None,
) -> sitk.Image:
    """Make the mask of a variant, on the grid of the variant's image: 8-bit, 1 inside, 0 outside.

    Parameters and errors are those of `region_of_variant`.
    """
    return region_of_variant(region, perturbed, variant, seed, disagreement).region


def region_of_variant(
    region: sitk.Image,
    perturbed: sitk.Image,
    variant: Variant,
    seed: int,
    disagreement: Disagreement | None = None,
) -> PerturbedRegion:
    """Make the mask of a variant, and what it is compared with.

    Parameters
    ----------
    region
        The original mask, on the grid of the original image. Without rotation and translation it is not
        interpolated.
    perturbed
        Result of `perturbed_image`.
    variant
        Its image part is already in `perturbed`.
    seed
        Seed of the mask (`seed_of`).
    disagreement
        Disagreement of readers, for a variant with a simulated reader.

    Raises
    ------
    InputError
        When the mask is empty, or becomes empty on the new grid.
    """
    before = voxels_of(region)
    if grid_difference(region, perturbed):
        before = voxels_of(_moved(region, perturbed))
    spacing = perturbed.GetSpacing()[::-1]
    inside, reached = before, 0.0
    if variant.volume:
        inside = grown(before, spacing, variant.volume, generator(seed, "volume", variant.name))
        reached = float(inside.sum()) / float(before.sum()) - 1
    if variant.contour:
        rng = generator(seed, "contour", variant.name)
        inside = random_contour(sitk.GetArrayViewFromImage(perturbed), inside, spacing, rng)
    if variant.reader:
        inside = _by_reader(inside, spacing, variant, seed, disagreement)
    return PerturbedRegion(region_like(inside, perturbed), before, reached)


def _moved(region: sitk.Image, grid: sitk.Image) -> sitk.Image:
    """Move a region to another grid; raises `InputError` if none of its voxels is half inside there."""
    moved = region_on(region, grid)
    if not sitk.GetArrayViewFromImage(moved).any():
        raise InputError(
            f"the mask of {np.count_nonzero(sitk.GetArrayViewFromImage(region))} voxel(s) vanishes on the "
            "rotated or shifted grid: no voxel there is half inside it.",
            "Use a chain without rotation and translation, or exclude lesions of this size.",
        )
    return moved


def _by_reader(
    inside: Mask, spacing: Sequence[float], variant: Variant, seed: int, disagreement: Disagreement | None
) -> Mask:
    if disagreement is None:
        raise InputError(
            f"the variant {variant.name} has a simulated reader, but it is not known how readers differ.",
            "Give the disagreement of readers, or leave out the simulated readers.",
        )
    # All simulated readers of a tumour find it equally difficult.
    scale = difficulty(disagreement, generator(seed, "difficulty"))
    return simulated_reader(inside, spacing, disagreement, generator(seed, "reader", variant.name), scale)
