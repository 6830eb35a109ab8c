"""The stage `segment`: add the automatic masks as an additional reader."""

from __future__ import annotations

from dataclasses import replace

from nbradiomics.execution.batch import Failure
from nbradiomics.execution.execution import Execution
from nbradiomics.execution.stage_names import StageName
from nbradiomics.segmentation.cohort import SegmentedCohort, remove_maps, segment_cohort
from nbradiomics.segmentation.prediction.inference import Inference
from nbradiomics.segmentation.prediction.postprocess import PostProcessing
from nbradiomics.tables import write_table
from nbradiomics.workflows.stages.base import Stage, Work


class Segment(Stage):
    """Segments if the study requests it, and writes the cohort table with the masks."""

    name = StageName.SEGMENT
    essential = True

    def run(self, work: Work) -> list[Failure]:
        """Write masks, maps, ``segmentation.csv`` and ``cohort.csv``."""
        failures = []
        if work.study.segment is not None and work.model is not None:
            failures = self._segment(work)
        work.cohort = work.cohort.write(work.folder.file("cohort.csv"))
        return failures

    def _segment(self, work: Work) -> list[Failure]:
        section, folder = work.study.segment, work.folder
        assert section is not None
        segmented = segment_scans(work)
        if not section.maps:
            remove_maps(work.cohort, folder.maps)
        write_table(segmented.table, folder.file("segmentation.csv"))
        work.cohort = segmented.cohort
        work.provenance |= segmented.provenance
        return segmented.failures


def _execution(execution: Execution) -> Execution:
    """On this machine one process loads the model and uses all threads; on a cluster each worker uses one."""
    if execution.executor is None:
        return replace(execution, jobs=1, threads=execution.jobs)
    return replace(execution, threads=1)


def segment_scans(work: Work) -> SegmentedCohort:
    """Segment the scans, and write their masks and maps, but no table."""
    section, folder = work.study.segment, work.folder
    assert section is not None
    assert work.model is not None
    return segment_cohort(
        work.cohort,
        model=work.model,
        masks=folder.masks,
        maps=folder.maps if section.maps else None,
        inference=section.part(Inference),
        postprocessing=section.part(PostProcessing),
        training_subjects=section.training_subjects,
        execution=_execution(work.execution),
    )
