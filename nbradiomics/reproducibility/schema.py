"""The table of reproducibility."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema

_UNDEFINED = "undefined"

REPRODUCIBILITY = Schema(
    name="Reproducibility of features",
    file="reproducibility/COMPARISON.csv",
    row="a feature",
    columns=(
        Column("feature", "text", "name of the feature"),
        Column(
            "icc",
            "number",
            "intraclass correlation ICC(A,1) between the readers, at most 1",
            missing=_UNDEFINED,
        ),
        Column("low", "number", "lower confidence limit of the ICC", missing=_UNDEFINED),
        Column("high", "number", "upper confidence limit of the ICC", missing=_UNDEFINED),
        Column("subjects", "integer", "subjects with a value by every reader; the others are left out"),
        Column(
            "stable",
            "flag",
            "whether the lower limit reaches the threshold; `False` if the ICC is undefined or there are too "
            "few subjects",
        ),
        Column("readers", "text", "compared readers, separated by commas", optional=True),
        Column(
            "note",
            "text",
            "reason why the feature is not stable, other than a low ICC",
            missing="no such reason",
            optional=True,
        ),
    ),
    key=("feature",),
    note="`COMPARISON` is `readers` (the readers with each other) or `auto_vs_readers` (the readers and the "
    "model as another rater). A cohort with several timepoints, sequences or regions gets a table for each, "
    "such as `readers_baseline.csv`. `nbradiomics reproducibility` writes one table.",
)
