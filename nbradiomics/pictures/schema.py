"""The table of converted pictures: what each file was, and how it became an image or a mask."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import SCAN, VARIANT

_IMAGE = "an image"

PICTURES = Schema(
    name="Converted pictures",
    file="pictures.csv",
    row="a picture that became an image or a mask",
    columns=(
        *SCAN,
        VARIANT,
        Column("channel", "text", "channel of the scan", missing="the scan has one image"),
        Column("role", "text", "what the picture is", values=("image", "mask")),
        Column("roi", "text", "region of a mask", missing=_IMAGE),
        Column("reader", "text", "who drew the mask", missing=_IMAGE),
        Column("reading", "integer", "number of the reading by the same reader", missing=_IMAGE),
        Column("file", "text", "file that was written, relative to the table"),
        Column("format", "text", "format of the picture", values=("PNG", "JPEG", "TIFF", "BMP")),
        Column("columns", "integer", "number of columns"),
        Column("rows", "integer", "number of rows"),
        Column("slices", "integer", "number of slices: pages of the picture"),
        Column("spacing_x", "number", "distance of the columns", "mm", missing="not known: 1 in the file"),
        Column("spacing_y", "number", "distance of the rows", "mm", missing="not known: 1 in the file"),
        Column("lowest", "number", "lowest value of the image, or lowest label of the mask except 0"),
        Column("highest", "number", "highest value of the image, or highest label"),
        Column(
            "grey",
            "text",
            "how the numbers became grey values: `grey` (as stored), `equal channels`, or the conversion",
            missing="a mask",
        ),
        Column("note", "text", "what you should know about it", missing="nothing"),
    ),
    key=("subject", "timepoint", "sequence", "variant", "channel", "role", "roi", "reader", "reading"),
    note="`nbradiomics ingest-pictures` writes it beside the cohort table.",
)
