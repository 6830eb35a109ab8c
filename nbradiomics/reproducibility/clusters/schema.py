"""The table of correlation clusters."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema

CLUSTERS = Schema(
    name="Correlation clusters of features",
    file="clusters.csv",
    row="a feature",
    columns=(
        Column("feature", "text", "name of the feature"),
        Column(
            "cluster",
            "integer",
            "number of the cluster, 1 for the largest",
            missing="the feature does not vary, or has values in too few subjects",
        ),
        Column("size", "integer", "number of features of the cluster", missing="as for `cluster`"),
        Column(
            "representative",
            "text",
            "feature that represents the cluster: the most reproducible one if a table of reproducibility "
            "was given (highest lower limit), otherwise the one with the highest mean correlation with the "
            "others",
            missing="as for `cluster`",
        ),
        Column(
            "correlation_with_representative",
            "number",
            "Spearman correlation with the representative",
            missing="as for `cluster`, or too few subjects have both",
        ),
        Column(
            "with_volume",
            "number",
            "Spearman correlation with the volume",
            missing="as for `cluster`, or the table has no volume",
        ),
        Column(
            "only_volume",
            "flag",
            "whether the feature is in the cluster of the volume: it says what the volume says",
            missing="the table has no volume",
        ),
        Column("subjects", "integer", "subjects with a value"),
    ),
    key=("feature",),
    note="Written by `nbradiomics clusters` under the name of `--out`.",
)
