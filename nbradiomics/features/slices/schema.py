"""Schema of the table with a row for each slice."""

from __future__ import annotations

from dataclasses import replace

from nbradiomics.features.schema import FEATURES
from nbradiomics.tables.index import SLICE
from nbradiomics.tables.schema import Column

SLICES = replace(
    FEATURES,
    name="Features of slices",
    file="NAME.parquet",
    row="a slice of a region of a scan by one reader; if its extraction failed, all features are missing",
    columns=(
        *FEATURES.columns,
        Column(
            SLICE,
            "integer",
            "index of the slice along the third axis of the image, from 0",
            missing="no slice could be measured",
        ),
        Column("slice_mm", "number", "position along this axis", "mm", missing="no slice could be measured"),
        Column("slice_voxels", "integer", "voxels of the region in it", missing="no slice could be measured"),
    ),
    key=(*FEATURES.key, SLICE),
    note="`nbradiomics extract --per-slice each` writes it as CSV or Parquet. Slices are no subjects: all "
    "commands that read feature tables refuse it.",
)
