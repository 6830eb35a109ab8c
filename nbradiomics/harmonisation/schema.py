"""Tables of a harmonisation."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema

TREATMENTS = Schema(
    name="Batches of a harmonisation",
    file="harmonisation/batches.csv",
    row="a batch of a batch column",
    columns=(
        Column("batch_column", "text", "column of the batch"),
        Column("batch", "text", "site, scanner ..."),
        Column(
            "subjects",
            "integer",
            "its subjects among those to which the row refers; rows, if the table has no column `subject`",
        ),
        Column(
            "treatment",
            "text",
            "`fitted`: harmonised by training estimates; `reference`: unchanged, the goal of the others; "
            "`kept`: not harmonised; `estimated`: without training subjects, harmonised by its own features",
            values=("fitted", "reference", "kept", "estimated"),
        ),
        Column("reason", "text", "reason of the treatment, or a remark", missing="none"),
    ),
    key=("batch_column", "batch"),
)

FEATURE_NOTES = Schema(
    name="Features of a harmonisation",
    file="harmonisation/features.csv",
    row="a feature that is not harmonised as the others",
    columns=(
        Column("batch_column", "text", "column of the batch"),
        Column("feature", "text", "feature"),
        Column("note", "text", "what is done with it, and why"),
    ),
    key=("batch_column", "feature", "note"),
)
