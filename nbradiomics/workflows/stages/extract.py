"""The stage `extract`: extract the features of every image and reader."""

from __future__ import annotations

from nbradiomics.execution.batch import Failure
from nbradiomics.execution.stage_names import StageName
from nbradiomics.features.cohort import FeatureTable, extract_cohort
from nbradiomics.features.parameters import load_parameters
from nbradiomics.features.slices.extract import extract_slices
from nbradiomics.features.slices.settings import SliceSettings
from nbradiomics.messages.problem import Problem
from nbradiomics.study.checks.parameters import check_bins
from nbradiomics.tables import write_table
from nbradiomics.workflows.stages.base import Stage, Work
from nbradiomics.workflows.stages.check import write_problems


class Extract(Stage):
    """Extracts the features of every image and reader: of whole regions, or of slices (`per_slice`)."""

    name = StageName.EXTRACT

    def run(self, work: Work) -> list[Failure]:
        """Write ``features.parquet``."""
        features = features_of(work)
        write_table(features.table, work.folder.file("features.parquet"))
        work.features = features.table
        told = check_bins(load_parameters(work.study.extract.params), features.spans)
        if work.study.extract.per_slice is not None:
            told += _notes_of_slices(work, features)
            work.provenance["slices"] = _slices(work).model_dump() | {"notes": features.notes}
        if told:
            work.problems += told
            write_problems(work)
        return features.failures


def features_of(work: Work) -> FeatureTable:
    """Extract the features of the cohort, without writing a table."""
    study = work.study
    if study.extract.per_slice is not None:
        return extract_slices(
            work.cohort,
            params=study.extract.params,
            settings=_slices(work),
            engine=study.extract.engine,
            lesions=study.asked_lesions,
            min_lesion_ml=study.lesion_min_ml,
            execution=work.execution,
        )
    return extract_cohort(
        work.cohort,
        params=study.extract.params,
        engine=study.extract.engine,
        lesions=study.asked_lesions,
        min_lesion_ml=study.lesion_min_ml,
        execution=work.extraction(),
    )


def _slices(work: Work) -> SliceSettings:
    return work.study.extract.part(SliceSettings)


def _notes_of_slices(work: Work, features: FeatureTable) -> list[Problem]:
    """Say which slices are in no number."""
    remedy = "Lower min_slice_voxels if they should be measured."
    path, column = str(work.cohort.path), "extract.per_slice"
    return [Problem(path, "", column, "warning", note, remedy) for note in features.notes]
