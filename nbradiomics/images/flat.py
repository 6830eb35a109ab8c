"""Two-dimensional images as images of one slice.

A file of two dimensions states no third axis. It becomes a slice of `THICKNESS`, so that a volume in mm3 has
the number of an area in mm2: the features are those of PyRadiomics for a two-dimensional image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbradiomics.images.grid import right_angled

if TYPE_CHECKING:
    import SimpleITK as sitk

#: Voxel edge in mm along the axis that a two-dimensional image lacks.
THICKNESS = 1.0


def as_slice(image: sitk.Image, name: str) -> sitk.Image:
    """Return a two-dimensional image as an image of one slice: at 0 mm on the third axis, `THICKNESS` thick.

    Raises
    ------
    InputError
        When its axes are not at a right angle; `name` is its name.
    """
    import SimpleITK as sitk

    made = sitk.JoinSeries(image, 0.0, THICKNESS)
    right_angled(made.GetDirection(), name)
    return made


def lacks_third_axis(image: sitk.Image) -> bool:
    """Whether an image of one slice has the third axis of `as_slice`, which says nothing about its place."""
    edges, origin, matrix = image.GetSpacing(), image.GetOrigin(), image.GetDirection()
    axis = (matrix[2], matrix[5], matrix[6], matrix[7], matrix[8])
    return image.GetSize()[2] == 1 and edges[2] == THICKNESS and origin[2] == 0 and axis == (0, 0, 0, 0, 1)


def in_plane(image: sitk.Image) -> sitk.Image:
    """Return an image of one slice as two-dimensional: the grid of its rows and columns alone."""
    return image[:, :, 0]
