"""What tells the content of an image from that of another, whatever files it is in."""

from __future__ import annotations

import hashlib
from pathlib import Path

from nbradiomics.images.io import file_hash, is_nifti, read_file
from nbradiomics.images.itk_formats import reader_of
from nbradiomics.images.nifti import lies_in_one_nifti, nifti_files
from nbradiomics.images.text_header import read_text_header


def lies_in_one_file(path: Path) -> bool:
    """Whether all that is read for this file is in it.

    So it is for files that are no image, and for images in those formats alone of which it is certain: NIfTI
    without a pair's other file, NRRD and MetaImage that name no data file.
    """
    if is_nifti(path):
        return lies_in_one_nifti(path)
    header = read_text_header(path)
    return header.data_file is None if header is not None else not reader_of(path)


def image_hash(path: Path) -> str:
    """SHA-256, in hexadecimal, of a file (of both of a pair) and of the image as read: type, grid, voxels.

    Raises
    ------
    InputError
        When it cannot be read.
    """
    import numpy as np
    import SimpleITK as sitk

    image = read_file(path)
    grid = (image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())
    files = [file_hash(file) for file in (nifti_files(path) if is_nifti(path) else (path,))]
    digest = hashlib.sha256(f"{files};{image.GetPixelIDTypeAsString()};{grid};".encode())
    digest.update(np.ascontiguousarray(sitk.GetArrayViewFromImage(image)).data.cast("B"))
    return digest.hexdigest()
