"""Schema of the cohort table: the meaning of each column, and of empty cells."""

from __future__ import annotations

from dataclasses import replace

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import READER, READING, ROI, SCAN, VARIANT

#: Kind of a mask that a reader drew by hand only.
INDEPENDENT = "independent"
KINDS = (INDEPENDENT, "edited", "consensus")

COHORT = Schema(
    name="Cohort",
    file="cohort.csv",
    row="an image and a mask of it; an image without a mask has a row with `reader` and `mask` empty",
    columns=(
        *SCAN,
        Column(
            "channel",
            "text",
            "which input of a model with several inputs (`T2w`, `ADC`); all masks of a scan are in rows of "
            "the channel on whose image they were drawn",
            missing="the scan has one image",
            optional=True,
        ),
        Column("image", "text", "image file, relative to the table"),
        replace(READER, missing="an image without a mask"),
        Column("mask", "text", "mask file, relative to the table", missing="an image without a mask"),
        Column(
            "label",
            "text",
            "label to read from the mask: a number, the name of a segment, several of these (`1,2` in "
            "quotes, `1;2` or `1+2`; they are united), or `all` labels except 0",
            missing="the default label of the stage: the label in the parameter file, or 1",
            optional=True,
        ),
        ROI,
        READING,
        Column(
            "reference_kind",
            "text",
            "how the mask was made; `edited` is a corrected automatic mask",
            values=KINDS,
            missing="read as `independent`",
            optional=True,
        ),
        Column("minutes", "number", "time that the reader took", "min", missing="not stated", optional=True),
        Column(
            "probability",
            "text",
            "probability map (0 to 1) from which an automatic mask was made, relative to the table",
            missing="no map",
            optional=True,
        ),
        Column("site", "text", "hospital or scanner", missing="not stated", optional=True),
        Column(
            "unit",
            "text",
            "unit of the image's voxels: `HU`, `SUV`, `mm2/s`, `1e-6 mm2/s`; an ingest writes it",
            missing="arbitrary, or not stated",
            optional=True,
        ),
        Column(
            "pixel_spacing",
            "text",
            "pixel size of a picture (PNG, JPEG, TIFF, BMP) in mm: `0.1`, or `0.1x0.2` for columns and rows; "
            "`pixels` if nobody knows it; only `nbradiomics ingest-pictures` uses it",
            missing="not a picture, or stated for all pictures",
            optional=True,
        ),
        Column(
            "in_training",
            "text",
            "whether the model behind an automatic mask was trained on the subject",
            values=("yes", "no"),
            missing="not known",
            optional=True,
        ),
        Column(
            "in_fit",
            "text",
            "whether the subject's own data fitted what made this image or mask (landmarks, habitats); "
            "outcome models are not evaluated on such a subject",
            values=("yes", "no"),
            missing="nothing was fitted",
            optional=True,
        ),
        VARIANT,
    ),
    key=("subject", "timepoint", "sequence", "variant", "channel", "roi", "reader", "reading"),
    left_out=(
        "variant",
        "channel",
        "label",
        "reference_kind",
        "minutes",
        "probability",
        "site",
        "unit",
        "pixel_spacing",
        "in_training",
        "in_fit",
    ),
    note="You write this table; only `subject` and `image` are required, and `reader` and `mask` go "
    "together. A run writes the table again, with the masks of the model. A PyRadiomics batch table can be "
    "read too.",
)
