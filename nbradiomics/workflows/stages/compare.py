"""The stage `compare`: compare masks with masks."""

from __future__ import annotations

import pandas as pd

from nbradiomics.agreement.cohort import AgreementTable, How, compare_cohort
from nbradiomics.agreement.consensus_cohort import compare_with_consensus
from nbradiomics.agreement.settings import ComparisonSettings
from nbradiomics.cohort import Cohort
from nbradiomics.errors import InputError, NbradiomicsError
from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.tables import AUTO, write_table
from nbradiomics.workflows.stages.base import Stage, Work


class Compare(Stage):
    """Compares the masks of every two readers, and with a consensus if requested.

    Parameters
    ----------
    essential
        Whether the run ends if the stage fails.
    """

    name = StageName.COMPARE

    def __init__(self, *, essential: bool = False) -> None:
        self.essential = essential

    def wanted(self, work: Work) -> bool:
        """Whether there are masks."""
        return bool((work.cohort.table["mask"] != "").any())

    def run(self, work: Work) -> list[Failure]:
        """Write ``agreement.csv``."""
        try:
            agreement = compare_masks(work)
        except NbradiomicsError:
            if self.essential or len(work.cohort.readers()) > 1:
                raise
            return []  # one reader without a second reading: a comparison was not requested
        write_table(agreement.table, work.folder.file("agreement.csv"))
        work.agreement = agreement.table
        return agreement.failures


def compare_masks(work: Work) -> AgreementTable:
    """Compare the masks of the cohort, without writing a table."""
    cohort, section = judged(work.cohort), work.study.readers
    settings = section.part(ComparisonSettings)
    rule = work.rule_of_masks
    pairs = compare_cohort(
        cohort, lesions=rule, label=work.label, settings=settings, execution=work.execution
    )
    if not section.consensus:
        return pairs
    how = How(work.label, settings)
    with_consensus = compare_with_consensus(
        cohort, section.consensus, lesions=rule, how=how, execution=work.execution
    )
    tables = [table for table in (pairs.table, with_consensus.table) if len(table)]
    return AgreementTable(pd.concat(tables, ignore_index=True), [*pairs.failures, *with_consensus.failures])


def judged(cohort: Cohort) -> Cohort:
    """Return the cohort without the automatic masks of subjects that the model was trained on.

    Raises
    ------
    InputError
        When no masks remain to compare.
    """
    unseen = cohort.without_seen_masks()
    if AUTO in cohort.readers() and AUTO not in unseen.readers() and len(unseen.readers()) < 2:
        raise InputError(
            "the model was trained on all subjects that it segmented, and there are no two readers to "
            "compare.",
            "Give subjects that are new to the model, or masks of a second reader.",
        )
    return unseen
