"""The reader study: the answer first, then the evidence for it."""

from __future__ import annotations

from nbradiomics.report.content import Block, Heading, Text
from nbradiomics.report.run_files import Run
from nbradiomics.report.sections.missing_parts import absent_blocks, why_no_study
from nbradiomics.report.sections.reader_study.answer import answer_blocks
from nbradiomics.report.sections.reader_study.cases_to_review import review_blocks
from nbradiomics.report.sections.reader_study.comparison import comparison_blocks
from nbradiomics.report.sections.reader_study.errors import detection_blocks, direction_blocks
from nbradiomics.report.sections.reader_study.frames import StudyRun
from nbradiomics.report.sections.reader_study.methods import method_blocks
from nbradiomics.report.sections.reader_study.pictures import picture_blocks
from nbradiomics.report.sections.reader_study.pools import pools_blocks, separate_blocks
from nbradiomics.report.sections.reader_study.subgroups import subgroup_blocks
from nbradiomics.report.sections.reader_study.times import time_blocks
from nbradiomics.report.sections.reader_study.volumes import volume_blocks

_POOLED = (
    "The cohort contains several timepoints, sequences or regions. This section pools them; the subgroups "
    "and the section on the agreement of masks show them separately."
)


def readers_blocks(run: Run) -> tuple[Block, ...]:
    """Blocks of the reader study: is the model as good as another expert?"""
    if run.study is None:
        return absent_blocks(why_no_study(run))
    study_run = StudyRun.of(run, run.study)
    agreement: list[Block] = [
        *comparison_blocks(study_run),
        *picture_blocks(study_run),
        *pools_blocks(study_run),
    ]
    return (
        *answer_blocks(study_run),
        *_pooled(study_run),
        Heading("The model with the readers, and the readers among themselves"),
        *agreement,
        *review_blocks(study_run),
        *direction_blocks(study_run),
        *detection_blocks(study_run),
        *volume_blocks(study_run),
        *subgroup_blocks(study_run),
        *time_blocks(study_run),
        *separate_blocks(study_run),
        *method_blocks(study_run),
    )


def _pooled(study_run: StudyRun) -> list[Block]:
    cases = study_run.study.cases
    several = cases is not None and len(cases[["timepoint", "sequence", "roi"]].drop_duplicates()) > 1
    return [Text(_POOLED, tone="note")] if several else []
