"""The table of problems that `check` found."""

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
        Column("file", "text", "table or YAML file with the problem"),
        Column(
            "row", "text", "line of the file; the header is line 1", missing="the problem has no single line"
        ),
        Column(
            "column",
            "text",
            "column of the table, or key of the YAML file",
            missing="the problem has no single column or key",
        ),
        Column(
            "severity",
            "text",
            "`error`: the case cannot be computed; `warning`: it can be computed, but check it",
            values=("error", "warning"),
        ),
        Column("problem", "text", "what was found and what was expected"),
        Column("remedy", "text", "what to do"),
    ),
    note="`nbradiomics check --out` writes the same table.",
)


def problem_table(problems: Iterable[Problem]) -> pd.DataFrame:
    """Return problems as the table `CHECK`."""
    return CHECK.table(asdict(problem) for problem in problems)
