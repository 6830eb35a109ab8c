"""Masks of a structure set by other programs, and by the geometry itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from matplotlib.path import Path as Outline

from nbradiomics.dicom.volume import Volume
from nbradiomics.system.quiet import quiet

PLASTIMATCH = shutil.which("plastimatch")


def by_plastimatch(volume: Volume, structure_set: Path, folder: Path) -> dict[str, np.ndarray]:
    """Masks by plastimatch on the grid of a volume, by the names that it gives its files; z, y, x."""
    fixed = folder / "fixed.nrrd"
    sitk.WriteImage(sitk.Cast(volume.image, sitk.sitkFloat32), str(fixed))
    command = [PLASTIMATCH, "convert", "--input", structure_set, "--fixed", fixed]
    options = ["--output-prefix", folder / "masks", "--prefix-format", "nrrd"]
    subprocess.run([*command, *options], check=True, capture_output=True, timeout=120)
    return {
        path.stem: sitk.GetArrayFromImage(sitk.ReadImage(str(path))) for path in (folder / "masks").iterdir()
    }


def by_pydicomrt(volume: Volume, structure_set: Path) -> dict[str, np.ndarray]:
    """Masks by pydicomrt, which rounds the points of contours to whole pixels; z, y, x."""
    from pydicomrt.rs.rs_to_volume import calc_image_series_affine_mapping, rtstruct_to_masks

    with quiet():
        series = [pydicom.dcmread(part.path, stop_before_pixels=True) for part in volume.slices]
        affine, shape = calc_image_series_affine_mapping(series)
        masks = rtstruct_to_masks(pydicom.dcmread(structure_set), affine, shape)
    return {name: mask["mask_volume"] for name, mask in masks.items()}


def by_points(volume: Volume, structure_set: Path) -> dict[str, np.ndarray]:
    """Masks by asking for each voxel's centre whether a contour winds round it (matplotlib); z, y, x.

    Contours of one slice are combined by exclusive or; centres on a contour are left to rounding.
    """
    with quiet():
        dataset = pydicom.dcmread(structure_set)
    names = {item.ROINumber: item.ROIName for item in dataset.StructureSetROISequence}
    columns, rows, slices = volume.image.GetSize()
    centres = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 2)
    masks = {}
    for region in dataset.ROIContourSequence:
        mask = np.zeros((slices, rows, columns), bool)
        for contour in region.ContourSequence:
            points = np.array(contour.ContourData, dtype=float).reshape(-1, 3)
            index = [volume.image.TransformPhysicalPointToContinuousIndex(point) for point in points.tolist()]
            polygon, place = np.array(index)[:, :2], round(index[0][2])
            inside = Outline(np.vstack([polygon, polygon[:1]])).contains_points(centres)
            mask[place] ^= inside.reshape(rows, columns)
        masks[names[region.ReferencedROINumber]] = mask
    return masks
