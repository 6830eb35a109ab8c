"""An image made from a DICOM series, with the identity of each of its slices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import SimpleITK as sitk


@dataclass(frozen=True, repr=False)
class Slice:
    """The DICOM instance, or the frame of a multi-frame instance, that holds a slice.

    Attributes
    ----------
    path
        Its file.
    sop_class, sop_instance
        UIDs of its class and of the instance.
    frame
        Number of the frame from 1; ``None`` for an instance with one frame.
    """

    path: Path
    sop_class: str
    sop_instance: str
    frame: int | None = None


@dataclass(frozen=True, repr=False)
class Volume:
    """An image made from a DICOM series.

    Attributes
    ----------
    image
        Voxels in `units` on the grid of the series: x, y, z of SimpleITK; coordinates in mm, LPS.
    slices
        The source of each slice, in the order of the third index of `image`.
    patient, study, series, frame_of_reference
        Patient ID and UIDs, as in the files. They identify a person: never write them into an output.
    modality
        DICOM modality: ``MR``, ``CT``, ``PT`` ...
    units
        Unit of the voxels: ``HU``, ``SUV`` (body weight), ``mm2/s``, ``1e-6 mm2/s`` ...; empty if arbitrary.
    """

    image: sitk.Image
    slices: tuple[Slice, ...]
    patient: str
    study: str
    series: str
    frame_of_reference: str
    modality: str
    units: str = ""
