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
            "whether the lower limit reaches the threshold; `False` where it is undefined, or from too few "
            "subjects",
        ),
        Column("readers", "text", "readers who were compared, with commas", optional=True),
        Column(
            "note",
            "text",
            "why the feature is not stable, where this is not for its ICC",
            missing="no such reason",
            optional=True,
        ),
    ),
    key=("feature",),
    note="`COMPARISON` is `readers` (the readers with each other) or `auto_vs_readers` (the model as one "
    "more rater beside them). A cohort of several timepoints, sequences or regions gets a table for each, "
    "such as `readers_baseline.csv`. `nbradiomics reproducibility` writes one table.",
)
