"""Read one picture as an image, or as the mask of an image."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.images.flat import THICKNESS
from nbradiomics.pictures.decoding import Decoded, decode
from nbradiomics.pictures.grey import EQUAL, Grey, grey_of
from nbradiomics.pictures.labels import labels_of
from nbradiomics.pictures.settings import PIXELS, PictureSettings, spacing_of
from nbradiomics.settings import spread

if TYPE_CHECKING:
    import SimpleITK as sitk

_UNKNOWN = (
    "State the pixel size in mm: the column pixel_spacing of the cohort table, or --pixel-spacing 0.1. Do "
    "not take the resolution that the file states (dpi): it is one of a print. If nobody knows it: "
    f"--pixel-spacing {PIXELS}."
)


@dataclass(frozen=True, repr=False)
class Picture:
    """A picture as an image.

    Attributes
    ----------
    image
        Rows and columns as stored, without a position in space.
    kind
        Format of the file.
    made_by
        How its numbers became grey values; empty for a mask.
    note
        What a reader of the table should know; empty if nothing.
    """

    image: sitk.Image
    kind: str
    made_by: str = ""
    note: str = ""


@spread(settings=PictureSettings)
def read_picture(
    path: str | Path,
    *,
    settings: PictureSettings = PictureSettings(),  # noqa: B008 - frozen
) -> sitk.Image:
    """Read a PNG, JPEG, TIFF or BMP file as an image of one slice.

    Parameters
    ----------
    path
        The file.
    settings
        Pixel size, colours, slices; each field is also a keyword: ``pixel_spacing=0.1``.

    Returns
    -------
    SimpleITK.Image
        One slice of 1 mm (several slices only for a TIFF file with a stated `slice_spacing`), without a
        position in space.

    Raises
    ------
    InputError
        When the file cannot be read, or the settings do not state what the file does not: the pixel size,
        how colours become grey values.

    Examples
    --------
    >>> image = read_picture("lesion.png", pixel_spacing=0.1)
    >>> image.GetSize(), image.GetSpacing()
    ((20, 16, 1), (0.1, 0.1, 1.0))
    """
    return image_of(Path(path), settings, settings.pixel_spacing).image


@spread(settings=PictureSettings)
def read_picture_mask(
    path: str | Path,
    *,
    image: sitk.Image,
    settings: PictureSettings = PictureSettings(),  # noqa: B008 - frozen
) -> sitk.Image:
    """Read a PNG, TIFF or BMP file as the mask of an image.

    Parameters
    ----------
    path
        The file. A mask with a single value other than 0 (often 255) has label 1 afterwards.
    image
        The image on which it was drawn; the mask has its grid.
    settings
        Only `mask_threshold` and `slice_spacing` are used.

    Raises
    ------
    InputError
        When the file is no mask of labels, or has another number of rows and columns than the image.

    Examples
    --------
    >>> image = read_picture("lesion.png", pixel_spacing=0.1)
    >>> mask = read_picture_mask("lesion_mask.png", image=image)
    >>> features = extract_features(image, mask, params="image_2d")
    """
    return mask_of(Path(path), image, settings, keep=False).image


def image_of(path: Path, settings: PictureSettings, pixel_spacing: str | None) -> Picture:
    """Read a picture with a pixel spacing of its own; see `read_picture`."""
    if pixel_spacing is None:
        raise InputError(f"{path} does not state its pixel size in mm.", _UNKNOWN)
    decoded = decode(path)
    grey = grey_of(decoded.values, settings.rgb, str(path))
    if grey.values.dtype.kind == "f" and not np.isfinite(grey.values).all():
        raise InputError(f"{path} has values that are not finite.", "Export it again.")
    edges = (*_edges(path, pixel_spacing), _thickness(path, len(grey.values), settings))
    return Picture(
        _placed(_roomy(grey.values), edges), decoded.kind, grey.made_by, _note(decoded, grey, pixel_spacing)
    )


def mask_of(path: Path, image: sitk.Image, settings: PictureSettings, *, keep: bool) -> Picture:
    """Read a picture as a mask; `keep` says whether a single label keeps its number."""
    decoded = decode(path, palette=True)
    labels = labels_of(decoded, settings.mask_threshold, str(path), keep=keep)
    found, wanted = labels.values.shape[::-1], image.GetSize()
    if found != wanted:
        raise InputError(
            f"{path} has {_size(found)} pixels, but its image has {_size(wanted)}.",
            "Save the mask with the size of the image, or crop both in the same way. A mask of another size "
            "cannot be placed: the files state no position.",
        )
    made = _placed(labels.values, image.GetSpacing())
    made.CopyInformation(image)
    return Picture(made, decoded.kind, "", labels.note)


def _roomy(values: NDArray[Any]) -> NDArray[Any]:
    """Unsigned numbers in a wider signed type: PyRadiomics computes edges of bins in that of the image."""
    wider = {1: np.int16, 2: np.int32}
    return values.astype(wider[values.dtype.itemsize]) if values.dtype.kind == "u" else values


def _edges(path: Path, pixel_spacing: str) -> tuple[float, float]:
    try:
        return spacing_of(pixel_spacing)
    except ValueError as error:
        raise InputError(
            f"{path}: {error}.", "Correct the column pixel_spacing of the cohort table."
        ) from error


def _thickness(path: Path, pages: int, settings: PictureSettings) -> float:
    if pages == 1:
        if settings.slice_spacing is not None:
            raise InputError(
                f"{path} has one page, but the distance of slices is stated ({settings.slice_spacing:g} mm).",
                "State it only for files with several pages; convert the others by a call of their own.",
            )
        return THICKNESS
    if settings.slice_spacing is None:
        raise InputError(
            f"{path} has {pages} pages.",
            "If they are the slices of one volume, in order, state their distance in mm (--slice-spacing 3); "
            "otherwise save the page that you need as a file of its own.",
        )
    return settings.slice_spacing


def _note(decoded: Decoded, grey: Grey, pixel_spacing: str) -> str:
    notes = []
    if decoded.kind == "JPEG":
        notes.append("compressed with losses (JPEG), which changes texture")
    if grey.made_by == EQUAL:
        notes.append("its equal channels were taken as grey")
    if pixel_spacing == PIXELS:
        notes.append("lengths are counted in pixels: 1 mm stands for 1 pixel")
    return "; ".join(notes)


def _placed(values: NDArray[Any], spacing: tuple[float, ...]) -> sitk.Image:
    import SimpleITK as sitk

    made = sitk.GetImageFromArray(values)
    made.SetSpacing(spacing)
    return made


def _size(size: tuple[int, ...]) -> str:
    return " x ".join(map(str, size[:2] if size[2] == 1 else size))
