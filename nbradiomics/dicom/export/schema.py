"""Schema of the table of the objects that an export wrote."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import READER, READING, SCAN

EXPORTS = Schema(
    name="DICOM objects",
    file="exports.csv",
    row="a scan and a reader, whose masks are in one segmentation",
    columns=(
        *SCAN,
        READER,
        READING,
        Column("seg", "text", "file of the segmentation (DICOM SEG), in the same folder"),
        Column(
            "sr",
            "text",
            "file of the report (DICOM SR), in the same folder",
            missing="there is no feature and no risk to report",
        ),
        Column("segments", "integer", "regions in the segmentation"),
        Column("features", "integer", "feature values in the report"),
        Column(
            "missing_features",
            "integer",
            "features of the table that are missing for a region and are left out of the report",
        ),
        Column("risks", "integer", "out-of-fold predictions in the report"),
        Column(
            "missing_risks", "integer", "predictions without a value, because the model failed in the fold"
        ),
        Column(
            "emptied",
            "text",
            "names of attributes of patient and study that are left empty, because the values of the source "
            "are not allowed in DICOM",
            missing="none",
        ),
    ),
    key=("subject", "timepoint", "sequence", "reader", "reading"),
    note="`nbradiomics export-dicom` writes it into the folder of the objects.",
)
