"""Find the slices from which an image was made, by its voxels.

Equal grids are no proof: series of other patients may have them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.discreet import discreet
from nbradiomics.dicom.export.frames import Frame
from nbradiomics.dicom.export.placing import Placed
from nbradiomics.dicom.series.pixels import read_stored
from nbradiomics.errors import InputError

#: Smallest correlation of two pictures that are the same but for a linear change of unit, which an image in
#: single precision keeps.
SAME = 0.999999
_REMEDY_VOXELS = (
    "Check the table of series, and whether the source was changed. If the image was processed on its grid "
    "(bias field correction, normalisation), say so: --processed."
)
_REMEDY = (
    "Export the series from the archive so that each image is one series, or give the image as it was made "
    "from the series."
)


def chosen(
    planes: Sequence[Sequence[Placed]],
    image: npt.NDArray[np.generic],
    touched: npt.NDArray[np.bool_],
    *,
    processed: bool = False,
) -> tuple[Placed | None, ...]:
    """Choose a slice for each plane, and compare its voxels with the image's, but for a linear change.

    Parameters
    ----------
    planes
        The slices that lie on each plane.
    image
        The image (z, y, x) on whose grid the mask is.
    touched
        Whether any region touches the plane: elsewhere nothing refers to the slice.
    processed
        Whether the image was processed after it was made from the series: the slice of a plane is not
        compared if it is the only one.

    Returns
    -------
    tuple of Placed or None
        ``None`` for a plane with several slices that no region touches.

    Raises
    ------
    InputError
        When it cannot be known which slice belongs to the image, or the voxels are not the same.
    """
    pictures = _Pictures()
    if not processed:
        used_once = [
            plane[0] for plane, used in zip(planes, touched, strict=True) if used and len(plane) == 1
        ]
        _require_same(used_once, image, pictures)
    return tuple(
        plane[0] if len(plane) == 1 else _same(plane, image, pictures) if used else None
        for plane, used in zip(planes, touched, strict=True)
    )


def _require_same(placed: Sequence[Placed], image: npt.NDArray[np.generic], pictures: _Pictures) -> None:
    """Refuse slices with other voxels than the image: of another patient, or changed since the ingest."""
    unreadable = different = 0
    for one in placed:
        picture = pictures.of(one.frame)
        unreadable += picture is None
        different += picture is not None and not _is_same(picture, one.pixels(image))
    if unreadable:
        raise InputError(
            f"the pixels of {unreadable} of the {len(placed)} slices under the regions cannot be decoded to "
            "compare them with the image.",
            _REMEDY_VOXELS,
        )
    if different:
        raise InputError(
            f"the image is not that of the source series: {different} of the {len(placed)} slices under the "
            "regions have other voxels, though they have the same places.",
            _REMEDY_VOXELS,
        )


def _same(plane: Sequence[Placed], image: npt.NDArray[np.generic], pictures: _Pictures) -> Placed:
    alike = [one for one in plane if _is_same(pictures.of(one.frame), one.pixels(image))]
    if len(alike) != 1:
        raise InputError(
            f"the series has {len(plane)} images of the same place, and {len(alike)} of them have the voxels "
            "of the image; exactly one was expected.",
            _REMEDY,
        )
    return alike[0]


def _is_same(picture: npt.NDArray[np.float64] | None, voxels: npt.NDArray[np.generic]) -> bool:
    """Whether the voxels are the picture, but for an increasing linear change."""
    if picture is None:
        return False
    if picture.shape != voxels.shape:
        return False
    first, second = picture.ravel(), voxels.astype(np.float64).ravel()
    first, second = first - first.mean(), second - second.mean()
    lengths = float(np.sqrt((first @ first) * (second @ second)))
    if not first.any() and not second.any():
        return True  # one grey value each
    return bool(lengths > 0 and first @ second / lengths >= SAME)


class _Pictures:
    """Pixels of frames; the file of a multi-frame instance is decoded once."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._pixels: npt.NDArray[np.float64] | None = None

    def of(self, frame: Frame) -> npt.NDArray[np.float64] | None:
        """Stored pixels of a frame; ``None`` if they cannot be decoded."""
        if frame.source.path != self._path:
            self._path, self._pixels = frame.source.path, _decoded(frame.source.path)
        return None if self._pixels is None else self._pixels[(frame.source.frame or 1) - 1]


def _decoded(path: Path) -> npt.NDArray[np.float64] | None:
    with discreet():
        try:
            return np.asarray(read_stored(path, "")[1], dtype=np.float64)
        except (InputError, OSError):
            return None
