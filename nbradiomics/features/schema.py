"""Schemas of the feature tables: features of a cohort, diagnostics, maps, and the comparison of engines."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import CASE, READER, READING, VARIANT

FEATURES = Schema(
    name="Features of a cohort",
    file="features.parquet",
    row="a region of a scan by one reader; if the extraction failed, all features are missing",
    columns=(
        *CASE,
        READER,
        READING,
        VARIANT,
        Column("engine", "text", "engine that computed the features, and its version", optional=True),
        Column(
            "in_training",
            "text",
            "whether the model behind an automatic mask was trained on the subject",
            values=("yes", "no"),
            missing="unknown, or the mask is by a reader",
            optional=True,
        ),
        Column("site", "text", "hospital or scanner", missing="not stated", optional=True),
        Column(
            "in_fit",
            "text",
            "whether the subject's own data fitted what made the image or the mask (landmarks, habitats)",
            values=("yes", "no"),
            missing="nothing was fitted",
            optional=True,
        ),
        Column(
            "parameters",
            "text",
            "hash of the settings of the parameter file on which values depend; the same for two tables "
            "whose features can be compared",
            missing="not stated",
            optional=True,
        ),
    ),
    key=("subject", "timepoint", "sequence", "roi", "reader", "reading", "variant", "engine"),
    left_out=("site", "in_fit", "parameters"),
    further="a column of numbers for each feature, under PyRadiomics' own names (`original_glcm_Contrast`), "
    "and under the IBSI's tags for its families (`original_ivh_v10`); a missing value is undefined, and the "
    "table of failures gives the reason",
    note="`nbradiomics extract` writes it as CSV or Parquet. A Parquet file has a group for every 1,000 "
    "rows, so that a large table can be read in pieces, or only some of its columns. A table with rows of "
    "two engines is refused unless you choose one engine.",
)

DIAGNOSTICS = Schema(
    name="Diagnostics",
    file="NAME.csv",
    row="a region of a scan by one reader; a region without features has no row",
    columns=(*CASE, READER, READING),
    key=("subject", "timepoint", "sequence", "roi", "reader", "reading"),
    further="a column for each of PyRadiomics' diagnostics, under its own name "
    "(`diagnostics_Image-original_Spacing`); a value that is neither text nor a number is JSON",
    note="`nbradiomics extract --diagnostics` writes it as CSV or Parquet.",
)

MAPS = Schema(
    name="Feature maps",
    file="maps.csv",
    row="a feature map",
    columns=(
        Column("feature", "text", "name of the feature"),
        Column("file", "text", "file of the map, in the same folder"),
        *(
            Column(name, "number", f"{name} over the voxels of the region", missing="no voxel has a value")
            for name in ("minimum", "median", "maximum")
        ),
        Column("undefined", "integer", "voxels of the region without a value"),
    ),
    key=("feature",),
    note="In the folder that `nbradiomics maps` writes.",
)

VERIFICATION = Schema(
    name="Verification",
    file="NAME.csv",
    row="a feature of one region",
    columns=(
        Column("feature", "text", "name of the feature"),
        Column("native", "number", "value of the native engine", missing="the engine has no value"),
        Column("pyradiomics", "number", "value of PyRadiomics", missing="PyRadiomics has no value"),
        Column("difference", "number", "absolute difference", missing="a value is missing"),
        Column(
            "relative",
            "number",
            "difference divided by the value of PyRadiomics",
            missing="a value is missing",
        ),
        Column("allowed", "number", "largest allowed difference", missing="a value is missing"),
        Column("same", "flag", "whether the difference is allowed"),
    ),
    key=("feature",),
    note="`nbradiomics verify --out` writes it as CSV or Parquet.",
)
