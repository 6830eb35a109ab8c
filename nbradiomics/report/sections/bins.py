"""Warnings about uninformative features: too few or too many bins, and constant features."""

from __future__ import annotations

from nbradiomics.features.cohort import constant_features
from nbradiomics.features.extract import first_of
from nbradiomics.messages.wording import counted
from nbradiomics.report.content import Block, Text
from nbradiomics.report.run_files import Run
from nbradiomics.study.checks.parameters import BIN_WIDTH
from nbradiomics.tables import feature_columns


def bin_blocks(run: Run) -> tuple[Block, ...]:
    """Warn about the bin width, as the check of the input found it, and about constant features."""
    warnings = []
    if run.check is not None:
        rows = run.check[run.check["column"] == BIN_WIDTH]
        warnings += [f"{row['problem']} {row['remedy']}" for row in rows.to_dict("records")]
    if run.features is not None and (constant := constant_features(run.features)):
        total = counted(len(feature_columns(run.features)), "feature")
        warnings.append(f"{len(constant)} of {total} are the same in every mask ({first_of(constant)}).")
    return tuple(Text(text[0].upper() + text[1:], tone="warning") for text in warnings)
