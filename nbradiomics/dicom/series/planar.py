"""Images of one plane: projection radiography (CR, DX, MG) and single frames of ultrasound (US).

Their pixel size is not where volumes state it. Sources: DICOM PS3.3, C.8.5.5 (ultrasound regions), C.8.11.4
(DX detector), 10.7.1.3 (pixel spacing and its calibration).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.values import items, number, numbers, text
from nbradiomics.errors import InputError
from nbradiomics.pictures.grey import EQUAL, grey_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from nbradiomics.pictures.settings import Rgb

PLANAR = ("CR", "DX", "MG", "US")
#: Codes of an ultrasound region: a two-dimensional image; lengths in cm.
_TWO_DIMENSIONAL, _CM = 1, 3
#: Largest difference of two pixel sizes that count as equal, as a share.
_ALIKE = 1e-3


class Spacing(NamedTuple):
    """Distances of rows and of columns in mm (``None``: not stated), and where they come from or why not."""

    edges: tuple[float, float] | None
    words: str


def planar_spacing(data: Dataset) -> Spacing:
    """Pixel size of an image of one plane by its header.

    Ultrasound: the scale of its two-dimensional regions, which must be one. Otherwise `PixelSpacing`, which
    holds in the patient if it was calibrated; else `ImagerPixelSpacing` at the detector, divided by the
    estimated magnification if it is stated.
    """
    spacing = _pair(data, "PixelSpacing")
    if text(data, "Modality") == "US":
        regions = _ultrasound(data)
        return (
            regions if regions.edges or spacing is None else Spacing(spacing, "by Pixel Spacing (0028,0030)")
        )
    imager = _pair(data, "ImagerPixelSpacing")
    if spacing is not None:
        kind = text(data, "PixelSpacingCalibrationType")
        moved = imager is not None and not np.allclose(spacing, imager, rtol=_ALIKE, atol=0)
        if kind or moved:
            return Spacing(spacing, f"by Pixel Spacing, calibrated ({kind or 'kind not stated'})")
        return Spacing(spacing, "by Pixel Spacing, not calibrated: at the detector, not in the patient")
    if imager is not None:
        return _in_patient(imager, data)
    film = _pair(data, "NominalScannedPixelSpacing")
    if film is not None:
        return Spacing(film, "by Nominal Scanned Pixel Spacing: on the film, not in the patient")
    return Spacing(None, "neither Pixel Spacing (0028,0030) nor Imager Pixel Spacing (0018,1164)")


def _in_patient(imager: tuple[float, float], data: Dataset) -> Spacing:
    """Pixel size at the detector, brought back to the patient if the magnification is stated."""
    factor = number(data, "EstimatedRadiographicMagnificationFactor")
    if factor is not None and factor >= 1:
        edges = (imager[0] / factor, imager[1] / factor)
        return Spacing(edges, f"by Imager Pixel Spacing divided by the magnification {factor:g}")
    return Spacing(imager, "by Imager Pixel Spacing: at the detector, not in the patient")


def _pair(data: Dataset, name: str) -> tuple[float, float] | None:
    found = numbers(data, name)
    return (found[0], found[1]) if len(found) == 2 and min(found) > 0 else None


def _ultrasound(data: Dataset) -> Spacing:
    found = set()
    for region in items(data, "SequenceOfUltrasoundRegions"):
        units = [number(region, f"PhysicalUnits{axis}Direction") for axis in "XY"]
        edges = [number(region, f"PhysicalDelta{axis}") for axis in "YX"]  # rows first
        if number(region, "RegionSpatialFormat") != _TWO_DIMENSIONAL or units != [_CM, _CM]:
            continue
        if all(edges):
            found.add(tuple(round(abs(10 * (edge or 0.0)), 6) for edge in edges))
    if not found:
        return Spacing(None, "no two-dimensional Ultrasound Region (0018,6011) with a scale in cm")
    if len(found) > 1:
        return Spacing(None, f"{len(found)} Ultrasound Regions (0018,6011) with different scales")
    rows, columns = found.pop()
    return Spacing((rows, columns), "by the Ultrasound Region: valid inside it alone")


def planar_notes(data: Dataset) -> list[str]:
    """What a reader of the table should know about an image of one plane."""
    notes = [f"pixel size {planar_spacing(data).words}"]
    if text(data, "PhotometricInterpretation") == "MONOCHROME1":
        notes.append("MONOCHROME1 was inverted, so that higher values are brighter")
    intent = text(data, "PresentationIntentType").upper()
    if intent:
        notes.append(f"pixels are {intent.lower()}: do not mix them with others")
    views = [text(data, name) for name in ("ImageLaterality", "ViewPosition")]
    if any(views):
        notes.append(f"view {' '.join(filter(None, views))}")
    if text(data, "Modality") == "US" and text(data, "BurnedInAnnotation").upper() != "NO":
        notes.append("the header does not say that no text (names) is burned into the pixels: look at it")
    return notes


def one_channel(stored: npt.NDArray[Any], rgb: Rgb | None) -> tuple[npt.NDArray[Any], list[str]]:
    """Grey values of the only frame of a colour image (rows, columns, channels), and a note."""
    made = grey_of(stored[None], rgb, "the image")
    words = "equal channels taken as grey" if made.made_by == EQUAL else f"colours by {made.made_by}"
    return made.values, [words]


def upright(stored: npt.NDArray[Any], data: Dataset) -> npt.NDArray[Any]:
    """Stored numbers of an image of one plane so that higher ones are brighter (MONOCHROME1 is inverted).

    Raises
    ------
    InputError
        When the number of stored bits, on which the inversion depends, is missing.
    """
    if text(data, "PhotometricInterpretation") != "MONOCHROME1" or text(data, "Modality") not in PLANAR:
        return stored
    bits = number(data, "BitsStored")
    if not bits:
        raise InputError(
            "MONOCHROME1 cannot be inverted: Bits Stored (0028,0101) is missing.", "Export again."
        )
    highest = (1 << int(bits)) - 1 if number(data, "PixelRepresentation") != 1 else -1
    return np.asarray(highest - stored.astype(np.int32))
