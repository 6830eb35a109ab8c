"""Features of size and form: the classes `shape` and `shape2D`, and the family `morph`."""

from __future__ import annotations

from typing import Any

from nbradiomics.nomenclature.entry import NEVER, PAIRS, SIZE, SUM, Entry
from nbradiomics.nomenclature.rows import Row, entries, row

#: Where voxels touch at an edge or a corner alone, the mesh depends on directions and may be open.
_MESH: dict[str, Any] = {"rotation": "no"}
_SIZE: dict[str, Any] = {"lowest": "0", "volume": SIZE}
_PART: dict[str, Any] = {"lowest": "0", "highest": "1"}
_OPEN: dict[str, Any] = {"lowest": "0"}
_FROM_SPHERICITY = "PyRadiomics retired it: it follows from Sphericity"

#: Features with one value in PyRadiomics and the IBSI.
SHARED = (
    row(
        "MeshVolume",
        "volume",
        "Volume",
        "Volume inside the mesh of the region.",
        unit="mm3",
        **_SIZE,
        **_MESH,
    ),
    row(
        "VoxelVolume",
        "vol_approx",
        "Volume by voxels",
        "Number of voxels times the volume of a voxel.",
        unit="mm3",
        **_SIZE,
    ),
    row(
        "SurfaceArea",
        "area_mesh",
        "Surface area",
        "Area of the mesh of the region.",
        unit="mm2",
        **_SIZE,
        **_MESH,
    ),
    row(
        "SurfaceVolumeRatio",
        "av",
        "Surface to volume ratio",
        "Surface area divided by the volume; it falls as a region of the same form grows.",
        unit="mm-1",
        **_SIZE,
        **_MESH,
    ),
    row(
        "Compactness1",
        "comp_1",
        "Compactness 1",
        "Volume divided by the square root of pi and the surface area to the power 3/2; at most 1 / (6 pi), "
        "for a sphere.",
        lowest="0",
        highest="0.0531",
        **_MESH,
        deprecated=_FROM_SPHERICITY,
    ),
    row(
        "Compactness2",
        "comp_2",
        "Compactness 2",
        "Square of the volume relative to that of a sphere of the same surface area.",
        **_PART,
        **_MESH,
        deprecated=_FROM_SPHERICITY,
    ),
    row(
        "SphericalDisproportion",
        "sph_dispr",
        "Spherical disproportion",
        "Surface area divided by that of a sphere of the same volume.",
        lowest="1",
        **_MESH,
        deprecated=_FROM_SPHERICITY,
    ),
    row(
        "Sphericity",
        "sphericity",
        "Sphericity",
        "Surface area of a sphere of the same volume, divided by that of the region; 1 for a sphere.",
        **_PART,
        **_MESH,
    ),
    row(
        "Maximum3DDiameter",
        "diam",
        "Maximum 3D diameter",
        "Largest distance of two points of the surface.",
        unit="mm",
        **_SIZE,
    ),
    row(
        "Elongation",
        "pca_elongation",
        "Elongation",
        "Minor axis length divided by the major axis length: 1 for a region that is not elongated.",
        **_PART,
    ),
    row(
        "Flatness",
        "pca_flatness",
        "Flatness",
        "Least axis length divided by the major axis length: 0 for a flat region.",
        **_PART,
    ),
)


def _axis(pyradiomics: str, ibsi: str, which: str) -> Row:
    return row(
        pyradiomics,
        ibsi,
        f"{which} axis length",
        f"Length of the {which.lower()} axis of an ellipsoid with the covariance of the region's voxels.",
        unit="mm",
        **_SIZE,
    )


_AXES = (
    _axis("MajorAxisLength", "pca_maj_axis", "Major"),
    _axis("MinorAxisLength", "pca_min_axis", "Minor"),
    _axis("LeastAxisLength", "pca_least_axis", "Least"),
)


def _diameter(plane: str, across: str, **claims: Any) -> Row:
    return row(
        f"Maximum2DDiameter{plane}",
        "",
        f"Maximum 2D diameter, {plane.lower()}",
        f"Largest distance of two points of the surface in one plane of {across}.",
        unit="mm",
        **_SIZE,
        **claims,
    )


_DIAMETERS = (
    _diameter("Slice", "rows and columns", rotation="in slices"),
    _diameter("Column", "rows and slices", rotation="no"),
    _diameter("Row", "columns and slices", rotation="no"),
)


def _densities(tag: str, body: str, volume: dict[str, Any]) -> tuple[Row, Row]:
    return (
        row(
            "",
            f"vol_dens_{tag}",
            f"Volume density, {body}",
            f"Volume divided by that of the {body}.",
            **volume,
            **_MESH,
        ),
        row(
            "",
            f"area_dens_{tag}",
            f"Area density, {body}",
            f"Surface area divided by that of the {body}.",
            lowest="0",
            **_MESH,
        ),
    )


_FAMILY = (
    row(
        "",
        "asphericity",
        "Asphericity",
        "How much the surface area exceeds that of a sphere of the same volume, as a part of the latter.",
        lowest="0",
        **_MESH,
    ),
    row(
        "",
        "com",
        "Centre of mass shift",
        "Distance between the centre of the region and the centre of its intensities.",
        unit="mm",
        **_SIZE,
        shift=NEVER,
    ),
    *_densities("aabb", "axis-aligned bounding box", _PART),
    *_densities("ombb", "oriented minimum bounding box", _PART),
    *_densities("aee", "approximate enclosing ellipsoid", _OPEN),
    *_densities("mvee", "minimum volume enclosing ellipsoid", _PART),
    *_densities("conv_hull", "convex hull", _PART),
    row(
        "",
        "integ_int",
        "Integrated intensity",
        "Mean intensity times the volume.",
        unit="mm3 I",
        volume=SUM,
        **_MESH,
        shift=NEVER,
        scale=NEVER,
    ),
    row(
        "",
        "moran_i",
        "Moran's I",
        "Correlation of the intensities of all pairs of voxels, weighted by 1 / their distance.",
        volume=PAIRS,
    ),
    row(
        "",
        "geary_c",
        "Geary's C",
        "Mean squared difference of the intensities of all pairs of voxels, weighted by 1 / their distance, "
        "relative to the variance; 1 if they do not depend on each other.",
        lowest="0",
        volume=PAIRS,
    ),
)

_FLAT = "shape2D is PyRadiomics' own: the IBSI's families measure size and form in space"
_SHAPE2D = (
    row("MeshSurface", "", "Area", "Area inside the outline of the region.", unit="mm2", **_SIZE),
    row(
        "PixelSurface",
        "",
        "Area by pixels",
        "Number of pixels times the area of a pixel.",
        unit="mm2",
        **_SIZE,
    ),
    row("Perimeter", "", "Perimeter", "Length of the outline of the region.", unit="mm", **_SIZE),
    row(
        "PerimeterSurfaceRatio",
        "",
        "Perimeter to area ratio",
        "Perimeter divided by the area.",
        unit="mm-1",
        **_SIZE,
    ),
    row(
        "Sphericity",
        "",
        "Circularity",
        "Perimeter of a circle of the same area, divided by that of the region; 1 for a circle.",
        **_PART,
    ),
    row(
        "SphericalDisproportion",
        "",
        "Circular disproportion",
        "Perimeter divided by that of a circle of the same area.",
        lowest="1",
        deprecated=_FROM_SPHERICITY,
    ),
    row(
        "MaximumDiameter",
        "",
        "Maximum diameter",
        "Largest distance of two points of the outline.",
        unit="mm",
        **_SIZE,
    ),
    row(
        "MajorAxisLength",
        "",
        "Major axis length",
        "Length of the major axis of an ellipse with the covariance of the region's pixels.",
        unit="mm",
        **_SIZE,
    ),
    row(
        "MinorAxisLength",
        "",
        "Minor axis length",
        "Length of the minor axis of an ellipse with the covariance of the region's pixels.",
        unit="mm",
        **_SIZE,
    ),
    row("Elongation", "", "Elongation", "Minor axis length divided by the major axis length.", **_PART),
)
ENTRIES: list[Entry] = [
    *entries((*SHARED, *_AXES, *_DIAMETERS), "shape", ""),
    *entries(_SHAPE2D, "shape2D", "", rotation="in slices", without_code=_FLAT),
    *entries((*SHARED, *_AXES, *_FAMILY), "", "morph"),
]
