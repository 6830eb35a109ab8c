"""Tables of an ingest: how each image was acquired, and which series were not chosen."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import READER, ROI, SCAN, SUBJECT

_UNSTATED = "not stated in the header"
_SERIES = Column("series", "text", "pseudonym of the series")
_PART = Column("part", "integer", "number of the volume in its series")
_MODALITY = Column("modality", "text", "DICOM modality: `MR`, `CT`, `PT`")
_PLANE = Column("plane", "text", "nearest plane: `axial`, `coronal`, `sagittal`", missing=_UNSTATED)
_SLICES = Column("slices", "integer", "number of slices")
_TR = Column("tr", "number", "repetition time", "ms", missing=_UNSTATED)
_TE = Column("te", "number", "echo time", "ms", missing=_UNSTATED)
_TI = Column("ti", "number", "inversion time", "ms", missing=_UNSTATED)
_B = Column("b_value", "number", "diffusion weighting", "s/mm2", missing=_UNSTATED)

ACQUISITION = Schema(
    name="Acquisition",
    file="acquisition.csv",
    row="an image made from a DICOM series",
    columns=(
        *SCAN,
        Column("image", "text", "image file, relative to the table"),
        _SERIES,
        _PART,
        Column("parts", "integer", "number of volumes of the series"),
        _MODALITY,
        Column(
            "units",
            "text",
            "unit of the voxels: `HU`, `SUV` (body weight, g/ml), `mm2/s`, `1e-6 mm2/s`",
            missing="arbitrary (MR), or not stated",
        ),
        Column("days", "integer", "days since the subject's first scan", "days", missing="no study date"),
        Column("site", "text", "hospital: its name by the rules, or a pseudonym", missing=_UNSTATED),
        Column("vendor", "text", "manufacturer; a pseudonym if it is not a known one", missing=_UNSTATED),
        Column("model", "text", "scanner; a pseudonym if it is not a known one", missing=_UNSTATED),
        Column("field_strength", "number", "magnetic field", "T", missing=_UNSTATED),
        _TR,
        _TE,
        _TI,
        Column("flip_angle", "number", "flip angle", "degrees", missing=_UNSTATED),
        _B,
        Column("contrast", "flag", "whether the header names a contrast agent"),
        Column("kvp", "number", "peak voltage of the X-ray tube", "kV", missing=_UNSTATED),
        Column("kernel", "text", "reconstruction kernel; a pseudonym if not a usual one", missing=_UNSTATED),
        Column("uptake", "number", "injection to scan", "min", missing="no PET, or not needed"),
        _PLANE,
        Column("spacing_x", "number", "distance of columns", "mm"),
        Column("spacing_y", "number", "distance of rows", "mm"),
        Column("spacing_z", "number", "distance of slices", "mm"),
        Column("slice_thickness", "number", "thickness of a slice", "mm", missing=_UNSTATED),
        Column("columns", "integer", "number of columns"),
        Column("rows", "integer", "number of rows"),
        _SLICES,
        Column("note", "text", "what you should know about the image", missing="nothing"),
    ),
    key=("subject", "timepoint", "sequence"),
    note="`nbradiomics ingest` writes it beside the cohort table. `site`, `vendor`, `model`, "
    "`field_strength` and `kernel` can serve as batches. It has no name, identifier or date of a person.",
)

NOT_CHOSEN = Schema(
    name="Not chosen",
    file="not_chosen.csv",
    row="a volume of a DICOM series, or another object, that became no image although nothing failed",
    columns=(
        SUBJECT,
        _SERIES,
        _PART,
        _MODALITY,
        _PLANE,
        _SLICES,
        _TR,
        _TE,
        _TI,
        _B,
        Column("reason", "text", "why it was not chosen"),
    ),
    key=("series", "part"),
    note="`nbradiomics ingest` writes it beside the cohort table. Every series of the folder is in this "
    "table, in `acquisition.csv` or in `failures.csv`; `--list` shows its description.",
)

MASKS = Schema(
    name="Masks of an ingest",
    file="masks.csv",
    row="a mask made from a DICOM segmentation or structure set",
    columns=(
        *SCAN,
        ROI,
        READER,
        Column(
            "series",
            "text",
            "pseudonym of the series of the segmentation or structure set; several if regions were united",
        ),
        Column("volume", "number", "volume of the mask", "ml"),
        Column(
            "outlined",
            "number",
            "area of the contours times the distance of the slices",
            "ml",
            missing="a segmentation, or several regions that were united",
        ),
        Column("note", "text", "what you should look at before you use the mask", missing="nothing"),
    ),
    key=("subject", "timepoint", "sequence", "roi", "reader"),
    note="`nbradiomics ingest` writes it beside the cohort table, which names the files.",
)
