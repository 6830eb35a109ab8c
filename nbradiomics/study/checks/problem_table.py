"""The table of what `check` found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

import pandas as pd

from nbradiomics.messages.problem import Problem
from nbradiomics.tables.schema import Column, Schema

CHECK = Schema(
    name="Check",
    file="check.csv",
    row="a problem of the input",
    columns=(
        Column("file", "text", "table or YAML file in which the problem stands"),
        Column("row", "text", "line of the file; the header is line 1", missing="it belongs to no line"),
        Column(
            "column", "text", "column of the table, or key of the YAML file", missing="it belongs to none"
        ),
        Column(
            "severity",
            "text",
            "`error`: the case cannot be computed; `warning`: it can, but look at it",
            values=("error", "warning"),
        ),
        Column("problem", "text", "what was found and what was expected"),
        Column("remedy", "text", "what to do"),
    ),
    note="`nbradiomics check --out` writes the same table.",
)


def problem_table(problems: Iterable[Problem]) -> pd.DataFrame:
    """Problems as the table `CHECK`."""
    return CHECK.table(asdict(problem) for problem in problems)
