"""Read the stored numbers of DICOM files, compressed or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.headers import read_whole
from nbradiomics.dicom.values import number, numbers, text
from nbradiomics.errors import InputError
from nbradiomics.images.io import file_hash
from nbradiomics.images.native_output import native_output
from nbradiomics.system.quiet import quiet

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

Stored = npt.NDArray[Any]
_AGAIN = "Export the series again; if it fails again, ask for it without compression."


def read_stored(path: Path, digest: str) -> tuple[FileDataset, Stored]:
    """Read a file with its stored numbers.

    Parameters
    ----------
    path
        The file.
    digest
        SHA-256 of its bytes when its header was read; empty if it was not computed.

    Returns
    -------
    data
        The dataset.
    stored
        Stored numbers: frames, rows, columns; of a colour image rows, columns, and red, green, blue.

    Raises
    ------
    InputError
        When the file has changed since, or its pixels are missing, damaged or compressed in a way that
        cannot be read. The message contains nothing of the file.
    """
    if digest and file_hash(path) != digest:
        raise InputError("a file changed while the folder was read.", "Run the command again.")
    data = read_whole(path)
    try:
        with quiet():
            stored = np.asarray(data.pixel_array)
    except MemoryError:
        raise
    except Exception as error:  # pydicom's decoders raise many kinds, whose message may quote the file
        stored = _by_gdcm(path, data, error)
    if (number(data, "SamplesPerPixel") or 1) > 1 or text(
        data, "PhotometricInterpretation"
    ) == "PALETTE COLOR":
        return data, _colours(stored, data)
    stored = stored[None] if stored.ndim == 2 else stored
    if stored.ndim != 3:
        raise InputError("the pixels of a file are not one number each.", _AGAIN)
    return data, _stored_bits(stored, data)


def _colours(stored: Stored, data: FileDataset) -> Stored:
    """Red, green and blue of the only frame of a colour image; pydicom has converted other colour spaces."""
    from pydicom.pixels import apply_color_lut

    if text(data, "PhotometricInterpretation") == "PALETTE COLOR":
        with quiet():
            stored = np.asarray(apply_color_lut(stored, data))
    if stored.ndim != 3 or stored.shape[-1] != 3:
        raise InputError("the pixels of a file are not one frame of red, green and blue.", _AGAIN)
    return stored


def _stored_bits(stored: Stored, data: FileDataset) -> Stored:
    """Numbers without the bits above those that are stored, where old files keep overlays."""
    allocated, bits = number(data, "BitsAllocated"), number(data, "BitsStored")
    if stored.dtype.kind not in "iu" or not bits or allocated is None or bits >= allocated:
        return stored
    if number(data, "HighBit") != bits - 1:
        raise InputError("the stored bits of a file are not the lowest (High Bit, 0028,0102).", _AGAIN)
    spare = stored.dtype.itemsize * 8 - int(bits)
    # Shifted up and down again, so that the highest stored bit is the sign of signed numbers.
    return np.asarray((stored << spare) >> spare)


def _by_gdcm(path: Path, data: FileDataset, error: Exception) -> Stored:
    """Read by GDCM what pydicom's decoders cannot; it returns values, from which the numbers follow."""
    import SimpleITK as sitk

    if not any(name in data for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise InputError("a file has no pixels.", _AGAIN) from error
    syntax = getattr(data.file_meta, "TransferSyntaxUID", None)
    if syntax is None or not syntax.is_compressed:
        raise InputError("the pixels of a file are damaged or incomplete.", _AGAIN) from error
    try:
        with native_output():
            values = sitk.GetArrayFromImage(sitk.ReadImage(str(path), imageIO="GDCMImageIO"))
    except RuntimeError:
        name = syntax.name if syntax.name != str(syntax) else "a private one"
        raise InputError(
            f"the pixels of a file cannot be decoded; its transfer syntax is: {name}.", _AGAIN
        ) from error
    slope, intercept = number(data, "RescaleSlope"), number(data, "RescaleIntercept")
    slope, intercept = 1.0 if slope is None else slope, intercept or 0.0
    if text(data, "PhotometricInterpretation") == "MONOCHROME1":  # GDCM may turn black and white round
        raise InputError(
            "the pixels of a file (MONOCHROME1) cannot be decoded by pydicom.", _AGAIN
        ) from error
    if "SharedFunctionalGroupsSequence" in data or slope == 0:
        raise InputError(
            "the pixels of a compressed file with several frames cannot be decoded by pydicom.", _AGAIN
        ) from error
    return np.asarray(np.rint((values - intercept) / slope)).astype(np.int32)


def is_padding(stored: Stored, data: FileDataset) -> npt.NDArray[np.bool_]:
    """Which stored numbers stand for pixels outside the image (Pixel Padding Value, Range Limit)."""
    limits = [*numbers(data, "PixelPaddingValue"), *numbers(data, "PixelPaddingRangeLimit")]
    if not limits:
        return np.zeros(stored.shape, dtype=np.bool_)
    inside = (stored >= min(limits)) & (stored <= max(limits))
    wrap = 2.0 ** (number(data, "BitsAllocated") or 16)
    for sign in (-wrap, wrap) if len(limits) == 1 else ():  # written with the other sign by some programs
        inside |= stored == limits[0] + sign
    return np.asarray(inside)


def same_pixels(first: Path, second: Path) -> bool:
    """Whether two files contain the same stored numbers and the same rescale elements."""
    with quiet():
        one, other = read_whole(first), read_whole(second)
    names = ("PixelData", "RescaleSlope", "RescaleIntercept", "Rows", "Columns", "BitsStored")
    return all(_value(one, name) == _value(other, name) for name in names)


def _value(data: FileDataset, name: str) -> Any:
    return data[name].value if name in data else None
