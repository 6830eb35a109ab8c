"""The stage `extract`: extract the features of every image and reader."""

from __future__ import annotations

from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.features.cohort import FeatureTable, extract_cohort
from nbradiomics.features.parameters import load_parameters
from nbradiomics.study.checks.parameters import check_bins
from nbradiomics.tables import write_table
from nbradiomics.workflows.stages.base import Stage, Work
from nbradiomics.workflows.stages.check import write_problems


class Extract(Stage):
    """Extracts the features of every image and reader."""

    name = StageName.EXTRACT

    def run(self, work: Work) -> list[Failure]:
        """Write ``features.parquet``."""
        features = features_of(work)
        write_table(features.table, work.folder.file("features.parquet"))
        work.features = features.table
        bins = check_bins(load_parameters(work.study.extract.params), features.spans)
        if bins:
            work.problems += bins
            write_problems(work)
        return features.failures


def features_of(work: Work) -> FeatureTable:
    """Extract the features of the cohort, without writing a table."""
    study = work.study
    return extract_cohort(
        work.cohort,
        params=study.extract.params,
        engine=study.extract.engine,
        lesions=study.asked_lesions,
        min_lesion_ml=study.lesion_min_ml,
        execution=work.extraction(),
    )
