"""Schemas of the tables of segmented scans, and of the folds of a training."""

from __future__ import annotations

from dataclasses import replace

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import SCAN

_FAILED = "the scan could not be segmented"
_ONE_FOLD = "the model has one fold, or no fold found a tumour, or the scan could not be segmented"

SEGMENTATION = Schema(
    name="Segmented scans",
    file="segmentation.csv",
    row="a scan",
    columns=(
        *SCAN,
        Column("status", "text", "`empty`: no tumour was found", values=("ok", "empty"), missing=_FAILED),
        Column("volume_ml", "number", "volume of the tumour", "ml", missing=_FAILED),
        Column(
            "removed_ml",
            "number",
            "volume that post-processing removed",
            "ml",
            missing=_FAILED,
            optional=True,
        ),
        Column(
            "volume_cv",
            "number",
            "variation of the volume between the model's folds: standard deviation divided by mean",
            missing=_ONE_FOLD,
        ),
        Column(
            "fold_dice",
            "number",
            "mean Dice coefficient over all pairs of folds of the model, 0 to 1",
            missing=_ONE_FOLD,
        ),
        Column(
            "in_training",
            "flag",
            "whether the model was trained on this image or subject",
            missing="the model does not record it",
            optional=True,
        ),
        Column(
            "channels", "text", "inputs of the network, separated by commas", missing=_FAILED, optional=True
        ),
        Column(
            "resampled",
            "text",
            "channels that were resampled to the grid of the first",
            missing="none",
            optional=True,
        ),
        Column("unused", "text", "channels that the model does not use", missing="none", optional=True),
        Column(
            "orientation",
            "text",
            "axes of the first image, such as `LPS`",
            missing=_FAILED,
            optional=True,
        ),
    ),
    key=("subject", "timepoint", "sequence"),
    note="`nbradiomics segment` writes it as `NAME.segmentation.csv` beside the cohort table.",
)

_FOLD = Column("fold", "text", "the fold of the model, such as `fold_0`, that was not trained on the subject")
_NOT_MEASURED = "always, because only one fold segments the scan"

OUT_OF_FOLD = replace(
    SEGMENTATION,
    name="Segmented training cases",
    file="cross_validation/segmentation.csv",
    row="a training case",
    columns=(
        *(
            replace(column, missing=_NOT_MEASURED)
            if column.name in ("removed_ml", "volume_cv", "fold_dice")
            else column
            for column in SEGMENTATION.columns
        ),
        _FOLD,
    ),
    note="In the folder of a trained model. `in_training` is `False` in every row.",
)

SPLITS = Schema(
    name="Folds of a training",
    file="splits.csv",
    row="a training case",
    columns=(
        *SCAN,
        Column("site", "text", "hospital or scanner", missing="not stated"),
        Column("fold", "text", "the fold that is validated on the case, such as `fold_0`"),
    ),
    key=("subject", "timepoint", "sequence"),
    note="In the folder of a trained model.",
)
