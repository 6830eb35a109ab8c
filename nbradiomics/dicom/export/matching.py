"""Choose among several images of one place the one from which an image was made, by its voxels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nbradiomics.dicom.export.frames import Frame
from nbradiomics.dicom.export.placing import Placed
from nbradiomics.dicom.headers import read_whole
from nbradiomics.errors import InputError
from nbradiomics.system.quiet import quiet

#: Smallest correlation of two pictures that are the same but for a linear change of unit, which an image in
#: single precision keeps.
SAME = 0.999999
_REMEDY = (
    "Export the series from the archive so that each image is one series, or give the image as it was made "
    "from the series."
)


def chosen(
    planes: Sequence[Sequence[Placed]],
    image: npt.NDArray[np.generic],
    touched: npt.NDArray[np.bool_],
) -> tuple[Placed | None, ...]:
    """Choose a slice for each plane.

    Parameters
    ----------
    planes
        The slices that lie on each plane.
    image
        The image (z, y, x) on whose grid the mask is.
    touched
        Whether any region touches the plane: elsewhere nothing refers to the slice.

    Returns
    -------
    tuple of Placed or None
        ``None`` for a plane with several slices that no region touches.

    Raises
    ------
    InputError
        When it cannot be known which slice belongs to the image.
    """
    pictures = _Pictures()
    return tuple(
        plane[0] if len(plane) == 1 else _same(plane, image, pictures) if used else None
        for plane, used in zip(planes, touched, strict=True)
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
    first, second = picture.ravel(), voxels.astype(np.float64).ravel()
    first, second = first - first.mean(), second - second.mean()
    lengths = float(np.sqrt((first @ first) * (second @ second)))
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
        if self._pixels is None or frame.source.frame is None:
            return self._pixels
        return self._pixels[frame.source.frame - 1] if self._pixels.ndim == 3 else self._pixels


def _decoded(path: Path) -> npt.NDArray[np.float64] | None:
    with quiet():
        try:
            return np.asarray(read_whole(path).pixel_array, dtype=np.float64)
        except Exception:  # the exceptions of decoders have no common base
            return None
