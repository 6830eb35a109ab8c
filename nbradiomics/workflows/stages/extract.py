"""The stage `extract`: extract the features of every image and reader."""

from __future__ import annotations

from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.features.cohort import FeatureTable, extract_cohort
from nbradiomics.tables import write_table
from nbradiomics.workflows.stages.base import Stage, Work


class Extract(Stage):
    """Extracts the features of every image and reader."""

    name = StageName.EXTRACT

    def run(self, work: Work) -> list[Failure]:
        """Write ``features.parquet``."""
        features = features_of(work)
        write_table(features.table, work.folder.file("features.parquet"))
        work.features = features.table
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
        execution=work.execution,
    )
