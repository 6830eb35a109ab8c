"""The table of combined rules."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema

STABLE = Schema(
    name="Stable features by combined rules",
    file="stable.csv",
    row="a feature",
    columns=(
        Column("feature", "text", "name of the feature"),
        Column("stable", "flag", "whether the feature meets every rule"),
        Column("reason", "text", "the first rule that it does not meet, and why", missing="it is stable"),
    ),
    key=("feature",),
    further="two columns for each rule: the value (`readers.low`), empty if undefined, and whether the "
    "rule is met (`readers.low >= 0.75`)",
    note="Only if the section `reproducibility` has rules. `nbradiomics stable` writes it under the name of "
    "`--out`, and `nbradiomics outcome --stable` reads it.",
)
