"""Masks follow their image onto another grid, by nearest neighbours: labels survive."""

from __future__ import annotations

from dataclasses import replace

import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.preparation.volume import Volume


def mask_on_grid(mask: sitk.Image, grid: sitk.Image, transform: sitk.Transform | None = None) -> sitk.Image:
    """Resample a mask onto a grid by nearest neighbours; 0 outside the mask's own grid.

    Parameters
    ----------
    mask
        Labels.
    grid
        Image that defines the grid.
    transform
        From points of the grid to points of the mask; ``None`` for the identity.
    """
    moved = transform or sitk.Transform()
    return sitk.Resample(mask, grid, moved, sitk.sitkNearestNeighbor, 0, mask.GetPixelID())


def with_moved_masks(volume: Volume, grid: sitk.Image, transform: sitk.Transform) -> tuple[Volume, int]:
    """Move all masks of a volume; returns it and the number of `masks` that have no voxel left.

    Raises
    ------
    InputError
        When the mask of the body or of the reference tissue has no voxel on the new grid.
    """
    body = _kept(volume.body, grid, transform, "body")
    reference = _kept(volume.reference, grid, transform, "reference tissue")
    masks = tuple(mask_on_grid(mask, grid, transform) for mask in volume.masks)
    emptied = sum(_empty(new) and not _empty(old) for new, old in zip(masks, volume.masks, strict=True))
    return replace(volume, masks=masks, body=body, reference=reference), emptied


def _kept(
    mask: sitk.Image | None, grid: sitk.Image, transform: sitk.Transform, what: str
) -> sitk.Image | None:
    moved = None if mask is None else mask_on_grid(mask, grid, transform)
    if moved is not None and _empty(moved):
        raise InputError(
            f"the mask of the {what} has no voxel on the new grid.", "Use smaller voxels, or a larger mask."
        )
    return moved


def _empty(mask: sitk.Image) -> bool:
    return not sitk.GetArrayViewFromImage(mask).any()
