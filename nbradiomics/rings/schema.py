"""The table of derived regions: size of each, and what is missing of it."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import CASE, READER, READING, VARIANT

_RING = "not a ring"

ROIS = Schema(
    name="Rings, rims and cores",
    file="rois.csv",
    row="a region that was derived from a drawn one by distance",
    columns=(
        *CASE,
        READER,
        READING,
        VARIANT,
        Column("region", "text", "drawn region from which it was derived"),
        Column("region_ml", "number", "volume of the drawn region", "ml", missing="it could not be read"),
        Column("width_mm", "number", "requested width of the ring, or depth of the rim", "mm"),
        Column("volume_ml", "number", "volume", "ml", missing="it could not be made"),
        Column("voxels", "integer", "number of voxels", missing="it could not be made"),
        Column(
            "thickness_mm",
            "number",
            "thickness along the axis with the largest voxels, where the surface is at right angles to it: "
            "whole voxels",
            "mm",
            missing="it could not be made, or it is a core",
        ),
        Column(
            "outside_image",
            "number",
            "share of the whole ring that lies outside the image",
            missing=_RING,
        ),
        Column(
            "outside_body",
            "number",
            "share of the whole ring that is in the image, but outside the body",
            missing=_RING,
        ),
        Column(
            "other_lesions",
            "number",
            "share of the whole ring that belongs to other lesions of the reader",
            missing=_RING,
        ),
        Column(
            "at_border",
            "number",
            "share of the border of the drawn region that is the border of the image, where no rim is known",
            missing="a ring",
        ),
        Column(
            "deepest_mm",
            "number",
            "largest distance of a voxel of the drawn region from its surface",
            "mm",
            missing="a ring",
        ),
        Column(
            "lowest_value",
            "number",
            "share of its voxels with the lowest value of the image: air, or empty borders of an image",
            missing="it could not be made",
        ),
        Column("warnings", "text", "what may make it another region than its name says", missing="nothing"),
    ),
    key=("subject", "timepoint", "sequence", "roi", "reader", "reading", "variant"),
    note="`nbradiomics rois` writes it into the folder of the masks. `outside_image`, `outside_body` and "
    "`other_lesions` add up to what is missing of the ring.",
)
