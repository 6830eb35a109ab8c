"""The stage `needed_agreement`: how well two masks must agree before a feature can be trusted."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.errors import NbradiomicsError
from nbradiomics.execution.batch import Failure, failure_of
from nbradiomics.execution.stage_names import StageName
from nbradiomics.reproducibility.needed_agreement import (
    LEFT_OUT,
    NEEDED_AGREEMENT,
    NeededAgreementAnalysis,
    NeededAgreementSettings,
    contexts_of,
    needed_agreement,
)
from nbradiomics.tables import Rows, read_table, write_table
from nbradiomics.tables.schema import Schema
from nbradiomics.workflows.stages.base import Stage, Work


class NeededAgreement(Stage):
    """Relates the differences of the features to the agreement of the masks.

    A cohort with several timepoints, sequences or regions gets one table for each combination.
    """

    name = StageName.NEEDED_AGREEMENT

    def wanted(self, work: Work) -> bool:
        """Whether masks were compared, and features computed of the same whole masks."""
        of_slices = work.study.extract.per_slice is not None
        return work.agreement is not None and len(work.features) > 0 and not of_slices

    def run(self, work: Work) -> list[Failure]:
        """Write the tables of ``needed_agreement/``."""
        section = work.study.needed_agreement
        failures: list[Failure] = []
        try:
            table = None if section.repeatability is None else read_table(section.repeatability)
        except NbradiomicsError as error:
            return [failure_of("repeatability", self.name, error)]
        for context, rows in contexts_of(work.features).items():
            try:
                _assess(work, context, rows, table)
            except NbradiomicsError as error:
                failures.append(failure_of(context or "cohort", self.name, error))
        return failures


def _assess(work: Work, context: str, rows: Rows, repeatability: pd.DataFrame | None) -> None:
    assert work.agreement is not None
    analysis = work.study.needed_agreement.part(NeededAgreementAnalysis)
    settings = analysis.part(NeededAgreementSettings).changed(seed=work.study.seed)
    result = needed_agreement(
        work.features, work.agreement, repeatability=repeatability, rows=rows, settings=settings
    )
    write_table(result.table, _file(work, NEEDED_AGREEMENT, context))
    write_table(result.left_out, _file(work, LEFT_OUT, context))


def _file(work: Work, schema: Schema, context: str) -> Path:
    folder, _, name = schema.file.partition("/")
    stem = name.removesuffix(".csv")
    return work.folder.file(folder, f"{stem}_{context}.csv" if context else name)
