"""Hashes of the content of images, by which they are compared whatever files they are in."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nbradiomics.images.io import file_hash, is_nifti, read_file
from nbradiomics.images.itk_formats import PICTURES, reader_of
from nbradiomics.images.nifti import lies_in_one_nifti, nifti_files
from nbradiomics.images.text_header import read_text_header


def lies_in_one_file(path: Path) -> bool:
    """Whether reading this file opens no other file.

    True for files that are not images, and for images of the formats where this is certain: a NIfTI file that
    is not one of a pair, NRRD and MetaImage files that name no data file, and pictures.
    """
    if is_nifti(path):
        return lies_in_one_nifti(path)
    header = read_text_header(path)
    return header.data_file is None if header is not None else reader_of(path) in ("", *PICTURES)


def image_hash(path: Path) -> str:
    """SHA-256, in hexadecimal, of a file (both files of a pair) and of the image as read: type, grid, voxels.

    Raises
    ------
    InputError
        When the file cannot be read.
    """
    import numpy as np
    import SimpleITK as sitk

    image = read_file(path)
    grid = (image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())
    files = [file_hash(file) for file in (nifti_files(path) if is_nifti(path) else (path,))]
    digest = hashlib.sha256(f"{files};{image.GetPixelIDTypeAsString()};{grid};".encode())
    digest.update(np.ascontiguousarray(sitk.GetArrayViewFromImage(image)).data.cast("B"))
    return digest.hexdigest()
