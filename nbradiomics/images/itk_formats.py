"""The formats that ITK reads for us, and what it does not notice of them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.errors import InputError
from nbradiomics.images.grid import right_angled
from nbradiomics.images.native_output import native_output
from nbradiomics.images.refusals import DICOM_READER, dicom, unreadable
from nbradiomics.images.text_header import read_text_header, require_voxel_size

if TYPE_CHECKING:
    import SimpleITK as sitk

NIFTI_READER = "NiftiImageIO"
#: Formats whose end ITK does not look for: a cut file is filled with zeros in silence.
_ENDLESS = ("GiplImageIO", "VTKImageIO")
_GIPL_HEADER = 256
#: ITK's readers of the formats that are taken: they hold the size of a voxel in mm. TIFF, PNG and the like do
#: not hold the distance of the slices, MRC's lengths are no millimetres, and after one damaged MINC file ITK
#: cannot read sound ones.
READERS = ("NrrdImageIO", "MetaImageIO", "HDF5ImageIO", *_ENDLESS)
_STEP = 1 << 20


def reader_of(path: Path) -> str:
    """ITK's name of the reader that takes a file; empty where none does."""
    import SimpleITK as sitk

    with native_output():
        return str(sitk.ImageFileReader.GetImageIOFromFileName(str(path)))


def read_by_itk(path: Path) -> sitk.Image:
    """Read an image of one of the formats `READERS`, of any dimension and number of components."""
    import SimpleITK as sitk

    reader = reader_of(path)
    if reader == DICOM_READER:
        raise dicom(path)
    if reader and reader not in READERS:
        raise InputError(
            f"{path} is a file of the format {reader.removesuffix('ImageIO')}, which does not give the size "
            "of the voxels in mm, or is not read reliably.",
            "Convert it to NIfTI, NRRD or MetaImage from where it was made.",
        )
    fields = read_text_header(path)
    if fields is not None:
        require_voxel_size(fields, path)
    try:
        with native_output() as complaints:
            image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise unreadable(path) from error
    if complaints or (reader in _ENDLESS and _is_cut(path, image)):
        why = complaints[0] if complaints else "it holds fewer voxels than its header says"
        raise InputError(f"{path} is damaged: {why}.", "Export or copy it again.")
    if image.GetDimension() == 3:
        right_angled(image.GetDirection(), path)
    return image


def _is_cut(path: Path, image: sitk.Image) -> bool:
    """Whether a file is shorter than its voxels; those of a VTK file may be written as text."""
    with path.open("rb") as file:
        start = file.read(4096)
    voxel = image.GetSizeOfPixelComponent() * image.GetNumberOfComponentsPerPixel()
    header = _GIPL_HEADER
    if start.startswith(b"# vtk"):
        voxel = voxel if b"BINARY" in start else 2
        header = max((end.end() for end in re.finditer(rb"(SCALARS|LOOKUP_TABLE)[^\n]*\n", start)), default=0)
    return _length(path) < header + int(voxel * image.GetNumberOfPixels())


def _length(path: Path) -> int:
    """Bytes of a file, unpacked."""
    if path.suffix.lower() != ".gz":
        return path.stat().st_size
    length = 0
    try:
        with gzip.open(path) as stream:
            while part := stream.read(_STEP):
                length += len(part)
    except (OSError, EOFError):
        return 0
    return length
